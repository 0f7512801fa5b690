/**
 * How a schedule is defined: what a caller may say, and what is kept.
 *
 * @since 0.1.0
 */
import { type StartOptions, termsOf } from "../client/StartOptions.ts"
import { type DurationInput, toMillis } from "../duration/Duration.ts"
import { InvalidSchedule } from "./ScheduleError.ts"
import type { Overlap, ScheduleSpec } from "./Schedules.ts"
import { faultOf, type Timing } from "./Timing.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface ScheduleOptions extends Pick<StartOptions, "priority" | "tags" | "memo"> {
  /** Five fields, or six with seconds first: `"0 3 * * 1-5"`. This or `every`. */
  readonly cron?: string
  /** The IANA zone in which `cron` is read; `"UTC"` when absent. */
  readonly timeZone?: string
  /** An interval: fires at its multiples since 1970, so a day is midnight UTC. */
  readonly every?: DurationInput
  /** While an earlier run has not finished: `"skip"` when absent. */
  readonly overlap?: Overlap
  /** Each run begins up to this long after its tick, to spread many schedules of one time. */
  readonly jitter?: DurationInput
  /** Ticks that nobody could fire are made up for within this time: an hour when absent. */
  readonly catchUp?: DurationInput
  /** A run is cancelled when it has not finished this long after its tick was fired. */
  readonly deadline?: DurationInput
}

const CATCH_UP_MILLIS = 3_600_000
const OVERLAPS: ReadonlyArray<string> = ["skip", "queue", "allow", "replace"]
const NAME_CHARS = 200

/** What of a schedule its options say. */
export type ScheduleTerms = Pick<
  ScheduleSpec,
  "timing" | "overlap" | "jitterMillis" | "catchUpMillis" | "terms"
>

/**
 * The options as they are kept.
 *
 * **Errors** Throws `InvalidSchedule` or `InvalidStartOption`.
 */
export const scheduleTermsOf = (name: string, options: ScheduleOptions): ScheduleTerms => {
  const fail = (reason: string): never => {
    throw new InvalidSchedule({ schedule: name, reason })
  }
  const millis = (option: string, value: DurationInput): number => {
    try {
      return Math.floor(Math.max(toMillis(value), 0))
    } catch (error) {
      return fail(`\`${option}\`: ${(error as Error).message}`)
    }
  }
  const { catchUp, cron, deadline, every, jitter, memo, overlap = "skip", priority, tags } = options
  if (typeof name !== "string" || name === "" || name.length > NAME_CHARS) {
    fail(`a name is a text of 1 to ${NAME_CHARS} characters`)
  }
  if ((cron === undefined) === (every === undefined)) fail("give either `cron` or `every`")
  if (!OVERLAPS.includes(overlap)) fail(`\`overlap\` is one of ${OVERLAPS.join(", ")}`)
  const timing: Timing = cron !== undefined
    ? { kind: "cron", cron, timeZone: options.timeZone ?? "UTC" }
    : { kind: "every", everyMillis: millis("every", every!) }
  const fault = faultOf(timing)
  if (fault !== undefined) fail(fault)
  return {
    timing,
    overlap,
    jitterMillis: jitter === undefined ? 0 : millis("jitter", jitter),
    catchUpMillis: catchUp === undefined ? CATCH_UP_MILLIS : millis("catchUp", catchUp),
    terms: termsOf({
      ...(priority === undefined ? {} : { priority }),
      ...(tags === undefined ? {} : { tags }),
      ...(memo === undefined ? {} : { memo }),
      ...(deadline === undefined ? {} : { deadline })
    })
  }
}
