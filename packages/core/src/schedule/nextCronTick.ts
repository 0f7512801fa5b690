/**
 * When a cron expression fires next in a time zone, through all its changes of the clock.
 *
 * Effect's `Cron` reads the fields and finds the next time in a zone of a fixed offset; here is
 * what it leaves open, the changes of the offset, by the rule of Vixie cron:
 *
 * - A time that the clock jumps over fires when it has jumped, once for all such times.
 * - A time that comes twice fires the first time only.
 * - An expression for every hour means real time: it neither jumps nor repeats.
 *
 * (Effect's own `next` in a named zone leaves out the hour that comes twice, also for an
 * expression that fires every half hour.)
 *
 * @since 0.1.0
 */
import * as Cron from "effect/Cron"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"

const SECOND = 1000
const HOUR = 3_600_000

/** Offsets change twice a year; this is far more often than any zone does. */
const SEARCH_STEP = 24 * HOUR

/** The most that a clock is set back by. */
const LONGEST_REPEAT = 3 * HOUR

/** Changes of the clock and repeated times until the next one fires: far fewer in 8 years. */
const MOST_TURNS = 10_000

const offsetAt = (zone: DateTime.TimeZone, at: number): number =>
  DateTime.zonedOffset(DateTime.unsafeMakeZoned(at, { timeZone: zone }))

/** The first instant after `from`, up to `to`, with another offset than `from` has. */
const firstChange = (zone: DateTime.TimeZone, from: number, to: number): number | undefined => {
  const offset = offsetAt(zone, from)
  let low = from
  while (low < to) {
    const high = Math.min(low + SEARCH_STEP, to)
    if (offsetAt(zone, high) !== offset) {
      let same = low
      let changed = high
      while (changed - same > 1) {
        const middle = Math.floor((same + changed) / 2)
        if (offsetAt(zone, middle) === offset) same = middle
        else changed = middle
      }
      return changed
    }
    low = high
  }
  return undefined
}

/** Whether the wall clock has shown this time before, as it was set back in between. */
const isRepeat = (zone: DateTime.TimeZone, at: number): boolean => {
  const change = firstChange(zone, at - LONGEST_REPEAT, at)
  if (change === undefined) return false
  const setBack = offsetAt(zone, change - 1) - offsetAt(zone, change)
  return setBack > 0 && at < change + setBack
}

export interface ParsedCron {
  /** The first time after `at`, both in milliseconds since 1970; undefined when it never fires. */
  readonly next: (at: number) => number | undefined
}

/**
 * Reads an expression of five fields, or six with seconds first, and an IANA time zone.
 *
 * **Errors** The text is what is wrong with the expression or the zone.
 *
 * @since 0.1.0
 * @category constructors
 */
export const parseCron = (
  expression: string,
  timeZone: string
): Either.Either<ParsedCron, string> => {
  const parsed = Cron.parse(expression)
  if (Either.isLeft(parsed)) return Either.left(parsed.left.message)
  const named = DateTime.zoneMakeNamed(timeZone)
  if (named._tag === "None") return Either.left(`${JSON.stringify(timeZone)} is no IANA time zone`)
  const zone = named.value
  const fields = parsed.right
  // No hours are all hours.
  const isEveryHour = fields.hours.size === 0 || fields.hours.size === 24
  const byOffset = new Map<number, Cron.Cron>()

  /** As if the offset were always this. */
  const nextInOffset = (offset: number, after: number): number | undefined => {
    let cron = byOffset.get(offset)
    if (cron === undefined) {
      cron = Cron.make({ ...fields, tz: DateTime.zoneMakeOffset(offset) })
      byOffset.set(offset, cron)
    }
    try {
      return Cron.next(cron, DateTime.toDateUtc(DateTime.unsafeMake(after))).getTime()
    } catch {
      return undefined
    }
  }

  const next = (at: number): number | undefined => {
    // Looked for after `from`, with the offset that holds since `since`.
    let from = at
    let since = at
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const offset = offsetAt(zone, since)
      const candidate = nextInOffset(offset, from)
      if (candidate === undefined) return undefined
      const changesAt = firstChange(zone, since, candidate)
      if (changesAt === undefined) {
        if (isEveryHour || !isRepeat(zone, candidate)) return candidate
        from = candidate
        continue
      }
      const jump = offsetAt(zone, changesAt) - offset
      if (!isEveryHour && jump > 0 && candidate < changesAt + jump) return changesAt
      from = changesAt - 1
      since = changesAt
    }
    return undefined
  }
  return Either.right({ next: (at) => next(Math.floor(at / SECOND) * SECOND) })
}
