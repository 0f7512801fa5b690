/**
 * A workflow's flow as a tree of lines.
 *
 * @since 0.1.0
 */
import type { Flow, Picture } from "./Flow.ts"

interface Line {
  readonly text: string
  readonly below: ReadonlyArray<Line>
}

export const terminal = (picture: Picture): string =>
  [picture.title, ...draw(picture.flow.map(lineOf), "")].join("\n")

const draw = (lines: ReadonlyArray<Line>, indent: string): ReadonlyArray<string> =>
  lines.flatMap((line, i) => {
    const isLast = i === lines.length - 1
    return [
      `${indent}${isLast ? "└─ " : "├─ "}${line.text}`,
      ...draw(line.below, `${indent}${isLast ? "   " : "│  "}`)
    ]
  })

const lineOf = (flow: Flow): Line => {
  switch (flow.kind) {
    case "action":
      return { text: `▸ ${flow.text}`, below: [] }
    case "wait":
      return { text: `◷ ${flow.text}`, below: [] }
    case "helper":
      return { text: `ƒ ${flow.text}`, below: flow.body.map(lineOf) }
    case "branch":
      return { text: `if ${flow.text}`, below: flow.arms.flatMap(armLines) }
    case "loop":
      return { text: `↻ ${flow.text}`, below: flow.body.map(lineOf) }
    case "parallel":
      return { text: `⇉ ${flow.text}`, below: flow.arms.flatMap(armLines) }
    case "try":
      return {
        text: "try",
        below: [
          ...flow.body.map(lineOf),
          ...(flow.handler === undefined
            ? []
            : [{ text: "catch", below: flow.handler.map(lineOf) }]),
          ...(flow.final === undefined ? [] : [{ text: "finally", below: flow.final.map(lineOf) }])
        ]
      }
    case "end":
    case "jump":
      return { text: flow.text, below: [] }
  }
}

/** A labelled arm is a line of its own; the flows of one without a label stand directly below. */
const armLines = (
  arm: { readonly label: string; readonly body: ReadonlyArray<Flow> }
): ReadonlyArray<Line> => {
  const below = arm.body.map(lineOf)
  if (arm.label === "") return below
  return below.length === 0 ? [] : [{ text: `${arm.label}:`, below }]
}
