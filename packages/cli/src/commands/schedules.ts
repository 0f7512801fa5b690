/**
 * `rappel schedules …`: looking at schedules and changing them.
 *
 * @since 0.1.0
 */
import type { ScheduleClient } from "@rappel/core/client/ScheduleClient"
import type { ScheduleOptions } from "@rappel/core/schedule/ScheduleOptions"
import type { Overlap, ScheduleRecord } from "@rappel/core/schedule/Schedules"
import { toPlainJson } from "@rappel/core/value/Value"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { BadUsage, ExitCode } from "../CliError.ts"
import type { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { moment, table } from "../output/table.ts"
import { withClient } from "../runtime/reader.ts"
import { readArguments } from "./readArguments.ts"

interface Common {
  readonly databaseUrl: Option.Option<Redacted.Redacted<string>>
  readonly json: boolean
}

interface Named extends Common {
  readonly name: string
}

export interface UpsertInput extends Named {
  readonly workflow: string
  readonly input: Option.Option<string>
  readonly cron: Option.Option<string>
  readonly timeZone: Option.Option<string>
  readonly every: Option.Option<string>
  readonly overlap: Option.Option<Overlap>
  readonly jitter: Option.Option<string>
  readonly catchUp: Option.Option<string>
  readonly deadline: Option.Option<string>
}

export interface BackfillInput extends Named {
  readonly from: string
  readonly to: string
}

type Command<Input> = (input: Input) => Effect.Effect<ExitCode, unknown, Invocation | Output>

const at = (millis: number | null): string | null =>
  millis === null ? null : new Date(millis).toISOString()

/** A schedule as plain JSON, for `--json`. */
const detailsOf = (schedule: ScheduleRecord) => {
  const { catchUpMillis, input, jitterMillis, lastAt, nextAt, revision: _, terms, ...rest } =
    schedule
  const { memo, ...others } = terms
  return {
    ...rest,
    input: toPlainJson(input),
    jitterMillis,
    catchUpMillis,
    ...others,
    ...(memo === undefined ? {} : { memo: JSON.parse(memo) as unknown }),
    nextAt: at(nextAt),
    lastAt: at(lastAt)
  }
}

const timingOf = ({ timing }: ScheduleRecord): string =>
  timing.kind === "cron" ? `${timing.cron} ${timing.timeZone}` : `every ${timing.everyMillis} ms`

/** Runs with the schedules of the database that the options name. */
const withSchedules = <A>(
  input: Common,
  use: (schedules: ScheduleClient<any>) => Effect.Effect<A, unknown>
) => withClient(input, ({ schedules }) => use(schedules))

const printed = (input: Common, record: ScheduleRecord) =>
  Effect.map(Output, ({ result }) => {
    const details = detailsOf(record)
    result(
      input.json ? JSON.stringify(details) : table(
        ["", ""],
        Object.entries(details).map(([name, value]) => [
          name,
          typeof value === "string" ? value : JSON.stringify(value)
        ])
      ).split("\n").slice(1).join("\n")
    )
    return ExitCode.done
  })

const done = (input: Named, what: string) =>
  Effect.map(Output, ({ result }) => {
    result(
      input.json ? JSON.stringify({ name: input.name, [what]: true }) : `${input.name} ${what}`
    )
    return ExitCode.done
  })

export const list: Command<Common> = (input) =>
  Effect.gen(function*() {
    const { note, result } = yield* Output
    const records = yield* withSchedules(input, (schedules) => schedules.list)
    if (input.json) { for (const record of records) result(JSON.stringify(detailsOf(record))) }
    else if (records.length === 0) note("There are no schedules.")
    else {
      result(table(
        ["name", "workflow", "when", "next", "last", "state"],
        records.map((record) => [
          record.name,
          record.workflow,
          timingOf(record),
          moment(record.nextAt),
          moment(record.lastAt),
          record.isPaused ? "paused" : record.unfinished > 0 ? "running" : "waiting"
        ])
      ))
    }
    return ExitCode.done
  })

export const show: Command<Named> = (input) =>
  Effect.flatMap(
    withSchedules(input, (schedules) => schedules.find(input.name)),
    (record) => printed(input, record)
  )

const OPTIONS = ["cron", "timeZone", "every", "overlap", "jitter", "catchUp", "deadline"] as const

export const upsert: Command<UpsertInput> = (input) =>
  Effect.gen(function*() {
    const args = yield* readArguments(Option.getOrElse(input.input, () => "[]"))
    const options: ScheduleOptions = Object.fromEntries(
      OPTIONS.flatMap((name) => Option.isSome(input[name]) ? [[name, input[name].value]] : [])
    )
    const what = { kind: "name", name: input.workflow } as const
    const record = yield* withSchedules(input, (schedules) =>
      schedules.upsert(input.name, options, what, args))
    return yield* printed(input, record)
  })

export const pause: Command<Named> = (input) =>
  Effect.zipRight(
    withSchedules(input, (schedules) => schedules.pause(input.name)),
    done(input, "paused")
  )

export const resume: Command<Named> = (input) =>
  Effect.zipRight(
    withSchedules(input, (schedules) => schedules.resume(input.name)),
    done(input, "resumed")
  )

export const remove: Command<Named> = (input) =>
  Effect.zipRight(
    withSchedules(input, (schedules) => schedules.remove(input.name)),
    done(input, "deleted")
  )

export const trigger: Command<Named> = (input) =>
  Effect.gen(function*() {
    const { result } = yield* Output
    const id = yield* withSchedules(input, (schedules) => schedules.trigger(input.name))
    result(input.json ? JSON.stringify({ name: input.name, id }) : id)
    return ExitCode.done
  })

export const backfill: Command<BackfillInput> = (input) =>
  Effect.gen(function*() {
    const { note, result } = yield* Output
    for (const name of ["from", "to"] as const) {
      if (!Number.isNaN(Date.parse(input[name]))) continue
      return yield* new BadUsage({
        kind: "BadRequest",
        message: `--${name} is ${input[name]}, which is no time. Write 2027-03-01T00:00Z.`
      })
    }
    const ids = yield* withSchedules(input, (schedules) =>
      schedules.backfill(input.name, input.from, input.to))
    for (const id of ids) {
      result(input.json ? JSON.stringify({ name: input.name, id }) : id)
    }
    if (ids.length === 0) {
      note("No tick lies in this time.")
    }
    return ExitCode.done
  })
