/**
 * `Effect.retry`, of which nothing is made before something fails: what drives a schedule costs
 * more than a statement that succeeds.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"

export interface RetriedOptions<E> {
  readonly while: (error: E) => boolean
  readonly schedule: Schedule.Schedule<unknown, E>
}

export const retried = <A, E>(
  effect: Effect.Effect<A, E>,
  options: RetriedOptions<E>
): Effect.Effect<A, E> =>
  Effect.catchAll(effect, (error) => {
    if (!options.while(error)) return Effect.fail(error)
    let isFirst = true
    const next = Effect.suspend(() => {
      if (!isFirst) return effect
      isFirst = false
      return Effect.fail(error)
    })
    return Effect.retry(next, options)
  })
