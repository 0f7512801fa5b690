/**
 * Repairs: closed instances go on, and others are made of them.
 *
 * A closed instance has no row in `due`, so no owner and no commit: its own row is the lock. Two
 * repairs at once wait for each other there; the later one finds it open, or fails on the
 * primary key of the event that the earlier one has added, and is answered that it came too late.
 *
 * @since 0.1.0
 */
import type { Begun, Fork, Repair, StoredEvent } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import { codeOf } from "../statement/failure.ts"
import type { Run } from "../statement/Statements.ts"
import { toStorable, toStorableOrNull } from "../statement/storable.ts"
import { CHANNEL } from "./PgWakes.ts"
import { termsOf } from "./startOne.ts"

const UNIQUE_VIOLATION = "23505"

type Noted = Omit<Repair, "messages">

const notesOf = (noted: ReadonlyArray<Noted>): ReadonlyArray<ReadonlyArray<unknown>> => [
  noted.map(({ id }) => id),
  noted.map(({ expectedSeq }) => expectedSeq),
  noted.map(({ repairId }) => repairId),
  noted.map(({ event }) => event.kind),
  noted.map(({ event }) => event.effect),
  noted.map(({ event }) => event.at),
  noted.map(({ event }) => toStorableOrNull(event.payload)),
  noted.map(({ event }) => event.machine),
  noted.map(({ event }) => event.digest)
]

const eventsOf = (events: ReadonlyArray<StoredEvent>): ReadonlyArray<ReadonlyArray<unknown>> => [
  events.map(({ seq }) => seq),
  events.map(({ kind }) => kind),
  events.map(({ effect }) => effect),
  events.map(({ at }) => at),
  events.map(({ payload }) => toStorableOrNull(payload)),
  events.map(({ machine }) => machine),
  events.map(({ digest }) => digest),
  events.map(({ message }) => message ?? null)
]

export const make = (run: Run) => {
  /** Index: `instance_pkey`. */
  const begun = (ids: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Begun>, unknown> =>
    Effect.map(run({ name: "instance_begun", text: BEGUN }, [ids]), (rows) =>
      rows.map((row) => ({
        id: row["id"] as string,
        seed: row["seed"] as string,
        entry: row["entry"] as string | null,
        closed: row["closed"] as boolean
      })))

  /** The statement says whether it did all; a second look whether an earlier sending did. */
  const once = (
    noted: ReadonlyArray<Noted>,
    statement: { readonly name: string; readonly text: string },
    values: ReadonlyArray<unknown>
  ): Effect.Effect<boolean, unknown> =>
    run(statement, [...notesOf(noted), ...values]).pipe(
      Effect.map(([row]) => row!["done"] as boolean),
      Effect.catchIf(
        (error) => codeOf(error) === UNIQUE_VIOLATION,
        () => Effect.succeed(false)
      ),
      Effect.flatMap((isDone) => isDone ? Effect.succeed(true) : wasDone(noted))
    )

  /** Index: `event_pkey`. */
  const wasDone = (noted: ReadonlyArray<Noted>): Effect.Effect<boolean, unknown> =>
    Effect.map(
      run({ name: "repair_was_done", text: WAS_DONE }, [
        noted.map(({ id }) => id),
        noted.map(({ expectedSeq }) => expectedSeq),
        noted.map(({ repairId }) => repairId)
      ]),
      ([row]) => row!["done"] as boolean
    )

  /** Indexes: the primary keys of instance, due, event and inbox. Locks: the instances, by id. */
  const repair = (repairs: ReadonlyArray<Repair>): Effect.Effect<boolean, unknown> => {
    const messages = repairs.flatMap((one) => one.messages)
    return once(repairs, { name: "repair", text: REPAIR }, [
      messages.map(({ id }) => id),
      messages.map(({ instanceId }) => instanceId),
      messages.map(({ kind }) => kind),
      messages.map(({ effect }) => effect),
      messages.map(({ name }) => toStorableOrNull(name)),
      messages.map(({ payload }) => toStorableOrNull(payload))
    ])
  }

  /** Indexes: as `repair`. Locks: the instance that it is made of. */
  const fork = (
    { entry, events, origin, request, startedAt }: Fork
  ): Effect.Effect<boolean, unknown> =>
    once([origin], { name: "repair_fork", text: FORK }, [
      request.id,
      toStorable(request.name),
      request.program,
      request.seed,
      toStorable(request.input),
      termsOf(request),
      entry,
      startedAt,
      ...eventsOf(events)
    ])

  return { begun, repair, fork } as const
}

const BEGUN = `
  select instance.id, instance.seed, instance.entry,
    instance.ok is not null
      and not exists (select from rappel.due where due.instance_id = instance.id) as closed
  from rappel.instance
  where instance.id = any($1::uuid[])`

const WAS_DONE = `
  select bool_and(exists (
    select
    from rappel.event
    where event.instance_id = note.id and event.seq = note.seq + 1 and event.message = note.repair
  )) as done
  from unnest($1::uuid[], $2::integer[], $3::uuid[]) as note (id, seq, repair)`

/*
 * Locks what is closed and ends with the expected event, and notes the repair there if that is
 * all that was named.
 */
const NOTE = `
  note as materialized (
    select *
    from unnest(
      $1::uuid[], $2::integer[], $3::uuid[], $4::text[], $5::integer[], $6::float8[], $7::text[],
      $8::integer[], $9::integer[]
    ) as note (id, seq, repair, kind, effect, at, payload, machine, digest)
  ), locked as materialized (
    select instance.id, instance.started_at, coalesce(instance.priority, 0) as priority
    from note join rappel.instance on instance.id = note.id
    where instance.ok is not null
      and not exists (select from rappel.due where due.instance_id = instance.id)
      and note.seq = coalesce(
        (select max(event.seq) from rappel.event where event.instance_id = instance.id), 0
      )
    order by instance.id
    for update of instance
  ), good as materialized (
    select locked.*
    from locked
    where (select count(*) from locked) = (select count(*) from note)
  ), noted as (
    insert into rappel.event (instance_id, seq, kind, effect, at, payload, machine, digest, message)
    select note.id, note.seq + 1, note.kind, note.effect, note.at, note.payload, note.machine,
      note.digest, note.repair
    from good join note on note.id = good.id
  ), notice as (
    select pg_notify('${CHANNEL}', 'd') from good limit 1
  )`

const DONE = `
  select exists (select from good) as done, (select count(*) from notice) as notices`

const REPAIR = `
  with ${NOTE}, reopened as (
    update rappel.instance
    set ok = null, outcome = null, attempts = null, verdict = null, finished_at = null,
      repairs = coalesce(repairs, 0) + 1,
      -- What is overdue already would be cancelled at once.
      deadline_at = case when deadline_at > now() then deadline_at end
    where id = any(array(select id from good))
  ), placed as (
    insert into rappel.due (instance_id, due_at, started_at, last_seq, priority)
    select good.id, now(), good.started_at, note.seq + 1, good.priority
    from good join note on note.id = good.id
  ), told as (
    insert into rappel.inbox (id, instance_id, kind, effect, name, payload)
    select message.id, message.instance_id, message.kind, message.effect, message.name,
      message.payload
    from unnest($10::uuid[], $11::uuid[], $12::text[], $13::integer[], $14::text[], $15::text[])
      with ordinality as message (id, instance_id, kind, effect, name, payload, nth)
    where exists (select from good)
    order by message.nth
  )${DONE}`

const FORK = `
  with ${NOTE}, born as (
    insert into rappel.instance (
      id, name, program, seed, input, priority, tags, memo, entry, origin
    )
    select $10::uuid, $11::text, $12::text, $13::text, $14::text,
      ($15::jsonb ->> 'priority')::smallint,
      case when $15::jsonb -> 'tags' is not null
        then array(select jsonb_array_elements_text($15::jsonb -> 'tags')) end,
      $15::jsonb ->> 'memo', $16::text, good.id
    from good
  ), copied as (
    insert into rappel.event (instance_id, seq, kind, effect, at, payload, machine, digest, message)
    select $10::uuid, event.*
    from unnest(
      $18::integer[], $19::text[], $20::integer[], $21::float8[], $22::text[], $23::integer[],
      $24::integer[], $25::uuid[]
    ) as event (seq, kind, effect, at, payload, machine, digest, message)
    where exists (select from good)
  ), placed as (
    insert into rappel.due (instance_id, due_at, started_at, last_seq, priority)
    select $10::uuid, now(), to_timestamp($17::float8 / 1000), cardinality($18::integer[]),
      coalesce(($15::jsonb ->> 'priority')::smallint, 0)
    from good
  )${DONE}`
