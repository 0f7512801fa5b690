/**
 * For Prisma: `prisma.$transaction((tx) => greeting.startIn(inPrisma(tx), "u1"))`.
 *
 * @since 0.1.0
 */
import type { Transaction } from "@rappel/core/client/Transaction"
import type { Row } from "../statement/Statements.ts"
import { notATransaction, transactionOf } from "./transactionOf.ts"

/** The `tx` of an interactive transaction. */
export interface PrismaTransactionLike {
  readonly $queryRawUnsafe: (text: string, ...values: Array<any>) => PromiseLike<unknown>
}

/**
 * **Errors** A `TypeError` for a client outside of a transaction.
 *
 * @since 0.1.0
 * @category constructors
 */
export const inPrisma = (tx: PrismaTransactionLike): Transaction =>
  // A transaction can hold others, so it has a `$transaction` as well.
  (tx as { readonly $connect?: unknown }).$connect === undefined
    ? transactionOf(async (text, values) =>
      await tx.$queryRawUnsafe(text, ...values) as ReadonlyArray<Row>
    )
    : notATransaction("This client", "the `tx` that `prisma.$transaction` hands to its function")
