/**
 * `rappel visualize`: draws the program of a workflow.
 *
 * @since 0.1.0
 */
import { loadCompiler } from "@rappel/core/client/Loader"
import * as Effect from "effect/Effect"
import { ExitCode } from "../CliError.ts"
import { compileWorkflow, sourceFileOf } from "../compileWorkflow.ts"
import { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"

export interface VisualizeInput {
  readonly file: string
  readonly exportName: string
  readonly format: "terminal" | "mermaid" | "dot"
}

export const execute = (
  { exportName, file, format }: VisualizeInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.gen(function*() {
    const { folder } = yield* Invocation
    const output = yield* Output
    const compiler = yield* loadCompiler
    const { program } = yield* compileWorkflow(yield* sourceFileOf(folder, file), exportName)
    output.result(compiler.visualize(program, format))
    return ExitCode.done
  })
