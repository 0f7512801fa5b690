/**
 * Hands over: what runs may end within the grace, everything else is given away at once.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Run } from "./Run.ts"

export const shutdown = (run: Run): Effect.Effect<void> =>
  Effect.gen(function*() {
    const { core, queue, taken } = run
    run.isStopping = true
    core.drain()
    run.settle()
    yield* run.until(() => core.runningCount() + taken.count() === 0)
    core.interruptAll()
    taken.interruptAll()
    run.settle()
    yield* run.until(() => core.owned.size === 0)
    yield* queue.leave(run.id)
  }).pipe(
    Effect.catchAllCause((cause) => Effect.logWarning("Could not hand over at the end", cause)),
    // Real time, also where a test has stopped the clock.
    Effect.withClock(Clock.make())
  )
