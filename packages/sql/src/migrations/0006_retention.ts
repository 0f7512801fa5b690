/**
 * Serves the removal of finished instances, and keeps their tables clean.
 *
 * What was deleted is found free by the next inserts once vacuum has been there; with the
 * defaults it comes when a fifth of a table is dead, which is late for large ones.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  // Serves the removal: the oldest of one workflow and status. Only finished rows are in it.
  yield* sql`
    create index instance_finished_idx on rappel.instance (name, ok, finished_at)
    where finished_at is not null`
  for (const table of ["instance", "event", "snapshot", "log"]) {
    yield* sql.unsafe(`
      alter table rappel.${table} set (
        autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000
      )`)
  }
})
