/**
 * Decides how long an execution may take, and what follows when it took longer.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type { Policy } from "../machine/Model.ts"

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
