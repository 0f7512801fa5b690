/**
 * For postgres.js: `sql.begin((tx) => greeting.startIn(inPostgres(tx), "u1"))`.
 *
 * @since 0.1.0
 */
import type { Transaction } from "@rappel/core/client/Transaction"
import type { Row } from "../statement/Statements.ts"
import { notATransaction, transactionOf } from "./transactionOf.ts"

/** The `sql` of `sql.begin` or `sql.savepoint`. */
export interface PostgresTransactionLike {
  readonly unsafe: (text: string, values: Array<any>) => PromiseLike<ReadonlyArray<Row>>
  readonly savepoint: unknown
}

/**
 * **Errors** A `TypeError` for a `sql` outside of a transaction.
 *
 * @since 0.1.0
 * @category constructors
 */
export const inPostgres = (sql: PostgresTransactionLike): Transaction =>
  "savepoint" in sql
    ? transactionOf(async (text, values) => await sql.unsafe(text, Array.from(values)))
    : notATransaction("This `sql`", "the one that `sql.begin` hands to its function")
