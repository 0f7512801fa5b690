/**
 * A transaction of several statements: for what is rare (migrations, the end of a dispatcher).
 *
 * The driver reports a COMMIT that fails as a defect; here it is an error as any other.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"

export const inTransaction = <A, E>(
  sql: SqlClient.SqlClient,
  effect: Effect.Effect<A, E>
): Effect.Effect<A, E | SqlError> =>
  Effect.catchAllDefect(
    sql.withTransaction(effect),
    (cause) => Effect.fail(new SqlError({ cause, message: "The transaction could not end" }))
  )
