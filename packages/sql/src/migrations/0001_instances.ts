/**
 * Programs, instances, their events and the dispatchers that own them.
 *
 * One statement per call: Postgres prepares one at a time. Columns run from fixed and
 * wide to variable, to save padding. Tables that are only inserted into have no foreign
 * keys: a key would lock, and fail, rows of others (docs/durability.md, R2 and R21).
 * Rows stay whole up to a page: compressing and moving what is longer than 2 kB, which is
 * the default, made a commit of results of 1 KiB half as fast.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    create table rappel.program (
      stored   bigint      generated always as identity,
      stored_at timestamptz not null default now(),
      hash     text        not null,
      name     text        not null,
      body     text        not null,
      constraint program_pkey primary key (hash)
    )`
  yield* sql`
    comment on table rappel.program is
      'One row per program that was ever started; rows never change. The newest of a name is the one stored last.'`
  // Serves the start by name: the newest program of a workflow.
  yield* sql`create index program_newest_idx on rappel.program (name, stored)`

  yield* sql`
    create table rappel.instance (
      id          uuid        not null,
      created_at  timestamptz not null default now(),
      started_at  timestamptz,
      finished_at timestamptz,
      closed_by   uuid,
      attempts    integer,
      ok          boolean,
      seed        text        not null,
      program     text        not null,
      name        text        not null,
      key         text,
      input       text        not null,
      outcome     text,
      constraint instance_pkey primary key (id),
      constraint instance_finished check ((ok is null) = (finished_at is null) and (ok is null) = (outcome is null))
    ) with (toast_tuple_target = 8160, vacuum_truncate = off)`
  yield* sql`
    comment on table rappel.instance is
      'One row per instance: what it was started with and what came out. Written at the start, at the end and at the close only.'`
  yield* sql`
    comment on column rappel.instance.closed_by is
      'The commit that closed the instance, so that the commit can be answered when it is sent again.'`
  // Holds a key to one instance per workflow name.
  yield* sql`create unique index instance_key_idx on rappel.instance (name, key) where key is not null`

  yield* sql`
    create table rappel.due (
      instance_id uuid        not null,
      owner       uuid,
      claim_id    uuid,
      commit_id   uuid,
      due_at      timestamptz,
      started_at  timestamptz,
      epoch       integer     not null default 0,
      last_seq    integer     not null default 0,
      claims      integer     not null default 0,
      aside       text,
      constraint due_pkey primary key (instance_id)
    ) with (
      fillfactor = 70, toast_tuple_target = 8160, vacuum_truncate = off,
      autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000
    )`
  yield* sql`
    comment on table rappel.due is
      'One light row per instance that is not closed: who owns it, or when it is due. Only its owner and whoever declares an owner dead update it.'`
  yield* sql`
    comment on column rappel.due.claim_id is
      'The request that gave the instance to its owner, for an owner that did not hear the answer.'`
  yield* sql`
    comment on column rappel.due.commit_id is
      'The last commit that moved the instance, so that the commit can be answered when it is sent again.'`
  yield* sql`
    comment on column rappel.due.claims is
      'Claims since the last commit; an instance that harms its hosts is known by it.'`
  yield* sql`
    comment on column rappel.due.aside is
      'Why the instance was set aside; null for none.'`
  // Serves the claim (owner is null, by time), and finds what a dispatcher owns.
  yield* sql`create index due_owner_idx on rappel.due (owner, due_at)`

  yield* sql`
    create table rappel.event (
      instance_id uuid             not null,
      at          double precision not null,
      seq         integer          not null,
      effect      integer          not null,
      machine     integer          not null,
      digest      integer          not null,
      kind        text             not null,
      payload     text,
      constraint event_pkey primary key (instance_id, seq),
      constraint event_kind check (kind in ('settled', 'fired', 'cancelled', 'attempt', 'lost'))
    ) with (toast_tuple_target = 8160, vacuum_truncate = off)`
  yield* sql`
    comment on table rappel.event is
      'The log of each instance, inserted by its owner only; seq counts from 1 without holes.'`
  yield* sql`
    comment on column rappel.event.at is
      'Step time in milliseconds since 1970: a double, as the program reads it, so that it comes back the same to the last bit.'`

  yield* sql`
    create table rappel.snapshot (
      instance_id uuid    not null,
      seq         integer not null,
      body        text    not null,
      constraint snapshot_pkey primary key (instance_id)
    ) with (fillfactor = 70, toast_tuple_target = 8160, vacuum_truncate = off)`
  yield* sql`
    comment on table rappel.snapshot is
      'The state of an instance after event seq; loading starts here.'`

  yield* sql`
    create table rappel.log (
      id          bigint generated always as identity,
      instance_id uuid   not null,
      line        text   not null,
      constraint log_pkey primary key (instance_id, id)
    )`
  yield* sql`
    comment on table rappel.log is
      'What workflows logged, as JSON of level, text and time; by id within an instance.'`

  yield* sql`
    create table rappel.dispatcher (
      id            uuid        not null,
      counter       bigint      not null default 0,
      registered_at timestamptz not null default now(),
      beat_at       timestamptz not null default now(),
      died_at       timestamptz,
      pid           integer     not null,
      host          text        not null,
      constraint dispatcher_pkey primary key (id)
    ) with (fillfactor = 50)`
  yield* sql`
    comment on table rappel.dispatcher is
      'One row per registration. A row with died_at is dead for good; its process registers anew under another id.'`

  /*
   * Four tables start with a hundred empty pages and never give them back. A plan that is
   * made while such a table is nearly empty would read it as a whole, which is cheap then,
   * and prepared statements keep their plans while the table grows: a commit of 500 results
   * then reads the table 500 times. With a hundred pages the index is the cheaper way from
   * the first row on. One row of 7 kB fills a page.
   */
  yield* sql`
    with filler as (
      select gen_random_uuid() as id, repeat('x', 7000) as text from generate_series(1, 100)
    ), instance as (
      insert into rappel.instance (id, seed, program, name, input)
      select id, '', '', '', text from filler
    ), due as (
      insert into rappel.due (instance_id, aside) select id, text from filler
    ), event as (
      insert into rappel.event (instance_id, at, seq, effect, machine, digest, kind, payload)
      select id, 0, 1, 0, 0, 0, 'lost', text from filler
    )
    insert into rappel.snapshot (instance_id, seq, body) select id, 0, text from filler`
  yield* sql`delete from rappel.instance`
  yield* sql`delete from rappel.due`
  yield* sql`delete from rappel.event`
  yield* sql`delete from rappel.snapshot`
})
