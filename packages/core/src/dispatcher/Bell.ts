/**
 * Wakes one fiber that waits for work or for a time.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"

export interface Bell {
  /** Wakes the waiting fiber, or lets its next wait end at once. */
  readonly ring: () => void
  /** Forgets earlier rings; called before looking for work, so that none is missed. */
  readonly reset: () => void
  /** Ends at the next ring, or after this time. */
  readonly wait: (millis: number) => Effect.Effect<void>
}

export const make = (): Bell => {
  const latch = Effect.unsafeMakeLatch(false)
  return {
    ring: () => {
      latch.unsafeOpen()
    },
    reset: () => {
      latch.unsafeClose()
    },
    wait: (millis) =>
      millis === Infinity
        ? latch.await
        : Effect.raceFirst(latch.await, Effect.sleep(millis))
  }
}
