/**
 * Decides how long an execution may take, and what follows when it took longer.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type { Policy } from "../machine/Model.ts"
import { decideTimeout, limitMillis } from "./decide.ts"

/**
 * @since 0.1.0
 * @category services
 */
export class Timeouts extends Context.Tag("@rappel/core/retry/Timeouts")<Timeouts, {
  /** Milliseconds that one execution may take; `null` is without limit. */
  readonly limitMillis: (policy: Policy) => number | null
  /** After `timeouts` executions (from 1) ran out of time: again, or `ActionTimeout`. */
  readonly decide: (policy: Policy, timeouts: number) => "retry" | "stop"
}>() {}

/**
 * Five minutes per execution and endless repetition, unless the policy says otherwise.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Timeouts> = Layer.succeed(Timeouts, {
  limitMillis,
  decide: decideTimeout
})
