/**
 * Schedules, and what finds their runs.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    create table rappel.schedule (
      created_at    timestamptz      not null default now(),
      next_at       timestamptz,
      last_at       timestamptz,
      jitter        double precision not null,
      catch_up      double precision not null,
      fired         bigint           not null default 0,
      skipped       bigint           not null default 0,
      missed        bigint           not null default 0,
      last_instance uuid,
      revision      integer          not null default 1,
      paused        boolean          not null default false,
      name          text             not null,
      overlap       text             not null,
      timing        text             not null,
      workflow      text             not null,
      program       text,
      input         text             not null,
      terms         text             not null,
      constraint schedule_pkey primary key (name),
      constraint schedule_overlap check (overlap in ('skip', 'queue', 'allow', 'replace'))
    )`
  yield* sql`
    comment on table rappel.schedule is
      'One row per schedule; whoever moves next_at from a tick to the following one has fired it.'`
  yield* sql`
    comment on column rappel.schedule.revision is
      'Counts changes, so that a tick is not fired with what the schedule was before.'`
  // Serves the look for what is due.
  yield* sql`
    create index schedule_next_idx on rappel.schedule (next_at)
      where next_at is not null and not paused`
  // Finds the runs that have not finished, among all that ever were.
  yield* sql`
    create index instance_run_idx on rappel.instance (schedule)
      where schedule is not null and finished_at is null`
  // Holds the runs that wait for an earlier one, and nothing else.
  yield* sql`
    create index due_waiting_idx on rappel.due (instance_id)
      where due_at is null and owner is null and epoch = 0`
})
