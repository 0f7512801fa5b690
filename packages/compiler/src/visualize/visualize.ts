/**
 * Draws a program.
 *
 * @since 0.1.0
 */
import type { ProgramFile } from "@rappel/core/program/Program"

export const visualize = (program: ProgramFile, _format: "terminal" | "mermaid" | "dot"): string =>
  program.hash
