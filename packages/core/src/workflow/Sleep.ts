/**
 * Waits: durable in a workflow, where no process needs to live meanwhile; a real timer
 * in a plain run.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { type DurationInput, toMillis } from "../duration/Duration.ts"

/** Timers of JavaScript hold at most 2³¹ - 1 milliseconds: longer waits are made of several. */
const LONGEST_TIMER_MILLIS = 2 ** 31 - 1

/** Like `Effect.sleep`, without its limit of 24 days. */
export const sleepMillis = (millis: number): Effect.Effect<void> =>
  millis > LONGEST_TIMER_MILLIS
    ? Effect.zipRight(
      Effect.sleep(LONGEST_TIMER_MILLIS),
      Effect.suspend(() => sleepMillis(millis - LONGEST_TIMER_MILLIS))
    )
    : Effect.sleep(Math.max(millis, 0))

/**
 * Resolves after a time.
 *
 * **Units** A number is milliseconds; text is `"250ms"`, `"5s"`, `"2m"`, `"1h"`, `"1d"` or
 * `"1 day"`; a `Duration` of Effect works too.
 *
 * **Errors** A `TypeError` for anything else.
 *
 * @since 0.1.0
 * @category scheduling
 */
export const sleep = async (duration: DurationInput): Promise<void> => {
  await Effect.runPromise(sleepMillis(toMillis(duration)))
}
