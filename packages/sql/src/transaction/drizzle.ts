/**
 * For Drizzle, on `pg` or postgres.js:
 * `db.transaction((tx) => greeting.startIn(inDrizzle(tx), "u1"))`.
 *
 * @since 0.1.0
 */
import type { Transaction } from "@rappel/core/client/Transaction"
import { type SQL, sql } from "drizzle-orm"
import type { Row } from "../statement/Statements.ts"
import { notATransaction, transactionOf } from "./transactionOf.ts"

/** The `tx` of `db.transaction`. */
export interface DrizzleTransactionLike {
  readonly execute: (query: SQL) => PromiseLike<unknown>
  readonly rollback: unknown
}

/** `select $1` as Drizzle has it: texts, and values between them. */
const queryOf = (text: string, values: ReadonlyArray<unknown>): SQL =>
  sql.join(
    text.split(/\$(\d+)/).map((part, i) =>
      i % 2 === 0 ? sql.raw(part) : sql`${values[Number(part) - 1]}`
    )
  )

/** `pg` answers with an object that holds the rows, postgres.js with the rows. */
const rowsOf = (
  answer: unknown
): ReadonlyArray<
  Row
> => (Array.isArray(answer) ? answer : (answer as { readonly rows: ReadonlyArray<Row> }).rows)

/**
 * **Errors** A `TypeError` for a `db` outside of a transaction.
 *
 * @since 0.1.0
 * @category constructors
 */
export const inDrizzle = (tx: DrizzleTransactionLike): Transaction =>
  "rollback" in tx
    ? transactionOf(async (text, values) => rowsOf(await tx.execute(queryOf(text, values))))
    : notATransaction("This database", "the `tx` that `db.transaction` hands to its function")
