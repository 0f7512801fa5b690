/**
 * What a start may say beside its input: a priority, a deadline, tags, a memo, what it is
 * debounced by, and the tick of a schedule that it is the run of.
 *
 * The instance of a debounced start is found by an index that holds it only as long as it was
 * never claimed, so nothing has to be cleaned up, and two starts that come together meet there.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    alter table rappel.instance
      add column deadline_at timestamptz,
      add column tick_at timestamptz,
      add column priority smallint,
      add column schedule text,
      add column tags text[],
      add column memo text`
  yield* sql`
    comment on column rappel.instance.deadline_at is
      'When it is cancelled unless it has finished.'`
  yield* sql`
    comment on column rappel.instance.tick_at is
      'The time of its schedule that it is the run of; null for a run outside its times.'`
  yield* sql`comment on column rappel.instance.memo is 'JSON of an object, for people.'`
  // Holds a schedule to one instance per tick, and finds the runs of a schedule.
  yield* sql`
    create unique index instance_tick_idx on rappel.instance (schedule, tick_at)
      where schedule is not null`
  // Serves the search by tag; without the condition every start would write to it.
  yield* sql`
    create index instance_tags_idx on rappel.instance using gin (tags) where tags is not null`
  // Serves the look for deadlines that have passed.
  yield* sql`
    create index instance_deadline_idx on rappel.instance (deadline_at)
      where deadline_at is not null and finished_at is null`

  yield* sql`
    alter table rappel.due
      add column priority smallint not null default 0,
      add column debounce text`
  yield* sql`
    comment on column rappel.due.debounce is
      'Workflow name and debounce key as JSON; starts with the same are one instance until it is claimed.'`
  yield* sql`
    create unique index due_debounce_idx on rappel.due (debounce)
      where debounce is not null and epoch = 0`
})
