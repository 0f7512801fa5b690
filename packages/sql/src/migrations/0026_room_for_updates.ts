/**
 * What an instance gets at its end stands behind what it was started with, and pages keep room
 * for updates that follow soon.
 *
 * Of an update whose new row is in the page of the old one Postgres logs what lies between the
 * bytes that both begin with and those that both end with: so the input is not logged once more.
 * In `rappel.due`, where no indexed column changes, such an update leaves the indexes alone.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/** By the alignment of their types, the widest first. */
const LATE = [
  ["started_at", "timestamptz"],
  ["finished_at", "timestamptz"],
  ["closed_by", "uuid"],
  ["attempts", "integer"],
  ["ok", "boolean"],
  ["outcome", "text"]
] as const

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`alter table rappel.due set (fillfactor = 50)`
  yield* sql`alter table rappel.instance set (fillfactor = 50)`

  // What depends on them is made anew below.
  yield* sql`drop index rappel.instance_finished_idx, rappel.instance_deadline_idx, rappel.instance_run_idx`
  yield* sql`
    alter table rappel.instance
      drop constraint instance_finished,
      drop constraint instance_verdict`
  for (const [name, type] of LATE) {
    yield* sql.unsafe(`alter table rappel.instance rename column ${name} to old_${name}`)
    yield* sql.unsafe(`alter table rappel.instance add column ${name} ${type}`)
  }
  const names = LATE.map(([name]) => name)
  yield* sql.unsafe(`
    update rappel.instance
    set ${names.map((name) => `${name} = old_${name}`).join(", ")}
    where old_started_at is not null or old_finished_at is not null or old_closed_by is not null`)
  yield* sql.unsafe(`
    alter table rappel.instance
      ${names.map((name) => `drop column old_${name}`).join(", ")}`)

  yield* sql`
    alter table rappel.instance
      add constraint instance_finished check (
        (ok is null) = (finished_at is null) and (ok is null) = (outcome is null)
      ),
      add constraint instance_verdict check (
        verdict is null or (verdict in ('cancelled', 'terminated') and not ok)
      )`
  yield* sql`
    create index instance_finished_idx on rappel.instance (name, ok, finished_at)
    where finished_at is not null`
  yield* sql`
    create index instance_deadline_idx on rappel.instance (deadline_at)
    where deadline_at is not null and finished_at is null`
  yield* sql`
    create index instance_run_idx on rappel.instance (schedule)
    where schedule is not null and finished_at is null`
  yield* sql`
    comment on column rappel.instance.closed_by is
      'The commit that closed the instance, so that the commit can be answered when it is sent again.'`
})
