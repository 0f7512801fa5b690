/**
 * `rappel run`: one workflow from its source to its result, or many from stdin.
 *
 * The database, the workers and the compiler start at the same time. What runs here is
 * only what was asked for: work of others in the same database is left to their dispatchers.
 *
 * @since 0.1.0
 */
import { projectRootOf } from "@rappel/worker/project/ProjectFiles"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { dirname } from "node:path"
import { BadUsage, ExitCode } from "../CliError.ts"
import { compileWorkflow, sourceFileOf } from "../compileWorkflow.ts"
import { Invocation, STDIN } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { userStack } from "../output/userStack.ts"
import { type Answer, answerOf, refusalOf } from "../runtime/Answer.ts"
import { settingsWith, targetOf } from "../runtime/options.ts"
import * as Session from "../runtime/Session.ts"
import { readArguments } from "./readArguments.ts"
import { answerRequests } from "./runRequests.ts"

export interface RunInput {
  readonly file: string
  readonly exportName: Option.Option<string>
  readonly input: Option.Option<string>
  readonly json: boolean
  readonly strict: boolean
  readonly inline: boolean
  readonly memory: boolean
  readonly databaseUrl: Option.Option<Redacted.Redacted<string>>
  readonly workers: Option.Option<number>
  readonly concurrency: Option.Option<number>
}

const open = (
  input: RunInput,
  file?: string
): Effect.Effect<Session.Session, unknown, Invocation | Scope.Scope> =>
  Effect.gen(function*() {
    const { folder } = yield* Invocation
    const settings = yield* settingsWith(input)
    return yield* Session.make({
      settings,
      isInline: input.inline,
      target: input.memory ? { kind: "memory" } : targetOf(settings, folder, file)
    })
  })

/** What a person sees: the result on stdout; a failure is a message on stderr. */
const print = (answer: Answer, { isVerbose, note, result }: Output["Type"]): void => {
  if (answer.status === "completed") {
    if (answer.result !== undefined) result(JSON.stringify(answer.result, null, 2))
    return
  }
  const { message, name, stack } = answer.error as typeof answer.error & { readonly stack?: string }
  note(stack === undefined ? `${name}: ${message}` : isVerbose ? stack : userStack(stack))
  if (answer.id !== null) note(`The workflow failed (instance ${answer.id}).`)
}

const runOne = (
  input: RunInput,
  exportName: string
): Effect.Effect<ExitCode, unknown, Invocation | Output | Scope.Scope> =>
  Effect.gen(function*() {
    const { folder } = yield* Invocation
    const output = yield* Output
    const args = yield* readArguments(Option.getOrElse(input.input, () => "[]"))
    const file = yield* sourceFileOf(folder, input.file)
    const session = yield* open(input, file)
    // Workers start while this process is busy compiling.
    const connecting = yield* Effect.fork(session.clientOf(projectRootOf(dirname(file))))
    yield* Effect.yieldNow()
    const { compiled, program } = yield* compileWorkflow(file, exportName, {
      strict: input.strict
    })
    if (output.isVerbose || !input.json) {
      for (const finding of compiled.findings) {
        output.note(`${finding.severity}: ${finding.message}`)
      }
    }
    const client = yield* connecting
    const id = yield* client.start({ kind: "program", file: program }, args)
    return yield* Effect.map(client.finished(id), (record) => {
      const answer = answerOf(record)
      if (input.json) output.result(JSON.stringify(answer))
      else print(answer, output)
      return answer.status === "completed" ? ExitCode.done : ExitCode.failed
    })
  })

export const execute = (input: RunInput): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.scoped(Effect.gen(function*() {
    const output = yield* Output
    output.claimStdout()
    if (input.file === STDIN) return yield* answerRequests(yield* open(input), input.strict)
    if (Option.isNone(input.exportName)) {
      return yield* new BadUsage({
        kind: "BadRequest",
        message: "Name the export of the workflow too: rappel run <file> <export>"
      })
    }
    return yield* Effect.tapError(
      runOne(input, input.exportName.value),
      (error) =>
        Effect.sync(() => {
          // Scripts get their line for whatever is wrong with the request itself.
          if (input.json && isAboutRequest(error)) output.result(JSON.stringify(refusalOf(error)))
        })
    )
  }))

const isAboutRequest = (error: unknown): boolean =>
  ["BadUsage", "CompileFailed", "ArgumentsNotStorable"].includes(
    (error as { readonly _tag?: string })._tag ?? ""
  )
