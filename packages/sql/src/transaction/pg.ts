/**
 * For `pg`: `greeting.startIn(inPg(client), "u1")` between `begin` and `commit`.
 *
 * @since 0.1.0
 */
import type { Transaction } from "@rappel/core/client/Transaction"
import type { Row } from "../statement/Statements.ts"
import { notATransaction, transactionOf } from "./transactionOf.ts"

/** A `pg.Client`, or what `pool.connect()` gives. */
export interface PgClientLike {
  readonly query: (
    text: string,
    values: Array<unknown>
  ) => Promise<{ readonly rows: ReadonlyArray<Row> }>
}

/**
 * The transaction that a client of `pg` has begun.
 *
 * **Errors** A `TypeError` for a pool, whose statements go to any connection.
 *
 * @since 0.1.0
 * @category constructors
 */
export const inPg = (client: PgClientLike): Transaction =>
  "totalCount" in client
    ? notATransaction("A pool", "the client of `pool.connect()` that has begun it")
    : transactionOf(async (text, values) => (await client.query(text, Array.from(values))).rows)
