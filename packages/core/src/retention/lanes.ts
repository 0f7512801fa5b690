/**
 * Forgets the keys of limits that nobody uses any more.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { Queue } from "../queue/Queue.ts"
import type { QueueUnavailable } from "../queue/QueueError.ts"

/** Lanes that one statement looks at: few enough that nobody waits for it. */
const BATCH = 500

/** Between two batches, so that a large clean-up leaves room for work. */
const PAUSE = "20 millis"

/** A lane is kept for so long at least: one in use is not made anew with each sweep. */
const IDLE_MILLIS = 3_600_000

/**
 * Looks at all lanes once, in small batches, and answers how many it removed: a limit by
 * customer would else leave a row for each customer that ever came.
 *
 * @since 0.1.0
 * @category running
 */
export const sweepLanes = (
  idleMillis: number = IDLE_MILLIS
): Effect.Effect<number, QueueUnavailable, Queue> =>
  Effect.gen(function*() {
    const { calls } = yield* Queue
    let removed = 0
    for (let after = "";;) {
      const swept = yield* calls.sweep({ after, limit: BATCH, idleMillis })
      removed += swept.removed
      if (swept.after === null) return removed
      after = swept.after
      yield* Effect.sleep(PAUSE)
    }
  })
