/**
 * When a seat's next process is started, and how long that may take.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"

/** A worker that lives this long has no trouble of its own. */
const SETTLED_MILLIS = 10_000

/** The most that a seat is held to have, while its processes get calls done. */
const USEFUL_TROUBLES = 3

/**
 * The troubles of a seat after the death of a process that had got ready. One that got calls
 * done is worth its start, whoever kills it: its successor never waits for longer than half a
 * second.
 */
export const troublesAfter = (
  troubles: number,
  life: { readonly millis: number; readonly ended: number }
): number => {
  if (life.millis >= SETTLED_MILLIS) return 1
  return Math.min(troubles + 1, life.ended > 0 ? USEFUL_TROUBLES : Infinity)
}

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
