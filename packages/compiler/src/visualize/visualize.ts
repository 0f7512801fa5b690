/**
 * Draws a program.
 *
 * @since 0.1.0
 */
import type { ProgramFile } from "@rappel/core/program/Program"
import { dot } from "./dot.ts"
import { flowOf } from "./flowOf.ts"
import { graphOf } from "./Graph.ts"
import { mermaid } from "./mermaid.ts"
import { terminal } from "./terminal.ts"

export type Format = "terminal" | "mermaid" | "dot"

/**
 * The control flow of a workflow as text: calls with the values that flow into
 * them, waits, branches, loops, parallel groups and `try`.
 *
 * @since 0.1.0
 * @category printing
 */
export const visualize = (file: ProgramFile, format: Format): string => {
  const picture = flowOf(file.program)
  switch (format) {
    case "terminal":
      return terminal(picture)
    case "mermaid":
      return mermaid(graphOf(picture))
    case "dot":
      return dot(graphOf(picture))
  }
}
