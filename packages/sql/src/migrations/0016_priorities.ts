/**
 * Due instances by priority: a claim reads each priority's own stretch of the index, in the
 * order of their times.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`drop index rappel.due_owner_idx`
  yield* sql`create index due_owner_idx on rappel.due (owner, priority, due_at)`
})
