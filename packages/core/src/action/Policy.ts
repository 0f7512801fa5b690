/**
 * How an action is repeated and bounded in time: what the user writes, and the plain data
 * that is stored with each call.
 *
 * Workflows evaluate policies when a call starts, so any expression may stand in them; this
 * function is the one place that reads them, in the machine as in a plain run.
 *
 * @since 0.1.0
 */
import { type DurationInput, toMillis } from "../duration/Duration.ts"
import type { Policy } from "../machine/Model.ts"

/** An error class (its subclasses count), or the name or `_tag` of an error. */
export type ErrorMatch = string | (abstract new(...args: never) => unknown)

/**
 * The waits between executions. `n` is the number of the execution that failed, from 1.
 *
 * - a duration: always that long
 * - `constant`: `base`; `linear`: `base · n`; `exponential`: `base · factor^(n-1)`
 */
export type BackoffOptions =
  | DurationInput
  | {
    readonly kind: "constant" | "linear" | "exponential"
    readonly base: DurationInput
    /** Of `exponential`; 2 when absent. */
    readonly factor?: number
  }

export interface RetryOptions {
  /** Executions that may end with an error, the first included. */
  readonly attempts: number | "unlimited"
  /** Without it the next execution follows at once. */
  readonly backoff?: BackoffOptions
  readonly maxDelay?: DurationInput
  /** `true`: each wait is drawn between 0 and its length; a fraction: only that part of it is drawn. */
  readonly jitter?: boolean | number
  /** Only these errors are repeated. */
  readonly retryOn?: ErrorMatch | ReadonlyArray<ErrorMatch>
  /** These errors are never repeated. */
  readonly stopOn?: ErrorMatch | ReadonlyArray<ErrorMatch>
}

/**
 * A call's policy. Without one, an action that throws runs once, and an execution that takes
 * more than 5 minutes is interrupted and repeated without end.
 */
export interface PolicyOptions {
  readonly retry?: RetryOptions
  /** What one execution may take; `"unlimited"` for no bound. */
  readonly timeout?: DurationInput | "unlimited"
  /** Executions that may run out of time before `ActionTimeout` is thrown; unlimited when absent. */
  readonly timeoutAttempts?: number | "unlimited"
}

const POLICY_KEYS = ["retry", "timeout", "timeoutAttempts"]
const RETRY_KEYS = ["attempts", "backoff", "maxDelay", "jitter", "retryOn", "stopOn"]
const BACKOFF_KEYS = ["kind", "base", "factor"]

const show = (value: unknown): string =>
  typeof value === "string" ? JSON.stringify(value) : String(value)

const objectWith = (what: string, value: unknown, keys: ReadonlyArray<string>) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`${what} must be an object with ${keys.join(", ")}, not ${show(value)}`)
  }
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) {
      throw new TypeError(`${what} has no field ${key}; there are ${keys.join(", ")}`)
    }
  }
  return value as Record<string, unknown>
}

const count = (what: string, value: unknown): number | null => {
  if (value === "unlimited") return null
  if (typeof value === "number" && Number.isInteger(value) && value >= 1) return value
  throw new TypeError(`${what} must be a whole number from 1 on or "unlimited", not ${show(value)}`)
}

const millis = (value: unknown): number => Math.max(toMillis(value), 0)

const backoffOf = (value: unknown): NonNullable<Policy["retry"]>["backoff"] => {
  const isShape = typeof value === "object" && value !== null && "kind" in value
  if (!isShape) return { kind: "constant", baseMillis: millis(value), factor: 1 }
  const { base, factor = 2, kind } = objectWith("retry.backoff", value, BACKOFF_KEYS)
  if (kind !== "constant" && kind !== "linear" && kind !== "exponential") {
    throw new TypeError(
      `retry.backoff.kind must be "constant", "linear" or "exponential", not ${show(kind)}`
    )
  }
  if (typeof factor !== "number" || !(factor >= 1) || factor === Infinity) {
    throw new TypeError(`retry.backoff.factor must be a number from 1 on, not ${show(factor)}`)
  }
  return { kind, baseMillis: millis(base), factor: kind === "exponential" ? factor : 1 }
}

const jitterOf = (value: unknown): number => {
  if (value === true) return 1
  if (value === false) return 0
  if (typeof value === "number" && value >= 0 && value <= 1) return value
  throw new TypeError(
    `retry.jitter must be true, false or a number from 0 to 1, not ${show(value)}`
  )
}

const namesOf = (what: string, value: unknown): ReadonlyArray<string> =>
  (Array.isArray(value) ? value : [value]).map((match: unknown) => {
    const name = typeof match === "function" ? match.name : match
    if (typeof name === "string" && name !== "") return name
    throw new TypeError(`${what} must hold error classes or names, not ${show(match)}`)
  })

const retryOf = (value: unknown): NonNullable<Policy["retry"]> => {
  const { attempts, backoff, jitter, maxDelay, retryOn, stopOn } = objectWith(
    "retry",
    value,
    RETRY_KEYS
  )
  return {
    attempts: count("retry.attempts", attempts),
    ...(backoff === undefined ? {} : { backoff: backoffOf(backoff)! }),
    ...(maxDelay === undefined ? {} : { maxDelayMillis: millis(maxDelay) }),
    ...(jitter === undefined ? {} : { jitter: jitterOf(jitter) }),
    ...(retryOn === undefined ? {} : { retryOn: namesOf("retry.retryOn", retryOn) }),
    ...(stopOn === undefined ? {} : { stopOn: namesOf("retry.stopOn", stopOn) })
  }
}

/**
 * A policy as plain data: durations in milliseconds, error classes by name.
 *
 * **Errors** Throws a `TypeError` that names the field and shows the value.
 *
 * **Example** (Five executions, an hour apart at the most)
 *
 * ```ts
 * import { toPolicy } from "@rappel/core/action/Policy"
 *
 * toPolicy({
 *   retry: { attempts: 5, backoff: { kind: "exponential", base: "1s" }, maxDelay: "1 hour" },
 *   timeout: "30 seconds"
 * }) // => { retry: { attempts: 5, backoff: { kind: "exponential", baseMillis: 1000, factor: 2 }, maxDelayMillis: 3600000 }, timeoutMillis: 30000 }
 * ```
 *
 * @since 0.1.0
 * @category scheduling
 */
export const toPolicy = (value: unknown): Policy => {
  if (value === undefined) return {}
  const { retry, timeout, timeoutAttempts } = objectWith("A policy", value, POLICY_KEYS)
  return {
    ...(retry === undefined ? {} : { retry: retryOf(retry) }),
    ...(timeout === undefined
      ? {}
      : { timeoutMillis: timeout === "unlimited" ? null : millis(timeout) }),
    ...(timeoutAttempts === undefined
      ? {}
      : { timeoutAttempts: count("timeoutAttempts", timeoutAttempts) })
  }
}
