/**
 * Reads every way in which rappel accepts a point in time.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"

/**
 * A point in time: a Date, milliseconds since 1970, or ISO text such as
 * `"2027-03-01T08:00:00Z"`.
 *
 * @since 0.1.0
 * @category models
 */
export type Moment = Date | number | string

/** Told apart from a `Duration`, which is an object as well; also from another realm. */
export const isDate = (value: unknown): value is Date =>
  typeof value === "object" && value !== null && "getTime" in value

/**
 * Milliseconds since 1970; undefined for what is no point in time.
 *
 * @since 0.1.0
 * @category encoding
 */
export const momentOf = (value: Moment): number | undefined =>
  Option.getOrUndefined(Option.map(
    DateTime.make(isDate(value) ? value.getTime() : value),
    DateTime.toEpochMillis
  ))
