/**
 * `rappel.call`: taking offers, and bringing back what became of them; `CommitStatement.ts`
 * inserts and deletes.
 *
 * @since 0.1.0
 */
import type {
  CallKey,
  CallVerdict,
  QueueLimits,
  QueueState,
  Taken,
  TakenCall,
  TakeRequest
} from "@rappel/core/queue/Calls"
import { encodeVerdict } from "@rappel/core/queue/callVerdict"
import * as Effect from "effect/Effect"
import type { Row, Run } from "../statement/Statements.ts"
import { fromStorable, fromStorableOrNull, toStorable } from "../statement/storable.ts"
import { callIdOf } from "./callIdOf.ts"
import { CHANNEL } from "./PgWakes.ts"

export const make = (run: Run) => {
  /**
   * Index: `call_waiting_idx`. Locks: lanes and calls, those that others hold are passed over;
   * the dispatcher's own row, so that nobody declares it dead before this can be seen (R5).
   */
  const take = (
    { after, dispatcher, limit, queues }: TakeRequest,
    takeId: string
  ): Effect.Effect<Taken, unknown> =>
    Effect.map(
      run({ name: "call_take", text: TAKE }, [
        dispatcher,
        takeId,
        queues.map(toStorable),
        limit,
        toStorable(after)
      ]),
      (rows) => {
        const last = rows.find((row) => row["instanceId"] === null)
        return {
          calls: rows.filter((row) => row["instanceId"] !== null).map(takenOf),
          after: last === undefined ? after : fromStorable(last["after"] as string),
          nextAt: last === undefined || last["nextAt"] === null ? null : Number(last["nextAt"])
        }
      }
    )

  /**
   * Indexes: primary keys, `event_message_idx`. Locks: waits for whoever inserts or deletes
   * the same message at this moment.
   */
  const report = (
    dispatcher: string,
    verdicts: ReadonlyArray<CallVerdict>
  ): Effect.Effect<void, unknown> =>
    Effect.asVoid(run({ name: "call_report", text: REPORT }, [
      dispatcher,
      verdicts.map(({ instanceId }) => instanceId),
      verdicts.map(({ effect }) => effect),
      verdicts.map(({ attempt }) => attempt),
      verdicts.map(({ attempt, verdict }) => toStorable(encodeVerdict(attempt, verdict)))
    ]))

  /** Indexes: `call_pkey`, `permit_pkey`. Locks: the rows, in the order of their ids. */
  const giveBack = (
    dispatcher: string,
    calls: ReadonlyArray<CallKey>
  ): Effect.Effect<void, unknown> =>
    Effect.asVoid(run({ name: "call_give_back", text: GIVE_BACK }, [
      dispatcher,
      calls.map(({ instanceId }) => instanceId),
      calls.map(({ effect }) => effect),
      calls.map(({ attempt }) => attempt)
    ]))

  /** Index: `call_taker_idx`. */
  const held = (dispatcher: string): Effect.Effect<ReadonlyArray<CallKey>, unknown> =>
    Effect.map(
      run({
        name: "call_held",
        text: `
          select instance_id as "instanceId", effect, attempt
          from rappel.call
          where taker = $1`
      }, [dispatcher]),
      (rows) =>
        rows.map((row) => ({
          instanceId: row["instanceId"] as string,
          effect: row["effect"] as number,
          attempt: row["attempt"] as number
        }))
    )

  const limit = (
    name: string,
    { concurrency, paused, rate }: QueueLimits
  ): Effect.Effect<void, unknown> =>
    Effect.asVoid(run({
      name: "queue_limit",
      text: `
        insert into rappel.queue (name, concurrency, rate_count, rate_period, paused)
        values ($1, $2, $3, $4, $5)
        on conflict (name) do update
        set concurrency = excluded.concurrency, rate_count = excluded.rate_count,
          rate_period = excluded.rate_period, paused = excluded.paused`
    }, [
      toStorable(name),
      concurrency,
      rate?.count ?? null,
      rate?.periodMillis ?? null,
      paused
    ]))

  /** Reads every offered call: for operators, not for a loop. */
  const list = (): Effect.Effect<ReadonlyArray<QueueState>, unknown> =>
    Effect.map(run({ name: "queue_list", text: LIST }, []), (rows) => rows.map(stateOf))

  return { take, report, giveBack, held, limit, list } as const
}

const TAKE = `
  select (taken.o_call).instance_id as "instanceId", (taken.o_call).effect,
    (taken.o_call).attempt, (taken.o_call).queue, (taken.o_call).lane,
    (taken.o_call).concurrency, (taken.o_call).rate_count as "rateCount",
    (taken.o_call).rate_period as "ratePeriod", (taken.o_call).priority,
    (taken.o_call).action, (taken.o_call).file, (taken.o_call).export_name as "exportName",
    (taken.o_call).args, (taken.o_call).timeout, (taken.o_call).alone, (taken.o_call).step,
    (taken.o_call).heartbeat, (taken.o_call).details, (taken.o_call).transactional,
    (taken.o_call).id as slot,
    taken.o_after as after,
    ceil(extract(epoch from taken.o_next_at) * 1000)::float8 as "nextAt"
  from rappel.take($1, $2, $3, $4, $5) as taken`

/*
 * The lookups are subqueries, one by one, as in the delivery of messages. An action that settled
 * itself put its message there without a notice, which is given here. Permits go even
 * when the verdict comes too late: the execution is over. Dispatchers that own an instance
 * are told by name, so that the others do not look.
 */
const REPORT = `
  with verdict as materialized (
    select verdict.*, ${callIdOf("verdict")} as id
    from unnest($2::uuid[], $3::integer[], $4::integer[], $5::text[])
      as verdict (instance_id, effect, attempt, payload)
  ), freed as (
    delete from rappel.permit
    where taker = $1 and call_id = any(array(select id from verdict))
    returning 1
  ), wanted as materialized (
    select verdict.*,
      (select due.owner from rappel.due where due.instance_id = verdict.instance_id) as owner
    from verdict
    where (select true from rappel.due where due.instance_id = verdict.instance_id)
      and (select true from rappel.event where event.message = verdict.id limit 1) is null
  ), inserted as (
    insert into rappel.inbox (id, instance_id, kind, effect, payload)
    select id, instance_id, 'call', effect, payload
    from wanted
    order by id
    on conflict (id) do nothing
    returning id
  ), notice as (
    select pg_notify('${CHANNEL}', case when owner is null then 'd' else 'a' || owner end)
    from (
      select distinct owner from wanted
      where (id in (select id from inserted)) is true
        or (select true from rappel.inbox where inbox.id = wanted.id)
    ) as told
    union all
    select pg_notify('${CHANNEL}', 'c') from (select from freed limit 1) as room
  )
  select count(*) from notice`

const GIVE_BACK = `
  with named as materialized (
    select ${callIdOf("given")} as id
    from unnest($2::uuid[], $3::integer[], $4::integer[]) as given (instance_id, effect, attempt)
  ), given as materialized (
    select id
    from rappel.call
    where id = any(array(select id from named)) and (taker = $1) is true
    order by id
    for no key update
  ), freed as (
    delete from rappel.permit
    where taker = $1 and call_id = any(array(select id from named))
    returning 1
  ), offered as (
    update rappel.call
    set taker = null, take_id = null
    where id = any(array(select id from given))
      and (select true from rappel.inbox where inbox.id = call.id) is null
    returning 1
  ), notice as (
    select pg_notify('${CHANNEL}', 'c')
    from (select from offered union all select from freed limit 1) as room
  )
  select count(*) from notice`

const LIST = `
  select name, queue.concurrency, queue.rate_count as "rateCount",
    queue.rate_period as "ratePeriod", coalesce(queue.paused, false) as paused,
    (select count(*) from rappel.call where call.queue = name and taker is null)::integer as waiting,
    (select count(*) from rappel.call where call.queue = name and taker is not null)::integer
      as taken,
    (
      select floor(extract(epoch from min(offered_at)) * 1000)::float8
      from rappel.call
      where call.queue = name and taker is null
    ) as "oldestAt",
    (
      select count(*) from rappel.dispatcher where died_at is null and name = any(queues)
    )::integer as servers
  from (
    select name from rappel.queue
    union
    select queue from rappel.call
    union
    select unnest(queues) from rappel.dispatcher where died_at is null
  ) as known (name)
  left join rappel.queue using (name)
  order by name`

const takenOf = (row: Row): TakenCall => ({
  instanceId: row["instanceId"] as string,
  effect: row["effect"] as number,
  attempt: row["attempt"] as number,
  queue: fromStorable(row["queue"] as string),
  limit: row["lane"] === "" ? null : {
    lane: fromStorable(row["lane"] as string),
    concurrency: row["concurrency"] as number | null,
    rate: rateOf(row)
  },
  priority: row["priority"] as number,
  action: fromStorable(row["action"] as string),
  file: fromStorable(row["file"] as string),
  exportName: fromStorable(row["exportName"] as string),
  ...(row["step"] === null ? {} : { step: JSON.parse(fromStorable(row["step"] as string)) }),
  args: fromStorable(row["args"] as string),
  timeoutMillis: row["timeout"] === null ? null : Number(row["timeout"]),
  heartbeatMillis: row["heartbeat"] === null ? null : Number(row["heartbeat"]),
  details: fromStorableOrNull(row["details"] as string | null),
  alone: row["alone"] as boolean,
  transactional: row["transactional"] as boolean,
  ...(row["transactional"] === true ? { slot: row["slot"] as string } : {})
})

const rateOf = (row: Row): QueueLimits["rate"] =>
  row["rateCount"] === null
    ? null
    : { count: row["rateCount"] as number, periodMillis: Number(row["ratePeriod"]) }

const stateOf = (row: Row): QueueState => ({
  name: fromStorable(row["name"] as string),
  concurrency: row["concurrency"] as number | null,
  rate: rateOf(row),
  paused: row["paused"] as boolean,
  waiting: row["waiting"] as number,
  taken: row["taken"] as number,
  oldestAt: row["oldestAt"] === null ? null : Number(row["oldestAt"]),
  servers: row["servers"] as number
})
