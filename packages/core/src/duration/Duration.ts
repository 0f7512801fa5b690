/**
 * Reads every way in which rappel accepts a duration, and prints one for people.
 *
 * It is the only parser of durations in the project: sleeps, timeouts, backoff and
 * command-line options all pass here, so all of them accept the same forms.
 *
 * @since 0.1.0
 */
import * as EffectDuration from "effect/Duration"

/**
 * What a caller may write for a duration.
 *
 * @since 0.1.0
 * @category models
 */
export type DurationInput = EffectDuration.DurationInput | `${number}${Unit}` | (string & {})

type Unit = "ms" | "s" | "m" | "h" | "d" | "w"

const MILLIS: Readonly<Record<Unit, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000
}

/** `1h30m`, `1.5s`, `-2m`: one sign for the whole, at least one number with its unit. */
const COMPACT = /^([+-]?)((?:(?:\d+(?:\.\d+)?|\.\d+)(?:ms|[smhdw]))+)$/
const PART = /(\d+(?:\.\d+)?|\.\d+)(ms|[smhdw])/g

/** Effect's own text, with a sign and any space between number and unit. */
const WORDS = /^([+-]?\d+(?:\.\d+)?)\s*(nano|micro|milli|second|minute|hour|day|week)s?$/

const WORD_MILLIS: Readonly<Record<string, number>> = {
  nano: 1e-6,
  micro: 1e-3,
  milli: MILLIS.ms,
  second: MILLIS.s,
  minute: MILLIS.m,
  hour: MILLIS.h,
  day: MILLIS.d,
  week: MILLIS.w
}

/**
 * Any accepted form of a duration as milliseconds.
 *
 * **Shapes** a number (milliseconds); compact text, units largest first or not:
 * `"250ms"`, `"5s"`, `"2m"`, `"1h30m"`, `"1.5d"`, `"1w"`; Effect's text `"1 day"`,
 * `"2 seconds"`; a `Duration`; a bigint (nanoseconds); `[seconds, nanoseconds]`.
 *
 * **Units** Milliseconds, with fractions where the input has them. A negative number or
 * text stays negative: what it means is the caller's to say.
 *
 * **Errors** `TypeError`, which shows the value, for anything else, and for a duration
 * without end (nothing here can wait for ever).
 *
 * **Example** (Compact text)
 *
 * ```ts
 * import { toMillis } from "@rappel/core/duration/Duration"
 *
 * toMillis("1h30m") // => 5400000
 * ```
 *
 * @since 0.1.0
 * @category encoding
 */
export const toMillis = (value: unknown): number => {
  const millis = read(value)
  if (millis === undefined || !Number.isFinite(millis)) throw refusal(value)
  return millis
}

const read = (value: unknown): number | undefined => {
  if (typeof value === "number") return value
  if (typeof value === "string") return readText(value.trim())
  if (typeof value === "bigint") return Number(value) / 1e6
  if (EffectDuration.isDuration(value)) return EffectDuration.toMillis(value)
  if (Array.isArray(value) && value.length === 2) {
    const [seconds, nanos] = value as [unknown, unknown]
    if (typeof seconds !== "number" || typeof nanos !== "number") return undefined
    return Number.isFinite(seconds) && Number.isFinite(nanos)
      ? EffectDuration.toMillis([seconds, nanos])
      : undefined
  }
  return undefined
}

const readText = (text: string): number | undefined => {
  const compact = COMPACT.exec(text)
  if (compact !== null) {
    let total = 0
    for (const [, count, unit] of compact[2]!.matchAll(PART)) {
      total += Number(count) * MILLIS[unit as Unit]
    }
    return compact[1] === "-" ? -total : total
  }
  const words = WORDS.exec(text)
  return words === null ? undefined : Number(words[1]) * WORD_MILLIS[words[2]!]!
}

const refusal = (value: unknown): TypeError =>
  new TypeError(
    `${show(value)} is not a duration: write milliseconds as a number, text such as "250ms", ` +
      `"5s", "1h30m" or "1 day", or a Duration of effect`
  )

const show = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value)
  if (typeof value === "bigint") return `${value}n`
  if (EffectDuration.isDuration(value)) return "A Duration without end"
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`
  if (typeof value === "object" && value !== null) return "An object"
  if (typeof value === "function") return "A function"
  return String(value)
}

/** Largest first, so that the first unit that fits is the one to print. */
const PRINTED: ReadonlyArray<Unit> = ["d", "h", "m", "s", "ms"]

/**
 * A duration for people: the largest unit that it fills, with up to two decimals where
 * they say enough, else the two largest: `"1d"`, `"2.5s"`, `"1h 30m"`, `"250ms"`.
 *
 * @since 0.1.0
 * @category printing
 */
export const format = (millis: number): string => {
  if (!Number.isFinite(millis)) return millis > 0 ? "for ever" : String(millis)
  if (millis < 0) return `-${format(-millis)}`
  if (millis < 1) return `${round(millis)}ms`
  // Below a minute decimals read better than "2s 500ms"; above it, two units do.
  if (millis < MILLIS.s) return round(millis) < 1000 ? `${round(millis)}ms` : "1s"
  if (millis < MILLIS.m) {
    return round(millis / MILLIS.s) < 60
      ? `${round(millis / MILLIS.s)}s`
      : "1m"
  }
  const at = PRINTED.findIndex((unit) => Math.round(millis / 1000) * 1000 >= MILLIS[unit])
  const large = PRINTED[at]!
  const small = PRINTED[at + 1]!
  const count = Math.round(millis / MILLIS[small])
  const ratio = MILLIS[large] / MILLIS[small]
  const rest = count % ratio
  const whole = `${(count - rest) / ratio}${large}`
  return rest === 0 ? whole : `${whole} ${rest}${small}`
}

const round = (count: number): number => Math.round(count * 100) / 100
