/**
 * The commit: everything that a batch of instances wants stored, in one statement.
 *
 * It first locks the ownership rows that are as the batch expects them (owner, epoch, last
 * event), in the order of ids, and every other part joins the rows that it got (R1, R3).
 * Rows that somebody else has locked are passed over (R2). It is one round trip and needs
 * no transaction around it, so it works through any pooler (R24).
 *
 * @since 0.1.0
 */
import { asideReason } from "@rappel/core/queue/asideReason"
import type { CommitEntry, StoredEvent } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import type { Run } from "../statement/Statements.ts"
import { toStorable, toStorableOrNull } from "../statement/storable.ts"
import { CHILD_PARTS, childrenOf, sentBy } from "./childParts.ts"
import { CALL_NOTICE, callParts, callValues } from "./CommitCalls.ts"
import { CHANNEL, NOTIFY_BYTES } from "./PgWakes.ts"

export interface Fates {
  /** Not as expected: owned by somebody else by now, or gone. */
  readonly lost: ReadonlySet<string>
  /** As expected, but locked by somebody else at this moment: to be sent again. */
  readonly busy: ReadonlySet<string>
  readonly now: number
}

export const make = (run: Run) =>
(batch: {
  readonly id: string
  readonly dispatcher: string
  readonly entries: ReadonlyArray<CommitEntry>
  /** Whoever waits for a time looks again this often; no hint is needed beyond. */
  readonly soonMillis: number
}): Effect.Effect<Fates, unknown> => {
  const { entries } = batch
  const events = eventColumns(entries)
  return Effect.map(
    run({ name: "commit", text: COMMIT, limitMillis: limitOf(entries) }, [
      batch.id,
      batch.dispatcher,
      entries.map((entry) => entry.id),
      entries.map((entry) => entry.epoch),
      entries.map((entry) => entry.expectedSeq),
      entries.map((entry) => entry.expectedSeq + entry.events.length),
      entries.map((entry) => FATE[entry.then.kind]),
      entries.map((entry) => entry.then.kind === "release" ? entry.then.dueAt : null),
      entries.map((entry) => entry.outcome === null ? null : entry.outcome.ok),
      entries.map(({ outcome }) =>
        outcome === null ? null : toStorable(outcome.ok ? outcome.value : outcome.error)
      ),
      entries.map(({ outcome }) =>
        outcome === null || outcome.ok ? null : outcome.attempts ?? null
      ),
      entries.map((entry) => entry.snapshot?.seq ?? null),
      entries.map((entry) => toStorableOrNull(entry.snapshot?.body ?? null)),
      events.id,
      events.of.map((event) => event.seq),
      events.of.map((event) => event.kind),
      events.of.map((event) => event.effect),
      events.of.map((event) => event.at),
      events.of.map((event) => toStorableOrNull(event.payload)),
      events.of.map((event) => event.machine),
      events.of.map((event) => event.digest),
      entries.flatMap((entry) => entry.logs.map(() => entry.id)),
      entries.flatMap((entry) => entry.logs.map(toStorable)),
      batch.soonMillis,
      events.of.map((event) => event.message ?? null),
      entries.flatMap((entry) => entry.consumed.map(() => entry.id)),
      entries.flatMap((entry) => entry.consumed),
      entries.map(({ then }) => then.kind === "aside" ? reasonOf(then.reason) : null),
      entries.map(({ outcome }) => outcome === null || outcome.ok ? null : outcome.verdict ?? null),
      ...repliesOf(entries),
      ...publishedOf(entries),
      ...childrenOf(entries),
      ...sentBy(entries),
      ...callValues(entries)
    ]),
    ([row]) => ({
      lost: idsOf(row!["lost"] as string | null),
      busy: idsOf(row!["busy"] as string | null),
      now: Number(row!["now"])
    })
  )
}

/** A lease: an answer that is missing for longer costs the dispatcher what it owns. */
const COMMIT_MILLIS = 5_000

/** A line that is slower than 200 characters a millisecond is of no use. */
const CHARACTERS_PER_MILLI = 200

const limitOf = (entries: ReadonlyArray<CommitEntry>): number => {
  let length = 0
  for (const { events, logs, outcome, snapshot } of entries) {
    for (const { payload } of events) length += payload?.length ?? 0
    for (const line of logs) length += line.length
    if (outcome !== null) length += outcome.ok ? outcome.value.length : outcome.error.length
    length += snapshot?.body.length ?? 0
  }
  return COMMIT_MILLIS + length / CHARACTERS_PER_MILLI
}

const FATE = { keep: 0, release: 1, close: 2, aside: 3 } as const

export const reasonOf = (reason: string): string => toStorable(asideReason(reason))

const eventColumns = (entries: ReadonlyArray<CommitEntry>) => {
  const id: Array<string> = []
  const of: Array<StoredEvent> = []
  for (const entry of entries) {
    for (const event of entry.events) {
      id.push(entry.id)
      of.push(event)
    }
  }
  return { id, of } as const
}

const repliesOf = (entries: ReadonlyArray<CommitEntry>): ReadonlyArray<ReadonlyArray<unknown>> => {
  const rows = entries.flatMap(({ id, replies = [] }) => replies.map((reply) => ({ id, ...reply })))
  return [
    rows.map(({ id }) => id),
    rows.map(({ message }) => message),
    rows.map(({ outcome }) => outcome.ok),
    rows.map(({ outcome }) => toStorable(outcome.ok ? outcome.value : outcome.error))
  ]
}

const publishedOf = (
  entries: ReadonlyArray<CommitEntry>
): ReadonlyArray<ReadonlyArray<unknown>> => {
  const rows = entries.flatMap(({ id, published }) =>
    Array.from(published ?? [], ([name, value]) => ({ id, name, value }))
  )
  return [
    rows.map(({ id }) => id),
    rows.map(({ name }) => toStorable(name)),
    rows.map(({ value }) => toStorable(value))
  ]
}

const idsOf = (text: string | null): ReadonlySet<string> =>
  new Set(text === null ? [] : text.split(","))

/*
 * `known` are rows that this very commit has moved already (R4): they are accepted and not
 * written again, be they locked by somebody else by now (`is_written`). A row that it
 * closed is gone, so its instance is asked. `… is true` around
 * an `in` keeps it a hashed lookup; as a join the planner, which takes an array for ten
 * elements, would make it a nested one.
 * `is not distinct from` is `=` here, and keeps the planner from the index of owners.
 * No table is joined: statistics that say it is empty (they do after a quiet night) would have
 * the plan read it as a whole for each row of the batch, until it is analyzed again. Rows are
 * looked up one by one (`lateral … offset 0`), found by arrays, or moved by `on conflict`, which
 * knows no other way than the primary key. Nothing is inserted by it: the row of `due` is locked,
 * and the instance's is seen; the values that its columns demand are never stored.
 * Indexes: the primary keys. Locks: `due` in the order of ids, then instance, snapshot and
 * messages, which nobody else writes while the due row is locked. Children and messages are
 * inserted under ids that their sender made: nobody else inserts the same ones.
 */
const CONSUMED = `
      select message.id
      from unnest($26::uuid[], $27::uuid[]) as message (instance_id, id)
      where (message.instance_id in (select id from locked where not known)) is true`

const COMMIT = `
  with entry as materialized (
    select *
    from unnest(
      $3::uuid[], $4::integer[], $5::integer[], $6::integer[], $7::integer[], $8::float8[],
      $9::boolean[], $10::text[], $11::integer[], $12::integer[], $13::text[], $28::text[],
      $29::text[]
    ) as entry (
      id, epoch, expected_seq, last_seq, fate, due_at,
      ok, outcome, attempts, snapshot_seq, snapshot, aside, verdict
    )
  ), locked as materialized (
    select entry.*, held.started_at, held.known
    from (select * from entry order by id) as entry cross join lateral (
      select due.started_at, due.commit_id is not distinct from $1 as known
      from rappel.due
      where due.instance_id = entry.id and (
        due.commit_id = $1
        or (due.owner = $2 and due.epoch = entry.epoch and due.last_seq = entry.expected_seq)
      )
      for no key update skip locked
    ) as held
  ), event as (
    insert into rappel.event (instance_id, seq, kind, effect, at, payload, machine, digest, message)
    select event.*
    from unnest(
      $14::uuid[], $15::integer[], $16::text[], $17::integer[], $18::float8[], $19::text[],
      $20::integer[], $21::integer[], $25::uuid[]
    ) as event (id, seq, kind, effect, at, payload, machine, digest, message)
    where (event.id in (select id from locked where not known)) is true
  ), log as (
    insert into rappel.log (instance_id, line)
    select log.id, log.line
    from unnest($22::uuid[], $23::text[]) with ordinality as log (id, line, nth)
    where (log.id in (select id from locked where not known)) is true
    order by log.nth
  ), consumed as (
    delete from rappel.inbox
    where inbox.id = any(array(${CONSUMED}))
  ), reply as (
    insert into rappel.reply (message, instance_id, ok, body)
    select reply.message, reply.id, reply.ok, reply.body
    from unnest($30::uuid[], $31::uuid[], $32::boolean[], $33::text[])
      as reply (id, message, ok, body)
    where (reply.id in (select id from locked where not known)) is true
    on conflict (message) do nothing
  ), published as (
    insert into rappel.published (instance_id, name, value)
    select value.id, value.name, value.value
    from unnest($34::uuid[], $35::text[], $36::text[]) as value (id, name, value)
    where (value.id in (select id from locked where not known)) is true
    on conflict (instance_id, name) do update set value = excluded.value, changed_at = now()
  ), ${callParts(51, CONSUMED)}, finished as (
    insert into rappel.instance as its (
      id, seed, program, name, input, ok, outcome, attempts, verdict, finished_at, started_at,
      closed_by
    )
    select id, '', '', '', '', ok, outcome, attempts, verdict,
      case when ok is not null then now() end, started_at, case when fate = 2 then $1 end
    from locked
    where not known and (ok is not null or fate = 2)
      and (select true from rappel.instance where instance.id = locked.id)
    on conflict (id) do update
    set ok = coalesce(its.ok, excluded.ok),
      outcome = case when its.ok is null then excluded.outcome else its.outcome end,
      attempts = case when its.ok is null then excluded.attempts else its.attempts end,
      verdict = case when its.ok is null then excluded.verdict else its.verdict end,
      finished_at = coalesce(its.finished_at, excluded.finished_at),
      started_at = coalesce(its.started_at, excluded.started_at),
      closed_by = excluded.closed_by
    returning id, parent, parent_effect, ok, outcome, attempts, repairs
  ), ${CHILD_PARTS}, snapshot as (
    insert into rappel.snapshot (instance_id, seq, body)
    select id, snapshot_seq, snapshot
    from locked
    where not known and fate <> 2 and snapshot is not null
    on conflict (instance_id) do update set seq = excluded.seq, body = excluded.body
  ), without_snapshot as (
    delete from rappel.snapshot
    where instance_id = any(array(select id from locked where not known and fate = 2))
  ), moved as (
    insert into rappel.due as its (instance_id, last_seq, owner, due_at, aside)
    select id, last_seq, case when fate not in (1, 3) then $2::uuid end,
      case when fate in (1, 3) and due_at is not null
        then greatest(to_timestamp(due_at / 1000), now()) end,
      aside
    from locked
    where not known and fate <> 2
    on conflict (instance_id) do update
    set last_seq = excluded.last_seq, commit_id = $1, claims = 0, owner = excluded.owner,
      due_at = case when excluded.owner is null then excluded.due_at else its.due_at end,
      aside = excluded.aside
  ), closed as (
    delete from rappel.due
    where instance_id = any(array(select id from locked where not known and fate = 2))
  ), left_over as (
    delete from rappel.inbox
    where instance_id = any(array(select id from locked where not known and fate = 2))
  ), missing as materialized (
    select * from entry where (id in (select id from locked)) is not true
  ), closed_before as materialized (
    select missing.id
    from missing cross join lateral (
      select closed_by from rappel.instance where instance.id = missing.id offset 0
    ) as its
    where missing.fate = 2 and its.closed_by = $1
  ), still_due as materialized (
    select missing.id, its.commit_id is not distinct from $1 as is_written,
      its.owner is not distinct from $2 and its.epoch = missing.epoch
        and its.last_seq = missing.expected_seq as is_held
    from missing cross join lateral (
      select commit_id, owner, epoch, last_seq
      from rappel.due
      where due.instance_id = missing.id
      offset 0
    ) as its
  ), notice as (
    select pg_notify('${CHANNEL}', 'd')
    where exists (
      select
      from locked
      where not known and fate = 1
        and due_at <= extract(epoch from now()) * 1000 + $24::float8
    ) or exists (select from placed) or exists (select from told) or exists (select from sent)
    union all
    select pg_notify('${CHANNEL}', case when length(ids) < ${NOTIFY_BYTES} then 'f' || ids else 'r' end)
    from (
      select string_agg(replace(id::text, '-', ''), '') as ids
      from locked
      where not known and ok is not null
    ) as finished
    where ids is not null
    union all
    ${CALL_NOTICE}
  )
  select
    (
      select string_agg(id::text, ',')
      from missing
      where (id in (select id from closed_before)) is not true
        and (id in (select id from still_due where is_written or is_held)) is not true
    ) as lost,
    (select string_agg(id::text, ',') from still_due where is_held and not is_written) as busy,
    floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now,
    (select count(*) from notice) as notices`
