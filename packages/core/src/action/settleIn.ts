/**
 * The end of an action whose outcome is committed with its own work (PROTOCOL R16).
 *
 * @since 0.1.0
 */
import type { Transaction } from "../client/Transaction.ts"
import { type CurrentCall, currentCall } from "../worker/CurrentCall.ts"

/**
 * This attempt of the call is over: it ran out of time, was cancelled, or was taken for lost,
 * and another may have begun. Its transaction must be rolled back, which throwing this does.
 *
 * @since 0.1.0
 * @category errors
 */
export class AttemptOver extends Error {
  override readonly name = "AttemptOver"
  constructor() {
    super(
      "This attempt of the action is over (it timed out, was cancelled or was taken for lost), so " +
        "its transaction is rolled back. Nothing is to be done: the call goes on without it"
    )
  }
}

/**
 * Ends a transactional action: its value becomes the outcome of the call when the transaction
 * commits, together with all that the transaction wrote, or not at all. It is the last thing
 * in the transaction, and gives its value back.
 *
 * In a plain run, and over a queue in memory, there is no outcome to be stored, and the value is
 * all there is.
 *
 * **Errors** `AttemptOver`, which must end the transaction: let it pass. A `TypeError` outside of
 * an action, in one without `transactional: true`, and when it is called twice.
 *
 * **Example** (A payment that is booked exactly once)
 *
 * ```ts no-run
 * import { action, settleIn } from "@rappel/core"
 * import { inDrizzle } from "@rappel/sql/transaction/drizzle"
 *
 * const book = action({ transactional: true }, (order: Order) =>
 *   db.transaction(async (tx) => {
 *     const [payment] = await tx.insert(payments).values(order).returning()
 *     return await settleIn(inDrizzle(tx), payment)
 *   })
 * )
 * ```
 *
 * @since 0.1.0
 * @category running
 */
export const settleIn = async <A>(
  tx: Transaction,
  value: A,
  call: CurrentCall | undefined = currentCall()
): Promise<A> => {
  if (call === undefined) {
    throw new TypeError(
      "settleIn(tx, value) ends an action, and no action runs here: call it in the action's own " +
        "function, before its transaction commits"
    )
  }
  if (call.settle !== undefined) await call.settle(tx, value)
  return value
}
