/**
 * The inbox of each instance, and where its messages stay in the log.
 *
 * Anybody inserts into the inbox and nobody updates it; there is no foreign key and no
 * touch of the ownership row, so whoever sends waits for nobody (docs/durability.md, R2).
 * The owner deletes a message in the commit of the event that it became (R18). That event
 * keeps the message's id, by which one that is sent again later is known.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    create table rappel.inbox (
      id          uuid        not null,
      instance_id uuid        not null,
      nth         bigint      generated always as identity,
      created_at  timestamptz not null default now(),
      effect      integer     not null default 0,
      kind        text        not null,
      name        text,
      payload     text,
      constraint inbox_pkey primary key (id)
    ) with (
      toast_tuple_target = 8160, vacuum_truncate = off,
      autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000
    )`
  yield* sql`
    comment on table rappel.inbox is
      'Messages to instances that are not in their log yet: inserted by anybody, deleted by the owner in the commit that takes them.'`
  yield* sql`
    comment on column rappel.inbox.id is
      'Made by the sender, so that a message that is sent again is delivered once.'`
  yield* sql`
    comment on column rappel.inbox.nth is
      'The order of messages that are seen together; one of a lower number may be committed later.'`
  // Serves the owner that reads its messages, and the claim, which hops from instance to instance.
  yield* sql`create index inbox_instance_idx on rappel.inbox (instance_id, nth)`

  yield* sql`alter table rappel.event add column message uuid`
  yield* sql`
    comment on column rappel.event.message is
      'The message that became this event; null for none.'`
  // Tells a message that is sent again from a new one.
  yield* sql`create index event_message_idx on rappel.event (message) where message is not null`
  yield* sql`alter table rappel.event drop constraint event_kind`
  yield* sql`
    alter table rappel.event add constraint event_kind check (
      kind in ('settled', 'fired', 'received', 'cancelled', 'terminated', 'attempt', 'lost')
    )`

  yield* sql`alter table rappel.instance add column verdict text`
  yield* sql`
    alter table rappel.instance add constraint instance_verdict check (
      verdict is null or (verdict in ('cancelled', 'terminated') and not ok)
    )`
  yield* sql`
    comment on column rappel.instance.verdict is
      'How an instance ended that did not fail by itself; null for all others.'`

  yield* sql`
    alter table rappel.instance
      add column parent uuid, add column parent_effect integer, add column entry text`
  yield* sql`
    comment on column rappel.instance.parent is
      'The instance that started it, for whose effect parent_effect its outcome is; null for none.'`
  yield* sql`
    comment on column rappel.instance.entry is
      'Of a child: the variable of the program that holds its workflow, as module:index.'`
  // Finds the children of an instance.
  yield* sql`create index instance_parent_idx on rappel.instance (parent) where parent is not null`

  yield* sql`
    create table rappel.reply (
      message     uuid    not null,
      instance_id uuid    not null,
      ok          boolean not null,
      body        text    not null,
      constraint reply_pkey primary key (message)
    ) with (toast_tuple_target = 8160, vacuum_truncate = off)`
  yield* sql`
    comment on table rappel.reply is
      'What instances answered to the senders of messages.'`

  // Finds the answers of an instance that is removed.
  yield* sql`create index reply_instance_idx on rappel.reply (instance_id)`

  yield* sql`
    create table rappel.published (
      instance_id uuid        not null,
      changed_at  timestamptz not null default now(),
      name        text        not null,
      value       text        not null,
      constraint published_pkey primary key (instance_id, name)
    ) with (fillfactor = 70, toast_tuple_target = 8160, vacuum_truncate = off)`
  yield* sql`
    comment on table rappel.published is
      'Values that workflows show of themselves, the last one of each name.'`

  // A hundred empty pages, as in 0001: the index is the cheaper way from the first row on.
  yield* sql`
    insert into rappel.inbox (id, instance_id, kind, payload)
    select gen_random_uuid(), gen_random_uuid(), '', repeat('x', 7000)
    from generate_series(1, 100)`
  yield* sql`delete from rappel.inbox`
  yield* sql`
    insert into rappel.reply (message, instance_id, ok, body)
    select gen_random_uuid(), gen_random_uuid(), true, repeat('x', 7000)
    from generate_series(1, 100)`
  yield* sql`delete from rappel.reply`
  yield* sql`
    insert into rappel.published (instance_id, name, value)
    select gen_random_uuid(), '', repeat('x', 7000) from generate_series(1, 100)`
  yield* sql`delete from rappel.published`
})
