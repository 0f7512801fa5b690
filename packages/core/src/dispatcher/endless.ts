/**
 * Repeats without end, as `Effect.forever` does, which yields after each turn.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"

/**
 * @since 0.1.0
 * @category utils
 */
export const endless = (turn: () => Effect.Effect<void>): Effect.Effect<never> =>
  Effect.zipRight(
    Effect.whileLoop({ while: () => true, body: turn, step: () => {} }),
    Effect.never
  )
