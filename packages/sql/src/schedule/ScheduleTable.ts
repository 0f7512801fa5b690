/**
 * `rappel.schedule`: every statement that reads or writes the table.
 *
 * @since 0.1.0
 */
import type { StartRequest } from "@rappel/core/queue/Queue"
import {
  type Fire,
  type Fired,
  type Look,
  MOST_WAITING,
  type Overlap,
  type ScheduleRecord,
  type ScheduleSpec
} from "@rappel/core/schedule/Schedules"
import * as Effect from "effect/Effect"
import { IS_NOT_ASKED } from "../queue/InstanceTable.ts"
import { CHANNEL } from "../queue/PgWakes.ts"
import { termsOf } from "../queue/startOne.ts"
import type { Row, Run } from "../statement/Statements.ts"
import { fromStorable, toStorable } from "../statement/storable.ts"

export const make = (run: Run) => {
  /** Locks: the row of that name. */
  const put = (spec: ScheduleSpec, nextAt: number | null): Effect.Effect<void, unknown> =>
    Effect.asVoid(run({ name: "schedule_put", text: PUT }, [
      toStorable(spec.name),
      toStorable(JSON.stringify(spec.timing)),
      spec.overlap,
      spec.jitterMillis,
      spec.catchUpMillis,
      toStorable(spec.workflow),
      spec.program,
      toStorable(spec.input),
      toStorable(JSON.stringify(spec.terms)),
      nextAt
    ]))

  /** Indexes: `schedule_pkey`, `instance_run_idx`. */
  const list = (
    names: ReadonlyArray<string> | undefined
  ): Effect.Effect<ReadonlyArray<ScheduleRecord>, unknown> =>
    Effect.map(
      run({ name: "schedule_list", text: LIST }, [names?.map(toStorable) ?? null]),
      (rows) => rows.map(recordOf)
    )

  /** A schedule that is in that state already stays as it is. */
  const setPaused = (
    name: string,
    isPaused: boolean,
    nextAt: number | null
  ): Effect.Effect<boolean, unknown> =>
    Effect.map(
      run({ name: "schedule_pause", text: PAUSE }, [toStorable(name), isPaused, nextAt]),
      ([row]) => row!["found"] as boolean
    )

  const remove = (name: string): Effect.Effect<boolean, unknown> =>
    Effect.map(
      run({
        name: "schedule_remove",
        text: `
          with removed as (
            delete from rappel.schedule
            where name = $1
            returning 1
          )
          select exists (select from removed) as found`
      }, [toStorable(name)]),
      ([row]) => row!["found"] as boolean
    )

  /** Indexes: `schedule_next_idx`, `due_waiting_idx`, `instance_deadline_idx`. */
  const peek: Effect.Effect<
    Omit<Look, "due"> & { readonly isWaiting: boolean; readonly isOverdue: boolean },
    unknown
  > = Effect
    .map(
      Effect.suspend(() => run({ name: "schedule_peek", text: PEEK }, [])),
      ([row]) => ({
        now: Number(row!["now"]),
        nextAt: numberOrNull(row!["nextAt"]),
        deadlineAt: numberOrNull(row!["deadlineAt"]),
        isOverdue: row!["overdue"] as boolean,
        isWaiting: row!["waiting"] as boolean
      })
    )

  /** Index: `schedule_next_idx`. */
  const due: Effect.Effect<ReadonlyArray<ScheduleRecord>, unknown> = Effect.map(
    Effect.suspend(() => run({ name: "schedule_due", text: DUE }, [])),
    (rows) => rows.map(recordOf)
  )

  /**
   * Locks: the schedule's row, which waits for whoever fires or changes it. Everything else in
   * the statement depends on the row being as expected, so one of several that fire a tick
   * does it, and the instance is in the same transaction (R25).
   */
  const fire = (one: Fire): Effect.Effect<Fired, unknown> =>
    Effect.map(
      run({ name: "schedule_fire", text: FIRE }, [
        toStorable(one.name),
        one.at,
        one.revision,
        one.nextAt,
        one.missed,
        ...runValues(one.run)
      ]),
      ([row]) => row!["fired"] as Fired
    )

  return { put, list, setPaused, remove, peek, due, fire } as const
}

const runValues = (request: StartRequest | null): ReadonlyArray<unknown> =>
  request === null ? [null, null, null, null, null] : [
    request.id,
    request.program,
    toStorable(request.input),
    request.seed,
    termsOf(request)
  ]

const PUT = `
  insert into rappel.schedule as old (
    name, timing, overlap, jitter, catch_up, workflow, program, input, terms, next_at
  )
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, to_timestamp($10::float8 / 1000))
  on conflict (name) do update
  set timing = excluded.timing, overlap = excluded.overlap, jitter = excluded.jitter,
    catch_up = excluded.catch_up, workflow = excluded.workflow, program = excluded.program,
    input = excluded.input, terms = excluded.terms, revision = old.revision + 1,
    next_at = case when old.timing = excluded.timing then old.next_at else excluded.next_at end`

const RECORD = `
  select schedule.*,
    floor(extract(epoch from schedule.next_at) * 1000)::float8 as "nextAt",
    floor(extract(epoch from schedule.last_at) * 1000)::float8 as "lastAt",
    (
      select count(*)::integer
      from rappel.instance
      where instance.schedule = schedule.name and instance.finished_at is null
    ) as unfinished
  from rappel.schedule`

const LIST = `
  ${RECORD}
  where $1::text[] is null or schedule.name = any($1::text[])
  order by schedule.name collate "C"`

const PAUSE = `
  with moved as (
    update rappel.schedule
    set paused = $2,
      next_at = case when $2 then next_at else to_timestamp($3::float8 / 1000) end
    where name = $1 and paused <> $2
  )
  select exists (select from rappel.schedule where name = $1) as found`

const PEEK = `
  select
    floor(extract(epoch from (
      select min(next_at) from rappel.schedule where next_at is not null and not paused
    )) * 1000)::float8 as "nextAt",
    floor(extract(epoch from (
      select min(deadline_at)
      from rappel.instance
      where deadline_at > now() and deadline_at is not null and finished_at is null
    )) * 1000)::float8 as "deadlineAt",
    exists (
      select
      from rappel.instance
      where deadline_at <= now() and deadline_at is not null and finished_at is null
        and ${IS_NOT_ASKED}
    ) as overdue,
    exists (
      select from rappel.due where due_at is null and owner is null and epoch = 0 and aside is null
    ) as waiting,
    floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now`

const DUE = `
  ${RECORD}
  where schedule.next_at <= clock_timestamp() and not schedule.paused
  order by schedule.next_at
  limit 100`

/*
 * The counts are those before this tick: a tick of the same schedule is fired in another
 * statement, which has moved the row before this one can.
 */
const FIRE = `
  with unfinished as materialized (
    select count(*) as runs
    from rappel.instance
    where schedule = $1 and finished_at is null
  ), moved as (
    update rappel.schedule as old
    set next_at = to_timestamp($4::float8 / 1000), last_at = old.next_at,
      missed = old.missed + $5::integer,
      skipped = old.skipped + case when $6::uuid is not null and ${
  isSkipped("old")
} then 1 else 0 end,
      fired = old.fired + case when $6::uuid is not null and not ${
  isSkipped("old")
} then 1 else 0 end,
      last_instance = case when $6::uuid is not null and not ${isSkipped("old")}
        then $6::uuid else old.last_instance end
    where name = $1 and next_at = to_timestamp($2::float8 / 1000) and revision = $3 and not paused
    returning name, workflow, overlap
  ), started as (
    insert into rappel.instance (
      id, name, program, seed, input, priority, deadline_at, tick_at, schedule, tags, memo
    )
    select $6::uuid, moved.workflow, $7::text, $9::text, $8::text,
      (terms ->> 'priority')::smallint,
      clock_timestamp() + (terms ->> 'deadlineMillis')::float8 * interval '1 ms',
      to_timestamp($2::float8 / 1000), moved.name,
      case when terms -> 'tags' is not null
        then array(select jsonb_array_elements_text(terms -> 'tags')) end,
      terms ->> 'memo'
    from moved, (select $10::text::jsonb as terms) as given
    where $6::uuid is not null and not ${isSkipped("moved")}
    on conflict do nothing
    returning id
  ), placed as (
    insert into rappel.due (instance_id, due_at, priority)
    select started.id,
      case when ${isWaiting("moved")} then null
        else greatest(now(), to_timestamp((terms ->> 'dueAt')::float8 / 1000)) end,
      coalesce((terms ->> 'priority')::smallint, 0)
    from started, moved, (select $10::text::jsonb as terms) as given
    returning due_at
  ), replaced as (
    insert into rappel.inbox (id, instance_id, kind)
    select rappel.new_id(), instance.id, 'cancel'
    from started, moved, rappel.instance
    where moved.overlap = 'replace' and instance.schedule = $1 and instance.finished_at is null
    returning 1
  ), notice as (
    select pg_notify('${CHANNEL}', 'd')
    from placed
    where due_at <= now() + interval '1 second'
    union all
    select pg_notify('${CHANNEL}', 'd')
    where exists (select from replaced)
  )
  select
    case
      when not exists (select from moved) then 'lost'
      when $6::uuid is null then 'missed'
      when not exists (select from started) then 'skipped'
      when (select due_at from placed) is null then 'waiting'
      else 'started'
    end as fired,
    (select count(*) from notice) as notices`

function isSkipped(schedule: string): string {
  const runs = "(select runs from unfinished)"
  return `(
    (${schedule}.overlap = 'skip' and ${runs} > 0)
    or (${schedule}.overlap in ('queue', 'replace') and ${runs} > ${MOST_WAITING})
  )`
}

function isWaiting(schedule: string): string {
  return `(${schedule}.overlap in ('queue', 'replace') and (select runs from unfinished) > 0)`
}

const numberOrNull = (value: unknown): number | null => value === null ? null : Number(value)

const recordOf = (row: Row): ScheduleRecord => ({
  name: fromStorable(row["name"] as string),
  timing: JSON.parse(fromStorable(row["timing"] as string)) as ScheduleRecord["timing"],
  overlap: row["overlap"] as Overlap,
  jitterMillis: Number(row["jitter"]),
  catchUpMillis: Number(row["catch_up"]),
  workflow: fromStorable(row["workflow"] as string),
  program: row["program"] as string | null,
  input: fromStorable(row["input"] as string),
  terms: JSON.parse(fromStorable(row["terms"] as string)) as ScheduleRecord["terms"],
  revision: row["revision"] as number,
  isPaused: row["paused"] as boolean,
  nextAt: numberOrNull(row["nextAt"]),
  lastAt: numberOrNull(row["lastAt"]),
  lastInstance: row["last_instance"] as string | null,
  unfinished: row["unfinished"] as number,
  fired: Number(row["fired"]),
  skipped: Number(row["skipped"]),
  missed: Number(row["missed"])
})
