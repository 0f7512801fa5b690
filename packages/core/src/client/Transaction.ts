/**
 * A transaction of the caller's own, in which an instance can be started or an action ends.
 *
 * Core knows no database: `@rappel/sql/transaction/…` makes one of what the usual libraries
 * hand to the body of a transaction.
 *
 * @since 0.1.0
 */
import type { ProgramFile } from "../program/Program.ts"
import type { Started, StartRequest } from "../queue/Queue.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface Transaction {
  /**
   * Stores the program, if it is not there yet, and the instance. Both become visible, and the
   * instance due, when the transaction commits; of one that is rolled back nothing stays.
   * `sameInput` is false when the key is held by an instance with other input.
   */
  readonly start: (
    request: StartRequest,
    program: ProgramFile | undefined,
    /** Wakes the dispatchers at the commit, which makes that slower; else their next poll finds it. */
    notify: boolean
  ) => Promise<Started & { readonly sameInput: boolean }>
  /**
   * Puts the outcome of a transactional call into its slot; it counts when the transaction
   * commits. False when the attempt is over already, so that the transaction must not commit.
   */
  readonly settle: (slot: string, payload: string) => Promise<boolean>
}
