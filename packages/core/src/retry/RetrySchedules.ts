/**
 * Decides whether a failed execution is followed by another, and when.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type { Policy } from "../machine/Model.ts"
import { decideRetry } from "./decide.ts"

/** What is known of a call when one of its executions has failed; all of it is recorded data. */
export interface Failure {
  /** Executions that ended with an error of the action, this one included: from 1. */
  readonly attempts: number
  /** Milliseconds from the call's start to this failure. */
  readonly elapsedMillis: number
  /** Names of the error's classes and tag, most specific first. */
  readonly errorNames: ReadonlyArray<string>
  /** In [0, 1): drawn from the instance's own generator, for jitter. */
  readonly random: number
}

export type Decision =
  | { readonly kind: "retry"; readonly delayMillis: number }
  | { readonly kind: "stop" }

/**
 * Pure over recorded data: the dispatcher records each decision with its event, so a
 * restart goes on with the same deadline.
 *
 * @since 0.1.0
 * @category services
 */
export class RetrySchedules
  extends Context.Tag("@rappel/core/retry/RetrySchedules")<RetrySchedules, {
    readonly decide: (policy: Policy, failure: Failure) => Decision
  }>()
{}

/**
 * The rules of `decide.ts`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<RetrySchedules> = Layer.succeed(RetrySchedules, {
  decide: decideRetry
})
