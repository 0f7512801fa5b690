/**
 * For Kysely: `db.transaction().execute((trx) => greeting.startIn(inKysely(trx), "u1"))`.
 *
 * @since 0.1.0
 */
import type { Transaction } from "@rappel/core/client/Transaction"
import { CompiledQuery } from "kysely"
import type { Row } from "../statement/Statements.ts"
import { notATransaction, transactionOf } from "./transactionOf.ts"

/** The `trx` of `db.transaction().execute`, or what `startTransaction` gives. */
export interface KyselyTransactionLike {
  readonly isTransaction: boolean
  readonly executeQuery: (
    query: CompiledQuery<Row>
  ) => Promise<{ readonly rows: ReadonlyArray<Row> }>
}

/**
 * **Errors** A `TypeError` for a database outside of a transaction.
 *
 * @since 0.1.0
 * @category constructors
 */
export const inKysely = (trx: KyselyTransactionLike): Transaction =>
  trx.isTransaction
    ? transactionOf(async (text, values) =>
      (await trx.executeQuery(CompiledQuery.raw(text, Array.from(values)) as CompiledQuery<Row>))
        .rows
    )
    : notATransaction("This database", "the `trx` of `db.transaction().execute`")
