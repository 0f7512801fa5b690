/**
 * Makes a command whose code is loaded when it is called, and whose failures end in an
 * exit code and one message.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { ExitCode, exitCodeOf, isExpected, messageOf } from "./CliError.ts"
import type { Invocation } from "./Invocation.ts"
import { Output } from "./output/Output.ts"

/** The code of a command. */
export interface CommandModule<Input> {
  readonly execute: (input: Input) => Effect.Effect<ExitCode, unknown, Invocation | Output>
}

/** What the process is to end with, set by the command that ran. */
export interface Outcome {
  exitCode: number
}

/** What shells report for a process that Ctrl+C ended. */
const INTERRUPTED = 130

/** The message for a failure; faults of this program and `--verbose` show where they are from. */
const report = (cause: Cause.Cause<unknown>, isVerbose: boolean): string => {
  const error = Cause.squash(cause)
  if (isVerbose) return Cause.pretty(cause, { renderErrorCause: true })
  return isExpected(error)
    ? messageOf(error)
    : `${messageOf(error)}\n(--verbose shows where this comes from)`
}

/** `--verbose` is read by `bin.ts`, before anything can fail; here it is only documented. */
const verbose = Options.boolean("verbose").pipe(
  Options.withDescription("Show stacks and debug logs")
)

/** Makes commands that leave their exit code in `outcome`. */
export const definer = (outcome: Outcome) =>
<const Config extends Command.Command.Config>(
  name: string,
  description: string,
  config: Config,
  load: () => Promise<CommandModule<Command.Command.ParseConfig<Config>>>,
  /** A service is meant to be ended by a signal. */
  isService = false
) =>
  Command.make(name, { ...config, verbose }, (input) =>
    Effect.gen(function*() {
      const output = yield* Output
      outcome.exitCode = yield* Effect.promise(load).pipe(
        Effect.flatMap(({ execute }) => execute(input as never)),
        Effect.catchAllCause((cause) => {
          if (Cause.isInterruptedOnly(cause)) return Effect.interrupt
          output.note(report(cause, output.isVerbose))
          return Effect.succeed(exitCodeOf(Cause.squash(cause)))
        }),
        Effect.onInterrupt(() =>
          Effect.sync(() => {
            outcome.exitCode = isService ? ExitCode.done : INTERRUPTED
          })
        )
      )
    })).pipe(Command.withDescription(description))

/** A command that only holds others. */
export const group = (name: string, description: string) =>
  Command.make(name).pipe(Command.withDescription(description))
