/**
 * `rappel replay`: steps an exported instance again, offline, and shows its state at each event.
 *
 * @since 0.1.0
 */
import { decodeRecording, type RecordingNotReadable } from "@rappel/core/replay/Recording"
import { type Replayed, replaying } from "@rappel/core/replay/replay"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { readFile } from "node:fs/promises"
import path from "node:path"
import { BadUsage, ExitCode } from "../CliError.ts"
import { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { stateLines } from "../output/stateView.ts"
import { moment } from "../output/table.ts"
import { eventOf } from "../runtime/details.ts"

export interface ReplayInput {
  readonly file: string
  readonly until: Option.Option<number>
  readonly json: boolean
}

const read = (file: string) =>
  Effect.flatMap(
    Effect.tryPromise({
      try: () => readFile(file, "utf8"),
      catch: () => new BadUsage({ kind: "NotFound", message: `There is no file ${file}` })
    }),
    (text) =>
      Effect.try({
        try: () => decodeRecording(text),
        catch: (error) => error as RecordingNotReadable
      })
  )

const jsonOf = ({ asked, difference, event, isVoid, seq, state }: Replayed): string =>
  JSON.stringify({
    ...(event === null ? { seq, kind: "started" } : eventOf(event)),
    ...(isVoid ? { void: true } : {}),
    asked,
    state,
    ...(difference === undefined ? {} : { difference })
  })

const linesOf = ({ asked, event, isVoid, seq, state }: Replayed): ReadonlyArray<string> => {
  if (event === null) return ["start", ...asked, ...stateLines(state)]
  const { at: _, kind, seq: __, ...data } = eventOf(event)
  const head = `${seq} ${kind} ${moment(event.at)} ${JSON.stringify(data)}`
  return isVoid ? [`${head} (void)`] : [head, ...asked, ...stateLines(state)]
}

/** Exit code 1 when the replay differs from the record. */
export const execute = (
  input: ReplayInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.gen(function*() {
    const { folder } = yield* Invocation
    const { note, result } = yield* Output
    const recording = yield* read(path.resolve(folder, input.file))
    const until = Option.getOrElse(input.until, () => Infinity)
    let count = 0
    for (const replayed of replaying(recording)) {
      if (replayed.seq > until) break
      count++
      if (input.json) result(jsonOf(replayed))
      else {
        const [head, ...rest] = linesOf(replayed)
        result([head, ...rest.map((line) => `  ${line}`)].join("\n"))
      }
      const { difference } = replayed
      if (difference === undefined) continue
      note(
        `The replay differs from the record at event ${difference.seq}: ${difference.reason}. ` +
          "It was recorded by another release, or its program was changed"
      )
      return ExitCode.failed
    }
    const { id, name, status } = recording.instance
    note(`${name} ${id} (${status}): ${count - 1} events, as they were recorded`)
    return ExitCode.done
  })
