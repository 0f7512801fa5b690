/**
 * What the Promise API throws for a failure.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Exit from "effect/Exit"
import { UpdateRejected, WorkflowFailure } from "./ClientError.ts"

/**
 * What the workflow itself threw, so that `catch` and `instanceof` work as for the plain
 * function; else the failure as it is.
 */
export const thrownBy = (failure: Exit.Failure<unknown, unknown>): unknown => {
  const thrown = Cause.squash(failure.cause)
  return thrown instanceof WorkflowFailure || thrown instanceof UpdateRejected
    ? thrown.cause
    : thrown
}
