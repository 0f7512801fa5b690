/**
 * A workflow's flow as nodes and edges, for formats that draw graphs.
 *
 * @since 0.1.0
 */
import type { Flow, Picture } from "./Flow.ts"

export interface GraphNode {
  readonly id: string
  readonly shape: "start" | "action" | "wait" | "helper" | "choice" | "group" | "end"
  readonly text: string
}

export interface GraphEdge {
  readonly from: string
  readonly to: string
  readonly label: string
}

export interface Graph {
  readonly nodes: ReadonlyArray<GraphNode>
  readonly edges: ReadonlyArray<GraphEdge>
}

/** An open end: where the next node is joined on, and what is written on that edge. */
interface Open {
  readonly from: string
  readonly label: string
}

/** The loop around a node: where `continue` goes, and what `break` leaves open. */
interface Loop {
  readonly id: string
  readonly breaks: Array<Open>
}

export const graphOf = (picture: Picture): Graph => {
  const nodes: Array<GraphNode> = []
  const edges: Array<GraphEdge> = []
  const loops: Array<Loop> = []

  const add = (shape: GraphNode["shape"], text: string, from: ReadonlyArray<Open>): string => {
    const id = `n${nodes.length + 1}`
    nodes.push({ id, shape, text })
    for (const open of from) edges.push({ from: open.from, to: id, label: open.label })
    return id
  }
  const after = (id: string, label = ""): ReadonlyArray<Open> => [{ from: id, label }]

  const back = (to: string, from: ReadonlyArray<Open>): void => {
    for (const open of from) {
      edges.push({ from: open.from, to, label: open.label === "" ? "again" : open.label })
    }
  }

  const sequence = (flows: ReadonlyArray<Flow>, from: ReadonlyArray<Open>): ReadonlyArray<Open> =>
    flows.reduce<ReadonlyArray<Open>>(
      // What stands after a `return` is not drawn.
      (open, flow) => (open.length === 0 ? open : one(flow, open)),
      from
    )

  const one = (flow: Flow, from: ReadonlyArray<Open>): ReadonlyArray<Open> => {
    switch (flow.kind) {
      case "action":
      case "wait":
        return after(add(flow.kind, flow.text, from))
      case "helper": {
        const id = add("helper", flow.text, from)
        const inside = flow.body.filter((each) => each.kind !== "end")
        return sequence(inside, after(id))
      }
      case "branch": {
        const id = add("choice", flow.text, from)
        const ends = flow.arms.flatMap((arm) => sequence(arm.body, after(id, arm.label)))
        const isOpen = flow.arms.length === 1
        return isOpen ? [...ends, { from: id, label: "else" }] : ends
      }
      case "loop": {
        const id = add("choice", flow.text, from)
        const loop: Loop = { id, breaks: [] }
        loops.push(loop)
        back(id, sequence(flow.body, after(id, "do")))
        loops.pop()
        return [...after(id, "done"), ...loop.breaks]
      }
      case "parallel": {
        const id = add("group", flow.text, from)
        if (flow.arms.length === 0) return after(id)
        const ends = flow.arms.flatMap((arm) => sequence(arm.body, after(id, arm.label)))
        return after(add("group", "join", ends))
      }
      case "try": {
        const id = add("group", "try", from)
        const first = nodes.length
        const ends = [
          ...sequence(flow.body, after(id)),
          ...(flow.handler === undefined ? [] : sequence(flow.handler, after(id, "error")))
        ]
        if (flow.final === undefined) return ends
        const leaving = nodes.slice(first).filter((node) => node.shape === "end")
        const final = add("group", "finally", ends)
        // A `return` or `throw` inside runs the `finally` on its way out.
        for (const node of leaving) edges.push({ from: node.id, to: final, label: "first" })
        return sequence(flow.final, after(final))
      }
      case "end":
        add("end", flow.text, from)
        return []
      case "jump": {
        const loop = loops.at(-1)
        if (loop !== undefined && flow.text === "continue") back(loop.id, from)
        else if (loop !== undefined && flow.text === "break") loop.breaks.push(...from)
        else add("end", flow.text, from)
        return []
      }
    }
  }

  const start = add("start", picture.title, [])
  const open = sequence(picture.flow, after(start))
  if (open.length > 0) add("end", "end", open)
  return { nodes, edges }
}
