/**
 * How a caller writes a policy for retries and time, and how it becomes plain data.
 *
 * The same options serve `.with(policy)`, `runAction(call, policy)` and the options of
 * `action(…)`, in a plain run and in a workflow: everything passes `toPolicy`.
 *
 * @since 0.1.0
 */
import { isDuration } from "effect/Duration"
import { type DurationInput, toMillis } from "../duration/Duration.ts"
import type { Policy } from "../machine/Model.ts"
import { isPredicate, judgesOf, matchersOf } from "./judges.ts"

/**
 * An error class, or the name or `_tag` of errors (subclasses match their bases), or a function
 * of the error that answers true or false. In a workflow that function is compiled with the
 * program and runs as its code does, so it may read its variables.
 */
export type ErrorMatcher =
  | string
  | (abstract new(...args: ReadonlyArray<any>) => unknown)
  | ((error: any) => boolean)

/** How the wait grows from one execution to the next. */
export type BackoffKind = "constant" | "linear" | "exponential"

/**
 * The wait before an execution: `base` each time, `base · n`, or `base · factor^(n - 1)`,
 * where n counts the failed executions from 1. Each field has the synonyms shown; one of
 * them may be set.
 *
 * @since 0.1.0
 * @category models
 */
export interface BackoffOptions {
  /** Default: `"constant"`. */
  readonly kind?: BackoffKind
  readonly type?: BackoffKind
  /** Default: one second. */
  readonly base?: DurationInput
  readonly baseDelay?: DurationInput
  readonly delay?: DurationInput
  /** Of an exponential backoff; at least 1, default 2. */
  readonly factor?: number
  readonly multiplier?: number
}

/**
 * What happens when the action throws.
 *
 * @since 0.1.0
 * @category models
 */
export interface RetryOptions {
  /** Executions in all, the first included, that may end with an error. Default: `"unlimited"`. */
  readonly attempts?: number | "unlimited" | null
  /** Default: none, the next execution begins at once. A duration alone is constant. */
  readonly backoff?: BackoffKind | BackoffOptions | DurationInput
  /** No wait is longer than this. */
  readonly maxDelay?: DurationInput
  /** The fraction of each wait that is drawn at random; `true` is all of it. Default: 0. */
  readonly jitter?: boolean | number
  /** Only these errors lead to another execution. */
  readonly retryOn?: ErrorMatcher | ReadonlyArray<ErrorMatcher>
  /** These errors never lead to another execution. */
  readonly stopOn?: ErrorMatcher | ReadonlyArray<ErrorMatcher>
}

/**
 * A policy for calls of an action. What is left out keeps its default.
 *
 * **Example** (Five executions, one second apart, then two, then four)
 *
 * ```ts
 * import { toPolicy } from "@rappel/core/action/Policy"
 *
 * const policy = toPolicy({
 *   retry: { attempts: 5, backoff: { kind: "exponential", base: "1s" } },
 *   timeout: "30 seconds"
 * })
 *
 * policy.retry?.backoff // => { kind: "exponential", baseMillis: 1000, factor: 2 }
 * policy.timeoutMillis // => 30000
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface PolicyOptions {
  /** Default: one execution. A number is `{ attempts: number }`. */
  readonly retry?: RetryOptions | number
  /** How long one execution may take; `null` is without limit. Default: five minutes. */
  readonly timeout?: DurationInput | null
  /** Executions that may run out of time before `ActionTimeout` is thrown. Default: `"unlimited"`. */
  readonly timeoutAttempts?: number | "unlimited" | null
  /**
   * The whole call, with all its executions and the waits between and before them, may take so
   * long; then the last error is thrown, or `ActionTimeout`. Default: without limit.
   */
  readonly deadline?: DurationInput
  /**
   * An execution that calls `heartbeat()` less often than this has timed out. Default: nobody
   * asks for signs of life.
   */
  readonly heartbeat?: DurationInput
  /**
   * Crashes of a worker process which this call alone may have caused, before `ActionLost` is
   * thrown. Default: `"unlimited"`.
   */
  readonly crashLimit?: number | "unlimited" | null
  /**
   * The action ends with `settleIn(tx, value)`, which commits its outcome with the work of its
   * own transaction, in the database that rappel uses: exactly once. Default: `false`.
   */
  readonly transactional?: boolean
  /** Only hosts that serve this queue run the call. Default: `"default"`. */
  readonly queue?: string
  /** From -9 to 9: where calls wait, one of a higher priority goes first. Default: 0. */
  readonly priority?: number
  /** How many calls of a kind run at once, or start within a time, over all hosts. */
  readonly limit?: LimitOptions
}

/**
 * Limits that calls share, wherever they run. A plain run knows none.
 *
 * @since 0.1.0
 * @category models
 */
export interface LimitOptions {
  /** Calls with the same key share the limits: a customer's id, for example. Default: all do. */
  readonly key?: string | number
  /** Actions with the same name share the limits. Default: each action has its own. */
  readonly name?: string
  /** How many run at once. */
  readonly concurrency?: number
  /** How many start within any stretch of time as long as `period`. */
  readonly rate?: { readonly limit: number; readonly period: DurationInput }
}

type Options = Readonly<Record<string, unknown>>

const POLICY_KEYS = [
  "retry",
  "timeout",
  "timeoutAttempts",
  "deadline",
  "heartbeat",
  "crashLimit",
  "transactional",
  "queue",
  "priority",
  "limit"
]
const LIMIT_KEYS = ["key", "name", "concurrency", "rate"]
const RATE_KEYS = ["limit", "period"]
const RETRY_KEYS = ["attempts", "backoff", "maxDelay", "jitter", "retryOn", "stopOn"]
const BACKOFF_KEYS = ["kind", "type", "base", "baseDelay", "delay", "factor", "multiplier"]
const BACKOFF_KINDS: ReadonlyArray<unknown> = ["constant", "linear", "exponential"]

const DEFAULT_BASE_MILLIS = 1000
const DEFAULT_FACTOR = 2

/**
 * The policy as plain data: durations in milliseconds, error classes by name.
 *
 * **Errors** A `TypeError` that names the option and what it takes, also for a key that
 * no policy has: a misspelt `retries` must not silently mean one execution.
 *
 * @since 0.1.0
 * @category encoding
 */
export const toPolicy = (options: PolicyOptions): Policy => {
  const given = record(options, "A policy", POLICY_KEYS)
  const policy: { -readonly [K in keyof Policy]: Policy[K] } = {}
  if (given["retry"] !== undefined) policy.retry = retryOf(given["retry"])
  if (given["timeout"] !== undefined) {
    policy.timeoutMillis = given["timeout"] === null || given["timeout"] === Infinity
      ? null
      : duration(given["timeout"], "timeout")
  }
  if (given["timeoutAttempts"] !== undefined) {
    policy.timeoutAttempts = countOf(given["timeoutAttempts"], "timeoutAttempts")
  }
  if (given["deadline"] !== undefined) policy.deadlineMillis = spanOf(given["deadline"], "deadline")
  if (given["heartbeat"] !== undefined) {
    policy.heartbeatMillis = spanOf(given["heartbeat"], "heartbeat")
  }
  if (given["crashLimit"] !== undefined) {
    policy.crashLimit = countOf(given["crashLimit"], "crashLimit")
  }
  if (given["transactional"] !== undefined) {
    policy.transactional = booleanOf(given["transactional"], "transactional")
  }
  if (given["queue"] !== undefined) policy.queue = nameOf(given["queue"], "queue")
  if (given["priority"] !== undefined) policy.priority = priorityOf(given["priority"])
  if (given["limit"] !== undefined) policy.limit = limitOf(given["limit"])
  return policy
}

type Limit = NonNullable<Policy["limit"]>

const limitOf = (value: unknown): Limit => {
  const given = record(value, "`limit`", LIMIT_KEYS)
  const { concurrency, key, name, rate } = given
  if (concurrency === undefined && rate === undefined) {
    throw refusal("limit", value, "a concurrency, a rate, or both")
  }
  return {
    ...(name === undefined ? {} : { name: nameOf(name, "limit.name") }),
    ...(key === undefined ? {} : { key: keyOf(key) }),
    ...(concurrency === undefined
      ? {}
      : { concurrency: wholeFrom1(concurrency, "limit.concurrency") }),
    ...(rate === undefined ? {} : { rate: rateOf(rate) })
  }
}

const rateOf = (value: unknown): NonNullable<Limit["rate"]> => {
  const given = record(value, "`limit.rate`", RATE_KEYS)
  const periodMillis = duration(given["period"], "limit.rate.period")
  if (periodMillis === 0 || periodMillis === Infinity) {
    throw refusal("limit.rate.period", given["period"], "a duration that is not 0 and has an end")
  }
  return { count: wholeFrom1(given["limit"], "limit.rate.limit"), periodMillis }
}

/** Limits count rows in the database; beyond a million they limit nothing. */
const MOST = 1_000_000

const wholeFrom1 = (value: unknown, name: string): number => {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MOST) {
    return value
  }
  throw refusal(name, value, `a whole number from 1 to ${MOST}`)
}

/** Names and keys stand in indexes. */
const MAX_NAME = 200

const nameOf = (value: unknown, name: string): string => {
  if (
    typeof value === "string" && value !== "" && value.length <= MAX_NAME && !CONTROL.test(value)
  ) {
    return value
  }
  throw refusal(name, value, `a text of 1 to ${MAX_NAME} characters, none of them a control`)
}

const keyOf = (value: unknown): string => {
  if (typeof value === "number" && Number.isFinite(value)) return String(value)
  if (typeof value === "string" && value.length <= MAX_NAME) return value
  throw refusal("limit.key", value, `a number, or a text of at most ${MAX_NAME} characters`)
}

// oxlint-disable-next-line no-control-regex -- that is what it looks for
const CONTROL = /[\0-\x1f\x7f]/

const priorityOf = (value: unknown): number => {
  if (typeof value === "number" && Number.isInteger(value) && Math.abs(value) <= 9) return value
  throw refusal("priority", value, "a whole number from -9 to 9")
}

const retryOf = (value: unknown): NonNullable<Policy["retry"]> => {
  if (typeof value === "number") return { attempts: countOf(value, "retry") }
  const given = record(value, "`retry`", RETRY_KEYS)
  const retry: {
    -readonly [K in keyof NonNullable<Policy["retry"]>]: NonNullable<Policy["retry"]>[K]
  } = {
    attempts: countOf(given["attempts"], "retry.attempts")
  }
  if (given["backoff"] !== undefined) retry.backoff = backoffOf(given["backoff"])
  if (given["maxDelay"] !== undefined) {
    retry.maxDelayMillis = duration(given["maxDelay"], "retry.maxDelay")
  }
  if (given["jitter"] !== undefined) retry.jitter = jitterOf(given["jitter"])
  if (given["retryOn"] !== undefined) retry.retryOn = namesOf(given["retryOn"], "retry.retryOn")
  if (given["stopOn"] !== undefined) retry.stopOn = namesOf(given["stopOn"], "retry.stopOn")
  if (judgesOf({ retry: given as RetryOptions }) !== undefined) retry.judged = true
  return retry
}

type Backoff = NonNullable<NonNullable<Policy["retry"]>["backoff"]>

const backoffOf = (value: unknown): Backoff => {
  if (isKind(value)) {
    return { kind: value, baseMillis: DEFAULT_BASE_MILLIS, factor: factorOf(undefined, value) }
  }
  if (
    typeof value !== "object" || value === null || Array.isArray(value) || isDuration(value)
  ) {
    return { kind: "constant", baseMillis: duration(value, "retry.backoff"), factor: 1 }
  }
  const given = record(value, "`retry.backoff`", BACKOFF_KEYS)
  const kind = one(given, ["kind", "type"]) ?? "constant"
  if (!isKind(kind)) throw refusal("retry.backoff.kind", kind, list(BACKOFF_KINDS))
  const base = one(given, ["base", "baseDelay", "delay"])
  return {
    kind,
    baseMillis: base === undefined ? DEFAULT_BASE_MILLIS : duration(base, "retry.backoff.base"),
    factor: factorOf(one(given, ["factor", "multiplier"]), kind)
  }
}

const isKind = (value: unknown): value is BackoffKind => BACKOFF_KINDS.includes(value)

const factorOf = (value: unknown, kind: BackoffKind): number => {
  if (value === undefined) return kind === "exponential" ? DEFAULT_FACTOR : 1
  if (typeof value !== "number" || !(value >= 1) || value === Infinity) {
    throw refusal("retry.backoff.factor", value, "a number from 1")
  }
  return value
}

const jitterOf = (value: unknown): number => {
  if (typeof value === "boolean") return value ? 1 : 0
  if (typeof value === "number" && value >= 0 && value <= 1) return value
  throw refusal("retry.jitter", value, "true, false or a number from 0 to 1")
}

const booleanOf = (value: unknown, name: string): boolean => {
  if (typeof value === "boolean") return value
  throw refusal(name, value, "true or false")
}

/** `null` is without limit. */
const countOf = (value: unknown, name: string): number | null => {
  if (value === undefined || value === null || value === "unlimited" || value === Infinity) {
    return null
  }
  if (typeof value === "number" && Number.isInteger(value) && value >= 1) return value
  throw refusal(name, value, `a whole number from 1, or "unlimited"`)
}

const duration = (value: unknown, name: string): number => {
  let millis: number
  try {
    millis = toMillis(value)
  } catch (cause) {
    throw new TypeError(`\`${name}\`: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause
    })
  }
  if (millis < 0) throw refusal(name, value, "a duration that is not negative")
  return millis
}

/** A time that is not 0 and has an end. */
const spanOf = (value: unknown, name: string): number => {
  const millis = duration(value, name)
  if (millis >= 1 && millis !== Infinity) return millis
  throw refusal(name, value, "a duration of a millisecond or more, with an end")
}

const namesOf = (value: unknown, name: string): ReadonlyArray<string> =>
  matchersOf(value).flatMap((matcher) => {
    if (typeof matcher === "string" && matcher !== "") return [matcher]
    if (isPredicate(matcher)) return []
    if (typeof matcher === "function" && matcher.name !== "") return [matcher.name]
    throw refusal(
      name,
      matcher,
      "error classes with a name, names or tags of errors, or functions of the error"
    )
  })

const record = (value: unknown, what: string, keys: ReadonlyArray<string>): Options => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`${what} is an object with ${list(keys)}, not ${show(value)}`)
  }
  const unknown = Object.keys(value).find((key) => !keys.includes(key))
  if (unknown !== undefined) {
    throw new TypeError(`${what} has no option "${unknown}": it takes ${list(keys)}`)
  }
  return value as Options
}

const one = (given: Options, names: ReadonlyArray<string>): unknown => {
  const set = names.filter((name) => given[name] !== undefined)
  if (set.length > 1) {
    throw new TypeError(`\`retry.backoff\` has ${list(set)}, which mean the same: set one of them`)
  }
  return given[set[0]!]
}

const list = (names: ReadonlyArray<unknown>): string => names.map((name) => `"${name}"`).join(", ")

const refusal = (name: string, value: unknown, accepted: string): TypeError =>
  new TypeError(`\`${name}\` is ${show(value)}: it takes ${accepted}`)

const show = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value)
  if (Array.isArray(value)) return "an array"
  if (typeof value === "object" && value !== null) return "an object"
  if (typeof value === "function") return `the function ${value.name || "without a name"}`
  return String(value)
}
