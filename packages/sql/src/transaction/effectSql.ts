/**
 * For `@effect/sql`: within `sql.withTransaction`, and as an action whose transaction holds its
 * outcome.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { settleIn } from "@rappel/core/action/settleIn"
import type { Transaction } from "@rappel/core/client/Transaction"
import { ExecutingCall } from "@rappel/core/worker/CurrentCall"
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

/**
 * A transaction of the `SqlClient` in context, which ends a transactional action: what the effect
 * wrote and the outcome of the call are committed together, or not at all.
 *
 * **Errors** Those of the effect and of the transaction. When the attempt is over already it dies
 * with `AttemptOver`, which nobody awaits any more.
 *
 * **Example** (A booking that is made exactly once)
 *
 * ```ts no-run
 * import { SqlClient } from "@effect/sql"
 * import { action } from "@rappel/core"
 * import { transactional } from "@rappel/sql/transaction/effectSql"
 * import { Effect } from "effect"
 *
 * export const book = action({ transactional: true }, (seat: string) =>
 *   transactional(Effect.gen(function*() {
 *     const sql = yield* SqlClient.SqlClient
 *     yield* sql`insert into booking (seat) values (${seat})`
 *     return seat
 *   }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const transactional = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | SqlError, R | SqlClient.SqlClient> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const call = yield* ExecutingCall
    return yield* sql.withTransaction(Effect.gen(function*() {
      const value = yield* effect
      const tx = yield* inEffectSql
      return yield* Effect.promise(() => settleIn(tx, value, call))
    }))
  })
