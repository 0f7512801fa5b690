/**
 * The rules of retries and timeouts, as pure functions over recorded data.
 *
 * @since 0.1.0
 */
import { mayRetry } from "../action/judges.ts"
import type { Policy } from "../machine/Model.ts"
import type { Decision, Failure } from "./RetrySchedules.ts"

/** One execution of an action may take this long unless its policy says otherwise: 5 minutes. */
export const DEFAULT_TIMEOUT_MILLIS = 300_000

/**
 * The wait before the execution that follows failure number `attempts`.
 *
 * **Shapes** constant: `base`; linear: `base · n`; exponential: `base · factor^(n-1)`,
 * where n is `attempts`, from 1. `maxDelay` bounds each; `jitter` j draws the last
 * fraction j of the wait at random.
 *
 * **Units** Whole milliseconds, rounded down.
 */
export const delayMillis = (
  retry: NonNullable<Policy["retry"]>,
  attempts: number,
  random: number
): number => {
  const { backoff, jitter = 0, maxDelayMillis = Infinity } = retry
  if (backoff === undefined) return 0
  const full = backoff.kind === "constant"
    ? backoff.baseMillis
    : backoff.kind === "linear"
    ? backoff.baseMillis * attempts
    : backoff.baseMillis * backoff.factor ** (attempts - 1)
  const bounded = Math.min(full, maxDelayMillis, Number.MAX_SAFE_INTEGER)
  return Math.floor(bounded * (1 - jitter * random))
}

/** Whether and when a failed call runs again. A call without a retry policy runs once. */
export const decideRetry = (policy: Policy, failure: Failure): Decision => {
  const retry = policy.retry
  if (retry === undefined) return { kind: "stop" }
  const { attempts, elapsedMillis, errorNames, isRetryable, random } = failure
  if (isSpent(policy, attempts)) return { kind: "stop" }
  if (!(isRetryable ?? mayRetry(retry, errorNames))) return { kind: "stop" }
  const delay = delayMillis(retry, attempts, random)
  // An execution that could only begin after the deadline is not waited for.
  if (elapsedMillis + delay >= (policy.deadlineMillis ?? Infinity)) return { kind: "stop" }
  return { kind: "retry", delayMillis: delay }
}

/** Whether a call that failed so often is out of executions, whatever the error is. */
export const isSpent = ({ retry }: Policy, attempts: number): boolean =>
  retry === undefined || retry.attempts !== null && attempts >= retry.attempts

/** How long one execution may take; `null` is without limit. */
export const limitMillis = (policy: Policy): number | null =>
  policy.timeoutMillis === undefined ? DEFAULT_TIMEOUT_MILLIS : policy.timeoutMillis

/** A timed-out execution looks like a lost host, so it is repeated without end unless bounded. */
export const decideTimeout = (policy: Policy, timeouts: number): "retry" | "stop" =>
  policy.timeoutAttempts === undefined || policy.timeoutAttempts === null ||
    timeouts < policy.timeoutAttempts
    ? "retry"
    : "stop"
