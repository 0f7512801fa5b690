/**
 * `rappel instances export`: an instance as one file, for `rappel replay`.
 *
 * @since 0.1.0
 */
import { encodeRecording, type RecordingNotReadable } from "@rappel/core/replay/Recording"
import { redact } from "@rappel/core/replay/redact"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { writeFile } from "node:fs/promises"
import path from "node:path"
import { BadUsage, ExitCode } from "../CliError.ts"
import { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { withClient } from "../runtime/reader.ts"

export interface ExportInput {
  readonly id: string
  readonly out: Option.Option<string>
  readonly redact: boolean
  readonly databaseUrl: Option.Option<Redacted.Redacted<string>>
  readonly json: boolean
}

export const execute = (
  input: ExportInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.gen(function*() {
    const { folder } = yield* Invocation
    const { note, result } = yield* Output
    const whole = yield* withClient(input, (client) => client.record(input.id))
    const recording = input.redact
      ? yield* Effect.try({
        try: () => redact(whole),
        catch: (error) => error as RecordingNotReadable
      })
      : whole
    const text = encodeRecording(recording)
    const out = Option.getOrElse(input.out, () => `${input.id}.json`)
    if (out === "-") {
      result(text)
      return ExitCode.done
    }
    const file = path.resolve(folder, out)
    yield* Effect.tryPromise({
      // The values of the instance are for whoever exports it alone.
      try: () => writeFile(file, `${text}\n`, { mode: 0o600 }),
      catch: (cause) =>
        new BadUsage({ kind: "BadRequest", message: `${file} cannot be written: ${String(cause)}` })
    })
    if (input.json) result(JSON.stringify({ id: input.id, file, events: recording.events.length }))
    else {
      result(file)
      note(
        input.redact
          ? `${recording.events.length} events, without texts under names of secrets`
          : `${recording.events.length} events. The file holds every value that the instance was ` +
            "given: treat it as you treat the database"
      )
    }
    return ExitCode.done
  })
