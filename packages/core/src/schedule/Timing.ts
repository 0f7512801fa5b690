/**
 * When a schedule fires: by a cron expression in a time zone, or at an interval.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import { parseCron, type ParsedCron } from "./nextCronTick.ts"

/**
 * @since 0.1.0
 * @category models
 */
export type Timing =
  | { readonly kind: "cron"; readonly cron: string; readonly timeZone: string }
  /** At the multiples of the interval since 1970, in whole milliseconds. */
  | { readonly kind: "every"; readonly everyMillis: number }

/** Expressions are few and each is asked at every tick. */
const parsed = new Map<string, Either.Either<ParsedCron, string>>()
const MOST_PARSED = 1000

const cronOf = (cron: string, timeZone: string): Either.Either<ParsedCron, string> => {
  const name = `${timeZone} ${cron}`
  const known = parsed.get(name)
  if (known !== undefined) return known
  if (parsed.size >= MOST_PARSED) parsed.clear()
  const read = parseCron(cron, timeZone)
  parsed.set(name, read)
  return read
}

/** What is wrong with a timing; undefined for nothing. */
export const faultOf = (timing: Timing): string | undefined => {
  if (timing.kind === "every") {
    return timing.everyMillis >= 1000 ? undefined : "an interval is at least a second"
  }
  const cron = cronOf(timing.cron, timing.timeZone)
  return Either.isLeft(cron)
    ? cron.left
    : cron.right.next(0) === undefined
    ? `${JSON.stringify(timing.cron)} never fires`
    : undefined
}

/**
 * The first tick after `at`, in milliseconds since 1970; undefined when there is none.
 *
 * **Example** (Every quarter of an hour)
 *
 * ```ts
 * import { nextTick } from "@rappel/core/schedule/Timing"
 *
 * nextTick({ kind: "every", everyMillis: 900_000 }, 1_000_000) // => 1_800_000
 * ```
 *
 * @since 0.1.0
 * @category scheduling
 */
export const nextTick = (timing: Timing, at: number): number | undefined => {
  if (timing.kind === "every") {
    return (Math.floor(at / timing.everyMillis) + 1) * timing.everyMillis
  }
  const cron = cronOf(timing.cron, timing.timeZone)
  return Either.isLeft(cron) ? undefined : cron.right.next(at)
}
