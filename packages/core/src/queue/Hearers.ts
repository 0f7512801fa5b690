/**
 * Who is told of hints, in this process: callbacks, as a subscription with a fiber each took most of
 * what a single short instance costs.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Queue, Wake } from "./Queue.ts"

export interface Hearers {
  readonly tell: (wake: Wake) => void
  readonly listen: Queue["Type"]["listen"]
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (): Hearers => {
  const hearers = new Set<{ readonly hear: (wake: Wake) => void }>()
  return {
    tell: (wake) => {
      for (const { hear } of hearers) hear(wake)
    },
    listen: (hear) =>
      Effect.asVoid(Effect.acquireRelease(
        Effect.sync(() => {
          // An object of its own: the same listener may be given twice.
          const hearer = { hear }
          hearers.add(hearer)
          return hearer
        }),
        (hearer) => Effect.sync(() => hearers.delete(hearer))
      ))
  }
}
