/**
 * `rappel instances cancel`, `terminate` and `signal`: what an operator says to instances.
 *
 * @since 0.1.0
 */
import type { RappelClient } from "@rappel/core/client/RappelClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { BadUsage, ExitCode } from "../CliError.ts"
import type { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { withClient } from "../runtime/reader.ts"

interface Common {
  readonly databaseUrl: Option.Option<Redacted.Redacted<string>>
  readonly json: boolean
}

export interface EndInput extends Common {
  readonly ids: ReadonlyArray<string>
  readonly reason: Option.Option<string>
}

export interface SignalInput extends Common {
  readonly id: string
  readonly channel: string
  readonly value: string
}

type Client = RappelClient["Type"]

/** Every id is tried; one that has finished or is unknown makes the exit code 2. */
const ending = (what: "cancel" | "terminate", done: string) => (input: EndInput) =>
  Effect.gen(function*() {
    const { note, result } = yield* Output
    const reason = Option.getOrUndefined(input.reason)
    const ended = yield* withClient(
      input,
      (client: Client) =>
        Effect.forEach(input.ids, (id) =>
          client[what](id, reason).pipe(
            Effect.as({ id, message: undefined as string | undefined }),
            Effect.catchTags({
              InstanceFinished: ({ message }) => Effect.succeed({ id, message }),
              InstanceNotFound: ({ message }) => Effect.succeed({ id, message })
            })
          ))
    )
    for (const { id, message } of ended) {
      if (input.json) {
        result(
          JSON.stringify({
            id,
            delivered: message === undefined,
            ...(message === undefined ? {} : { message })
          })
        )
      } else if (message === undefined) result(`${id} ${done}`)
      else note(message)
    }
    return ended.every(({ message }) => message === undefined) ? ExitCode.done : ExitCode.usage
  })

export const cancel: (
  input: EndInput
) => Effect.Effect<ExitCode, unknown, Invocation | Output> = ending("cancel", "is being cancelled")

export const terminate: (
  input: EndInput
) => Effect.Effect<ExitCode, unknown, Invocation | Output> = ending("terminate", "is being ended")

const parsed = (text: string) =>
  Effect.try({
    try: () => JSON.parse(text) as unknown,
    catch: (cause) =>
      new BadUsage({
        kind: "BadRequest",
        message: `The value of a signal is JSON, and this is not: ${
          cause instanceof Error ? cause.message : String(cause)
        }`
      })
  })

/** The value is JSON; a schema is kept by senders that know the channel's declaration. */
export const signal = (
  input: SignalInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.gen(function*() {
    const { result } = yield* Output
    const value = yield* parsed(input.value)
    yield* withClient(input, (client) => client.signal(input.id, input.channel, value))
    result(
      input.json
        ? JSON.stringify({ id: input.id, channel: input.channel, delivered: true })
        : `${input.id} was told on ${input.channel}`
    )
    return ExitCode.done
  })
