/**
 * `rappel.inbox`: putting messages in and reading them; `CommitStatement.ts` takes them out,
 * and writes what instances say: `rappel.reply` and `rappel.published`.
 *
 * @since 0.1.0
 */
import type { Outcome } from "@rappel/core/machine/Model"
import {
  type Arrived,
  type Claimed,
  type Delivery,
  type Message,
  MESSAGES
} from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import { type Row, type Run, STATEMENT_MILLIS } from "../statement/Statements.ts"
import { fromStorable, fromStorableOrNull, toStorableOrNull } from "../statement/storable.ts"
import { CHANNEL } from "./PgWakes.ts"

export const make = (run: Run) => {
  /**
   * Indexes: the primary keys of instance and inbox, `event_message_idx`. Locks: waits for
   * whoever inserts or deletes the same message at this moment.
   */
  const deliver = (
    batch: ReadonlyArray<Message>
  ): Effect.Effect<ReadonlyArray<Delivery>, unknown> =>
    Effect.map(
      run({ name: "inbox_deliver", text: DELIVER, limitMillis: STATEMENT_MILLIS }, [
        batch.map((message) => message.id),
        batch.map((message) => message.instanceId),
        batch.map((message) => message.kind),
        batch.map((message) => message.effect),
        batch.map((message) => toStorableOrNull(message.name)),
        batch.map((message) => toStorableOrNull(message.payload))
      ]),
      ([row]) =>
        (row!["deliveries"] as string).split(",") as ReadonlyArray<string> as Array<Delivery>
    )

  /**
   * The messages of what is owned at these epochs, in order. Indexes: `due_pkey`,
   * `inbox_instance_idx`, `event_message_idx`.
   *
   * A message that was sent again while the commit that takes it was on its way waits for
   * that commit and is in the inbox after it; this statement is later than both, so it sees
   * the event and answers that the message is a repetition.
   */
  const poll = (
    dispatcher: string,
    claimed: ReadonlyArray<Claimed>
  ): Effect.Effect<ReadonlyArray<Arrived>, unknown> =>
    Effect.map(
      run({ name: "inbox_poll", text: POLL }, [
        dispatcher,
        claimed.map(({ id }) => id),
        claimed.map(({ epoch }) => epoch),
        MESSAGES
      ]),
      (rows) => rows.map(arrivedOf)
    )

  /** Index: `reply_pkey`. */
  const replies = (
    messages: ReadonlyArray<string>
  ): Effect.Effect<ReadonlyMap<string, Outcome>, unknown> =>
    Effect.map(
      run({
        name: "reply_find",
        text: "select message, ok, body from rappel.reply where message = any($1::uuid[])"
      }, [messages]),
      (rows) =>
        new Map(rows.map((row) => {
          const body = fromStorable(row["body"] as string)
          const outcome: Outcome = row["ok"] === true
            ? { ok: true, value: body }
            : { ok: false, error: body }
          return [row["message"] as string, outcome]
        }))
    )

  /** Index: `published_pkey`. */
  const published = (id: string): Effect.Effect<ReadonlyMap<string, string>, unknown> =>
    Effect.map(
      run({
        name: "published_find",
        text: "select name, value from rappel.published where instance_id = $1 order by name"
      }, [id]),
      (rows) =>
        new Map(rows.map((row) => [
          fromStorable(row["name"] as string),
          fromStorable(row["value"] as string)
        ]))
    )

  return { deliver, poll, replies, published } as const
}

/*
 * The lookups are subqueries, one by one: as joins they would be hashed over whole tables
 * when a plan is made for a batch of unknown size.
 */
const DELIVER = `
  with message as materialized (
    select message.*,
      (select instance.ok is not null from rappel.instance where instance.id = message.instance_id)
        as finished,
      (select true from rappel.event where event.message = message.id limit 1) is not null as taken
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::text[], $6::text[])
      with ordinality as message (id, instance_id, kind, effect, name, payload, nth)
  ), inserted as (
    insert into rappel.inbox (id, instance_id, kind, effect, name, payload)
    select id, instance_id, kind, effect, name, payload
    from message
    where finished is false and not taken
    order by nth
    on conflict (id) do nothing
    returning 1
  ), notice as (
    select pg_notify('${CHANNEL}', 'd') from inserted limit 1
  )
  select
    string_agg(
      case when taken then 'delivered' when finished then 'finished'
        when finished is null then 'unknown' else 'delivered' end,
      ',' order by nth
    ) as deliveries,
    (select count(*) from notice) as notices
  from message`

/*
 * `is not distinct from` is `=` here, and keeps the planner from the index of owners.
 */
const POLL = `
  select message.id, message.instance_id as "instanceId", message.kind, message.effect,
    message.name, message.payload,
    (select true from rappel.event where event.message = message.id limit 1) is not null as repeated
  from unnest($2::uuid[], $3::integer[]) as claimed (id, epoch)
  cross join lateral (
    select
    from rappel.due
    where due.instance_id = claimed.id and due.owner is not distinct from $1
      and due.epoch = claimed.epoch
    offset 0
  ) as due
  cross join lateral (
    select *
    from rappel.inbox
    where inbox.instance_id = claimed.id
    order by inbox.nth
    limit $4
  ) as message
  order by message.nth`

const arrivedOf = (row: Row): Arrived => ({
  id: row["id"] as string,
  instanceId: row["instanceId"] as string,
  kind: row["kind"] as Arrived["kind"],
  effect: row["effect"] as number,
  name: fromStorableOrNull(row["name"] as string | null),
  payload: fromStorableOrNull(row["payload"] as string | null),
  repeated: row["repeated"] as boolean
})
