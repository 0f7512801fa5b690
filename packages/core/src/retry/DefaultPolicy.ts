/**
 * What holds for calls whose action, workflow and call say nothing else.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import { type PolicyOptions, toPolicy } from "../action/Policy.ts"
import type { Policy } from "../machine/Model.ts"

/**
 * The policy below all others of an app; a reference, since most apps have none. It goes with a
 * call when the call is asked for.
 *
 * @since 0.1.0
 * @category services
 */
export class DefaultPolicy extends Context.Reference<DefaultPolicy>()(
  "@rappel/core/retry/DefaultPolicy",
  { defaultValue: (): Policy => ({}) }
) {}

/**
 * A default for all calls of the dispatchers that are built with it.
 *
 * **Errors** Throws a `TypeError` for options that no policy has, and for functions in `retryOn`
 * and `stopOn`: those belong to a program, and this layer to none.
 *
 * **Example** (Three executions for every action that says nothing)
 *
 * ```ts
 * import { Rappel } from "@rappel/core"
 * import * as DefaultPolicy from "@rappel/core/retry/DefaultPolicy"
 * import * as Layer from "effect/Layer"
 *
 * const app = Layer.provide(
 *   Rappel.layerMemory,
 *   DefaultPolicy.layer({ retry: { attempts: 3, backoff: "exponential" }, timeout: "1 minute" })
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: PolicyOptions): Layer.Layer<never> => {
  const policy = toPolicy(options)
  if (policy.retry?.judged === true) {
    throw new TypeError(
      "A default policy takes names and classes of errors, no functions: set those at the action"
    )
  }
  return Layer.succeed(DefaultPolicy, policy)
}
