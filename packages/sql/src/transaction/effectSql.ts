/**
 * For `@effect/sql`: within `sql.withTransaction`.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { Transaction } from "@rappel/core/client/Transaction"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import { driverError } from "../statement/failure.ts"
import type { Row } from "../statement/Statements.ts"
import { notATransaction, transactionOf } from "./transactionOf.ts"

/**
 * The transaction that surrounds this effect; dies outside of one.
 *
 * @since 0.1.0
 * @category constructors
 */
export const inEffectSql: Effect.Effect<Transaction, never, SqlClient.SqlClient> = Effect.gen(
  function*() {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const surrounding = yield* Effect.serviceOption(SqlClient.TransactionConnection)
    if (surrounding._tag === "None") {
      return notATransaction("This effect", "one that runs within `sql.withTransaction`")
    }
    // The connection of the transaction is in the context of this effect.
    const run = Runtime.runPromise(yield* Effect.runtime<never>())
    return transactionOf((text, values) =>
      run(Effect.mapError(sql.unsafe<Row>(text, values), driverError))
    )
  }
)
