/**
 * When a seat's next process is started, and how long that may take.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"

/** The first death is met at once, as it may be the kill of an operator. */
export const waitAfter = (troubles: number): Duration.Duration =>
  troubles <= 1 ? Duration.zero : Duration.millis(Math.min(30_000, 250 * 2 ** (troubles - 2)))

/**
 * A module of the user's may open connections at its top level; more than this is a hang. It
 * grows with each trouble: on a host that is overloaded a fixed limit would kill every process
 * shortly before it gets ready, and the next start would cost the same again.
 */
export const readyLimit = (troubles: number): Duration.Duration =>
  Duration.seconds(15 * 2 ** Math.min(4, troubles))
