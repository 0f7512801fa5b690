/**
 * Removes finished instances when their time is over.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { type FinishedStatus, Queue } from "../queue/Queue.ts"
import type { QueueUnavailable } from "../queue/QueueError.ts"
import { sweepLanes } from "./lanes.ts"
import { keepMillisOf, type Rules } from "./Rules.ts"

/** Instances that one statement removes: few enough that nobody waits for it. */
const BATCH = 500

/** Between two batches, so that a large clean-up leaves room for work. */
const PAUSE = "20 millis"

/** Between two rounds; a random part keeps the dispatchers of a fleet apart. */
const ROUND = "1 minute"

const STATUSES: ReadonlyArray<FinishedStatus> = ["completed", "failed"]

/**
 * Removes what is over by now, and answers how many instances that was. Only what is closed
 * goes: nothing of it can move any more. While another process is at it, it removes nothing.
 *
 * @since 0.1.0
 * @category running
 */
export const sweep = (rules: Rules): Effect.Effect<number, QueueUnavailable, Queue> =>
  Effect.gen(function*() {
    if (rules.length === 0) return 0
    const queue = yield* Queue
    let removed = 0
    for (const name of yield* queue.workflows) {
      for (const status of STATUSES) {
        const keepMillis = keepMillisOf(rules, name, status)
        if (keepMillis === Infinity) continue
        for (;;) {
          const count = yield* queue.remove({ name, status, keepMillis, limit: BATCH })
          removed += count
          if (count < BATCH) break
          yield* Effect.sleep(PAUSE)
        }
      }
    }
    return removed
  })

/**
 * Removes finished instances every minute, and keys of limits that are out of use, until the
 * scope closes. Any number of processes may do so.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (rules: Rules): Layer.Layer<never, never, Queue> =>
  Layer.scopedDiscard(Effect.forkScoped(
    sweep(rules).pipe(
      Effect.tap((removed) =>
        removed === 0
          ? Effect.void
          : Effect.annotateLogs(Effect.logInfo("Finished instances were removed"), { removed })
      ),
      Effect.zipRight(sweepLanes()),
      Effect.catchAll((error) => Effect.logWarning("Could not remove what is over", error)),
      Effect.repeat(Schedule.jittered(Schedule.spaced(ROUND)))
    )
  ))
