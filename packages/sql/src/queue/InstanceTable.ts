/**
 * `rappel.instance`: the statements that read it, and the start.
 *
 * @since 0.1.0
 */
import { DEADLINE_REASON } from "@rappel/core/queue/memoryStart"
import type {
  InstanceFilter,
  InstanceRecord,
  InstanceStatus,
  Started,
  StartRequest
} from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import type { Row, Run } from "../statement/Statements.ts"
import {
  fromStorable,
  fromStorableOrNull,
  toStorable,
  toStorableOrNull
} from "../statement/storable.ts"
import * as InsertStatement from "./InsertStatement.ts"
import { CHANNEL } from "./PgWakes.ts"
import { searchText } from "./searchText.ts"
import { START_ONE, startOneValues } from "./startOne.ts"

/** Why a request was not inserted: the instance that has its id, or the one that holds its key or tick. */
export interface Holder {
  readonly id: string
  readonly has: "id" | "key"
  readonly sameInput: boolean
}

export const make = (run: Run) => {
  const insert = InsertStatement.make(run)

  /**
   * Indexes: `due_waiting_idx`, `instance_run_idx`. Locks: the rows it makes due. Two that
   * do it at once choose the same row, and the second finds it due.
   */
  const releaseRuns: Effect.Effect<number, unknown> = Effect.map(
    Effect.suspend(() => run({ name: "instance_release_runs", text: RELEASE_RUNS }, [])),
    ([row]) => row!["count"] as number
  )

  /**
   * Indexes: `instance_deadline_idx`, `inbox_pkey`, `event_message_idx`. The message's id is
   * made of the instance's, so that an instance is asked once, whoever asks.
   */
  const cancelOverdue: Effect.Effect<number | null, unknown> = Effect.map(
    Effect.suspend(() =>
      run({ name: "instance_cancel_overdue", text: CANCEL_OVERDUE }, [DEADLINE_REASON])
    ),
    ([row]) => numberOrNull(row!["nextAt"])
  )

  /** Index: `instance_pkey` and `instance_key_idx`. Undefined for a request that nothing stands in the way of. */
  const holders = (
    batch: ReadonlyArray<StartRequest>
  ): Effect.Effect<ReadonlyArray<Holder | undefined>, unknown> =>
    Effect.map(
      run({ name: "instance_holders", text: HOLDERS }, [
        batch.map((request) => request.id),
        batch.map((request) => toStorable(request.name)),
        batch.map((request) => toStorableOrNull(request.key ?? null)),
        batch.map((request) => request.key === undefined ? null : toStorable(request.input)),
        batch.map(({ tick }) => toStorableOrNull(tick?.schedule ?? null)),
        batch.map(({ tick }) => tick?.at ?? null)
      ]),
      (rows) => rows.map(holderOf)
    )

  /** Index: `instance_pkey`. */
  const find = (
    ids: ReadonlyArray<string>
  ): Effect.Effect<ReadonlyArray<InstanceRecord>, unknown> =>
    Effect.map(run({ name: "instance_find", text: FIND }, [ids]), (rows) => rows.map(recordOf))

  /**
   * One start that is debounced; `rappel.start_one` says what it locks.
   */
  const startOne = (request: StartRequest): Effect.Effect<Started, unknown> =>
    Effect.map(run({ name: "start_one", text: START_ONE }, startOneValues(request)), ([row]) => ({
      id: row!["id"] as string,
      created: row!["created"] as boolean
    }))

  /**
   * Index: `instance_pkey`, backwards: a UUIDv7 begins with the time it was made. A search
   * reads until it has enough, or takes `instance_tags_idx` for a tag.
   */
  const list = (filter: InstanceFilter): Effect.Effect<ReadonlyArray<InstanceRecord>, unknown> => {
    const values = [toStorableOrNull(filter.name ?? null), filter.status ?? null, filter.limit]
    const { parent, search } = filter
    const conditions = search === undefined ? [] : [searchText(search, STATUS, values)]
    // Index: `instance_parent_idx`.
    if (parent !== undefined) conditions.push(`instance.parent = $${values.push(parent)}::uuid`)
    const statement = conditions.length === 0
      ? { name: "instance_list", text: listText("true") }
      : { name: null, text: listText(conditions.join(" and ")) }
    return Effect.map(run(statement, values), (rows) => rows.map(recordOf))
  }

  return { insert, cancelOverdue, releaseRuns, holders, startOne, find, list } as const
}

const MESSAGE_ID = "md5(instance.id::text || ' deadline')::uuid"

/** An instance was not asked yet to cancel because of its deadline. */
export const IS_NOT_ASKED = `
        (select true from rappel.inbox where inbox.id = ${MESSAGE_ID}) is null
        and (select true from rappel.event where event.message = ${MESSAGE_ID} limit 1) is null`

const CANCEL_OVERDUE = `
  with asked as (
    insert into rappel.inbox (id, instance_id, kind, payload)
    select ${MESSAGE_ID}, instance.id, 'cancel', $1::text
    from rappel.instance
    where deadline_at <= now() and deadline_at is not null and finished_at is null
      and ${IS_NOT_ASKED}
    order by deadline_at
    limit 1000
    on conflict (id) do nothing
    returning 1
  ), notice as (
    select pg_notify('${CHANNEL}', 'd') from asked limit 1
  )
  select floor(extract(epoch from (
      select min(deadline_at)
      from rappel.instance
      where deadline_at > now() and deadline_at is not null and finished_at is null
    )) * 1000)::float8 as "nextAt",
    (select count(*) from notice) as notices`

/*
 * The lookup of each waiting run is a subquery of its own: as a join it could read all runs
 * that there ever were.
 */
const RELEASE_RUNS = `
  with waiting as materialized (
    select instance_id
    from rappel.due
    where due_at is null and owner is null and epoch = 0 and aside is null
  ), head as materialized (
    select distinct on (run.schedule) waiting.instance_id as id, run.schedule
    from waiting cross join lateral (
      select schedule, tick_at
      from rappel.instance
      where instance.id = waiting.instance_id
      offset 0
    ) as run
    where run.schedule is not null
    order by run.schedule, run.tick_at, waiting.instance_id
  ), free as materialized (
    select id
    from head
    where (
      select true
      from rappel.instance as other
      where other.schedule = head.schedule and other.finished_at is null and other.id <> head.id
        and (
          select due_at is null and owner is null and epoch = 0
          from rappel.due
          where due.instance_id = other.id
        ) is not true
      limit 1
    ) is null
  ), released as (
    update rappel.due
    set due_at = now()
    where instance_id = any(array(select id from free))
      and due_at is null and owner is null and epoch = 0
    returning 1
  ), notice as (
    select pg_notify('${CHANNEL}', 'd') from released limit 1
  )
  select (select count(*) from released)::integer as count, (select count(*) from notice) as notices`

const HOLDERS = `
  select by_id.id as "byId", by_key.id as "byKey", by_tick.id as "byTick",
    by_key.input = request.input as same
  from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::float8[])
    with ordinality as request (id, name, key, input, schedule, tick, nth)
  left join lateral (
    select id from rappel.instance where instance.id = request.id offset 0
  ) as by_id on true
  left join lateral (
    select id, input
    from rappel.instance
    where instance.name = request.name and instance.key = request.key
    offset 0
  ) as by_key on true
  left join lateral (
    select id
    from rappel.instance
    where instance.schedule = request.schedule
      and instance.tick_at = to_timestamp(request.tick / 1000)
    offset 0
  ) as by_tick on true
  order by request.nth`

const STATUS = `
  case when instance.ok then 'completed'
    when not instance.ok then coalesce(instance.verdict, 'failed')
    when due.aside is not null then 'aside' when due.owner is not null then 'running' else 'waiting' end`

const RECORD = `
  select instance.id, instance.name, instance.program, instance.key, instance.input,
    ${STATUS} as status, coalesce(instance.priority, 0) as priority, instance.tags, instance.memo,
    instance.schedule,
    floor(extract(epoch from instance.deadline_at) * 1000)::float8 as "deadlineAt",
    floor(extract(epoch from instance.tick_at) * 1000)::float8 as "tickAt",
    floor(extract(epoch from instance.created_at) * 1000)::float8 as "createdAt",
    floor(extract(epoch from coalesce(instance.started_at, due.started_at)) * 1000)::float8
      as "startedAt",
    floor(extract(epoch from instance.finished_at) * 1000)::float8 as "finishedAt",
    instance.ok, instance.outcome, instance.attempts, instance.verdict, due.aside,
    instance.parent, instance.origin
  from rappel.instance left join lateral (
    select owner, started_at, aside
    from rappel.due
    where due.instance_id = instance.id
    offset 0
  ) as due on true`

const FIND = `
  ${RECORD}
  where instance.id = any($1::uuid[])`

const listText = (condition: string): string => `
  ${RECORD}
  where ($1::text is null or instance.name = $1) and ($2::text is null or ${STATUS} = $2)
    and ${condition}
  order by instance.id desc
  limit $3`

const holderOf = (row: Row): Holder | undefined =>
  row["byId"] !== null
    ? { id: row["byId"] as string, has: "id", sameInput: true }
    : row["byKey"] !== null
    ? { id: row["byKey"] as string, has: "key", sameInput: row["same"] as boolean }
    : row["byTick"] !== null
    ? { id: row["byTick"] as string, has: "key", sameInput: true }
    : undefined

const recordOf = (row: Row): InstanceRecord => ({
  id: row["id"] as string,
  name: fromStorable(row["name"] as string),
  program: row["program"] as string,
  status: row["status"] as InstanceStatus,
  key: fromStorableOrNull(row["key"] as string | null),
  input: fromStorable(row["input"] as string),
  priority: row["priority"] as number,
  tags: (row["tags"] as ReadonlyArray<string> | null ?? []).map(fromStorable),
  memo: fromStorableOrNull(row["memo"] as string | null),
  deadlineAt: numberOrNull(row["deadlineAt"]),
  schedule: fromStorableOrNull(row["schedule"] as string | null),
  tickAt: numberOrNull(row["tickAt"]),
  createdAt: Number(row["createdAt"]),
  startedAt: numberOrNull(row["startedAt"]),
  finishedAt: numberOrNull(row["finishedAt"]),
  outcome: outcomeOf(row),
  aside: fromStorableOrNull(row["aside"] as string | null),
  parent: row["parent"] as string | null,
  origin: row["origin"] as string | null
})

const numberOrNull = (value: unknown): number | null => value === null ? null : Number(value)

const outcomeOf = (row: Row): InstanceRecord["outcome"] => {
  if (row["ok"] === null) return null
  const encoded = fromStorable(row["outcome"] as string)
  if (row["ok"] === true) return { ok: true, value: encoded }
  const attempts = row["attempts"] as number | null
  const verdict = row["verdict"] as "cancelled" | "terminated" | null
  return {
    ok: false,
    error: encoded,
    ...(attempts === null ? {} : { attempts }),
    ...(verdict === null ? {} : { verdict })
  }
}
