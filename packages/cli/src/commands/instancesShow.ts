/**
 * `rappel instances show`: all that is known of one instance.
 *
 * @since 0.1.0
 */
import { callCounts } from "@rappel/core/client/callCounts"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { ExitCode } from "../CliError.ts"
import type { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { stateLines } from "../output/stateView.ts"
import { moment, table } from "../output/table.ts"
import { callOf, dataOf, detailsOf, eventOf } from "../runtime/details.ts"
import { withClient } from "../runtime/reader.ts"

export interface ShowInput {
  readonly id: string
  readonly databaseUrl: Option.Option<Redacted.Redacted<string>>
  readonly json: boolean
  readonly state: boolean
}

/** Children that are shown. */
const CHILDREN = 50

/** Long outcomes are cut in the table; `--json` has them whole. */
const SHOWN_CHARACTERS = 100

const cut = (text: string): string =>
  text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS - 3)}...` : text

export const execute = (input: ShowInput): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.gen(function*() {
    const { note, result } = yield* Output
    const [record, events, published, children, standing] = yield* withClient(
      input,
      (client) =>
        Effect.all([
          client.find(input.id),
          client.history(input.id),
          client.published(input.id),
          client.list({ parent: input.id, limit: CHILDREN + 1 }),
          input.state ? client.look(input.id) : Effect.succeed(undefined)
        ])
    )
    const shown = Object.keys(published).length === 0 ? {} : { published }
    const ids = children.slice(0, CHILDREN).map(({ id }) => id)
    const family = children.length === 0
      ? {}
      : { children: children.length > CHILDREN ? [...ids, "…"] : ids }
    const calls = callCounts(events)
    const details = { ...detailsOf(record), ...shown, ...family }
    if (input.json) {
      result(JSON.stringify({
        ...details,
        ...standing,
        ...(calls.length === 0 ? {} : { calls: calls.map(callOf) }),
        events: events.map(eventOf)
      }))
      return ExitCode.done
    }
    const rows = Object.entries(details).map(([name, value]) => [
      name,
      typeof value === "string" ? value : cut(JSON.stringify(value) ?? "")
    ])
    result(table(["", ""], rows).split("\n").slice(1).join("\n"))
    if (calls.length > 0) {
      result("")
      result(table(
        ["call", "errors", "timeouts", "losses", "crashes", "next", "last"],
        calls.map(({ attempts, crashes, effect, losses, reason, retryAt, timeouts }) => [
          ...[effect, attempts, timeouts, losses, crashes].map(String),
          retryAt === null ? "" : moment(retryAt),
          cut(reason)
        ])
      ))
    }
    if (events.length > 0) {
      result("")
      result(table(
        ["seq", "event", "effect", "at", "data"],
        events.map((event) => [
          String(event.seq),
          event.kind,
          event.effect === 0 ? "" : String(event.effect),
          moment(event.at),
          cut(JSON.stringify(dataOf(event)))
        ])
      ))
    }
    if (standing !== undefined) {
      result("")
      result(`state after event ${standing.seq}`)
      if (standing.difference !== undefined) {
        note(`Event ${standing.difference.seq} cannot be stepped: ${standing.difference.reason}`)
      }
      for (const line of stateLines(standing.state)) result(`  ${line}`)
    }
    return ExitCode.done
  })
