/**
 * How an instance is started: what a caller may say, and what the queue is told.
 *
 * @since 0.1.0
 */
import { type DurationInput, toMillis } from "../duration/Duration.ts"
import { isDate, type Moment, momentOf } from "../duration/Moment.ts"
import type { StartRequest } from "../queue/Queue.ts"
import { InvalidStartOption } from "./ClientError.ts"

/**
 * How an instance is started.
 *
 * @since 0.1.0
 * @category models
 */
export interface StartOptions {
  /** The instance's id, a UUID; made up when absent. A start with an id that exists is that instance. */
  readonly id?: string
  /** Unique per workflow: a second start with the same key and input gives the first's instance. */
  readonly key?: string
  /** Not before this long from now. */
  readonly delay?: DurationInput
  /** Not before this point in time; one in the past is at once. */
  readonly at?: Moment
  /**
   * A whole number from -9 to 9, 0 when absent: of the instances that are due, a higher one goes
   * first; a point is worth one second of waiting, so nothing starves.
   */
  readonly priority?: number
  /** The instance is cancelled when it has not finished this long after its start, or by then. */
  readonly deadline?: DurationInput | Date
  /**
   * Starts with the same key (per workflow) are one instance, as long as that has not begun:
   * each puts its time off to `wait` from now, and the last one's arguments count.
   */
  readonly debounce?: {
    readonly key: string
    readonly wait: DurationInput
    /** It begins this long after the first start at the latest, however many follow. */
    readonly maxWait?: DurationInput
  }
  /**
   * Only with `startIn`: the commit wakes a dispatcher, so that the instance does not wait for
   * the next poll. Off when absent: commits that notify wait for each other.
   */
  readonly notify?: boolean
  /** Words to find the instance by: `tag:<word>` in a search. */
  readonly tags?: ReadonlyArray<string>
  /** What people should see beside the instance; plain JSON. */
  readonly memo?: Readonly<Record<string, unknown>>
  /**
   * Of a child, which a workflow starts: whether it is cancelled when that workflow is. True
   * when absent; means nothing elsewhere.
   */
  readonly cancelWithParent?: boolean
}

/** What options become: everything of a request but what is started. */
export type StartTerms = Pick<
  StartRequest,
  | "key"
  | "delayMillis"
  | "dueAt"
  | "priority"
  | "deadlineMillis"
  | "deadlineAt"
  | "debounce"
  | "tags"
  | "memo"
>

/** Postgres keeps no longer text in an index. */
const KEY_BYTES = 1024
const TAG_COUNT = 20
const TAG_CHARS = 100
const MEMO_CHARS = 8192

const isText = (value: unknown, most: number): boolean =>
  typeof value === "string" && value !== "" && value.length <= most

const fail = (option: string, reason: string): never => {
  throw new InvalidStartOption({ option, reason })
}

const duration = (option: string, value: DurationInput): number => {
  try {
    return Math.max(toMillis(value), 0)
  } catch (error) {
    return fail(option, (error as Error).message)
  }
}

const moment = (option: string, value: Moment): number =>
  momentOf(value) ??
    fail(option, `${JSON.stringify(value)} is no point in time; give a Date or ISO text`)

const keyOf = (option: string, key: string): string =>
  isText(key, KEY_BYTES) ? key : fail(option, `a key is a text of 1 to ${KEY_BYTES} characters`)

const memoOf = (memo: Readonly<Record<string, unknown>>): string => {
  const text = JSON.stringify(memo)
  if (typeof text !== "string" || !text.startsWith("{")) return fail("memo", "it is no object")
  return text.length <= MEMO_CHARS
    ? text
    : fail("memo", `it has ${text.length} characters as JSON, and at most ${MEMO_CHARS} are kept`)
}

const debounceOf = (options: StartOptions): StartTerms["debounce"] => {
  const { debounce } = options
  if (debounce === undefined) return undefined
  for (const other of ["key", "delay", "at"] as const) {
    if (options[other] !== undefined) {
      fail(
        "debounce",
        `it says by itself when the instance begins and what it is one with; leave out \`${other}\``
      )
    }
  }
  return {
    key: keyOf("debounce.key", debounce.key),
    waitMillis: duration("debounce.wait", debounce.wait),
    ...(debounce.maxWait === undefined
      ? {}
      : { maxWaitMillis: duration("debounce.maxWait", debounce.maxWait) })
  }
}

/**
 * The options as the queue takes them.
 *
 * **Errors** Throws `InvalidStartOption` for a value that an option cannot have.
 */
export const termsOf = (options: StartOptions): StartTerms => {
  const { at, deadline, delay, key, memo, priority, tags } = options
  if (at !== undefined && delay !== undefined) fail("at", "give `delay` or `at`, not both")
  if (priority !== undefined && !(Number.isInteger(priority) && Math.abs(priority) <= 9)) {
    fail("priority", `${priority} is no whole number from -9 to 9`)
  }
  if (
    tags !== undefined &&
    !(Array.isArray(tags) && tags.length <= TAG_COUNT &&
      tags.every((tag) => isText(tag, TAG_CHARS)))
  ) fail("tags", `at most ${TAG_COUNT} texts of 1 to ${TAG_CHARS} characters are kept`)
  const debounce = debounceOf(options)
  return {
    ...(key === undefined ? {} : { key: keyOf("key", key) }),
    ...(delay === undefined ? {} : { delayMillis: duration("delay", delay) }),
    ...(at === undefined ? {} : { dueAt: moment("at", at) }),
    ...(priority === undefined || priority === 0 ? {} : { priority }),
    ...(deadline === undefined
      ? {}
      : isDate(deadline)
      ? { deadlineAt: moment("deadline", deadline) }
      : { deadlineMillis: duration("deadline", deadline) }),
    ...(debounce === undefined ? {} : { debounce }),
    ...(tags === undefined || tags.length === 0 ? {} : { tags: Array.from(new Set(tags)) }),
    ...(memo === undefined ? {} : { memo: memoOf(memo) })
  }
}
