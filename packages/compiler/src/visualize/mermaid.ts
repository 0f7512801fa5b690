/**
 * A graph in Mermaid's language.
 *
 * Source: https://mermaid.js.org/syntax/flowchart.html
 *
 * @since 0.1.0
 */
import type { Graph, GraphNode } from "./Graph.ts"

const SHAPES: Readonly<Record<GraphNode["shape"], readonly [string, string]>> = {
  start: ["([", "])"],
  action: ["[[", "]]"],
  wait: ["{{", "}}"],
  helper: ["[", "]"],
  choice: ["{", "}"],
  group: ["(", ")"],
  end: ["([", "])"]
}

export const mermaid = (graph: Graph): string =>
  [
    "flowchart TD",
    ...graph.nodes.map((node) => {
      const [open, close] = SHAPES[node.shape]
      return `  ${node.id}${open}"${escape(node.text)}"${close}`
    }),
    ...graph.edges.map((edge) =>
      `  ${edge.from} -->${edge.label === "" ? "" : `|"${escape(edge.label)}"|`} ${edge.to}`
    )
  ].join("\n")

/** Mermaid writes special characters as entities; a quote would end the text. */
const escape = (text: string): string =>
  text.replace(/[&#"<>]/g, (each) => `#${each.charCodeAt(0)};`).replace(/\n/g, " ")
