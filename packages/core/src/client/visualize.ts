/**
 * Draws a workflow's program.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { loadCompiler } from "./Loader.ts"
import { fromInstalled, type ProgramRef } from "./ProgramSource.ts"
import { thrownBy } from "./thrownBy.ts"

export type VisualFormat = "terminal" | "mermaid" | "dot"

/**
 * The picture as text; it needs the compiler and no database.
 *
 * @since 0.1.0
 * @category printing
 */
export const visualize = async (
  ref: ProgramRef,
  format: VisualFormat = "terminal"
): Promise<string> => {
  const exit = await Effect.runPromiseExit(Effect.gen(function*() {
    const compiler = yield* loadCompiler
    const programs = yield* fromInstalled()
    return compiler.visualize(yield* programs.programOf(ref), format)
  }))
  if (Exit.isFailure(exit)) throw thrownBy(exit)
  return exit.value
}
