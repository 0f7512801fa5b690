/**
 * A graph in Graphviz's language.
 *
 * Source: https://graphviz.org/doc/info/lang.html
 *
 * @since 0.1.0
 */
import type { Graph, GraphNode } from "./Graph.ts"

const SHAPES: Readonly<Record<GraphNode["shape"], string>> = {
  start: "oval",
  action: "box3d",
  wait: "hexagon",
  helper: "box",
  choice: "diamond",
  group: "box, style=rounded",
  end: "oval"
}

export const dot = (graph: Graph): string =>
  [
    "digraph workflow {",
    ...graph.nodes.map((node) =>
      `  ${node.id} [label=${quote(node.text)}, shape=${SHAPES[node.shape]}]`
    ),
    ...graph.edges.map((edge) =>
      `  ${edge.from} -> ${edge.to}${edge.label === "" ? "" : ` [label=${quote(edge.label)}]`}`
    ),
    "}"
  ].join("\n")

const quote = (text: string): string =>
  `"${text.replace(/\\/g, "\\\\").replace(/"/g, "\\\"").replace(/\n/g, "\\n")}"`
