/**
 * Decides whether a failed execution is followed by another, and when.
 *
 * A policy becomes an Effect `Schedule` over failures: its step says whether another execution
 * follows, and after which wait. The rules that an app has by default are such a schedule
 * (`fromPolicy`); an app that wants others brings a layer with its own (`layerOf`).
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as ScheduleInterval from "effect/ScheduleInterval"
import * as ScheduleIntervals from "effect/ScheduleIntervals"
import type { Policy } from "../machine/Model.ts"
import { decideRetry } from "./decide.ts"

/** What is known of a call when one of its executions has failed; all of it is recorded data. */
export interface Failure {
  /** Executions that ended with an error of the action, this one included: from 1. */
  readonly attempts: number
  /** When it failed, in milliseconds since the epoch. */
  readonly at: number
  /** Milliseconds from the call's start to this failure. */
  readonly elapsedMillis: number
  /** Names of the error's classes and tag, most specific first. */
  readonly errorNames: ReadonlyArray<string>
  /** What the policy's matchers say, where predicates are among them; absent without. */
  readonly isRetryable?: boolean
  /** In [0, 1): drawn from the instance's own generator, for jitter. */
  readonly random: number
}

export type Decision =
  | { readonly kind: "retry"; readonly delayMillis: number }
  | { readonly kind: "stop" }

/** A schedule of failures: what a policy becomes. */
export type RetrySchedule = Schedule.Schedule<unknown, Failure>

/** Where a schedule has got to with a call, so that the next decision takes one step. */
export interface Progress {
  schedule?: RetrySchedule
  state?: unknown
  attempts?: number
}

/**
 * The dispatcher records each decision with its event, so a restart goes on with the same
 * deadline.
 *
 * @since 0.1.0
 * @category services
 */
export class RetrySchedules
  extends Context.Tag("@rappel/core/retry/RetrySchedules")<RetrySchedules, {
    readonly decide: (policy: Policy, failure: Failure, progress?: Progress) => Decision
  }>()
{}

/**
 * The schedule of a policy by the rules of `decide.ts`. It has no state: all it needs is in
 * the failure.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromPolicy = (policy: Policy): RetrySchedule =>
  Schedule.makeWithState(undefined, (now: number, failure: Failure) => {
    const decision = decideRetry(policy, failure)
    const next = decision.kind === "stop"
      ? ScheduleDecision.done
      : ScheduleDecision.continueWith(ScheduleInterval.after(now + decision.delayMillis))
    return Effect.succeed([undefined, failure.attempts, next] as const)
  })

interface Turn {
  readonly state: unknown
  readonly nextAt: number | null
}

const take = (schedule: RetrySchedule, now: number, failure: Failure, state: unknown): Turn => {
  const [next, , decision] = Effect.runSync(schedule.step(now, failure, state))
  return {
    state: next,
    nextAt: ScheduleDecision.isDone(decision) ? null : ScheduleIntervals.start(decision.intervals)
  }
}

/**
 * Where a schedule stands before this failure. After a restart it goes through the failures
 * before once more: they are taken for failures like this one, one after the other without
 * a time for the executions between.
 */
const stateBefore = (schedule: RetrySchedule, failure: Failure, progress: Progress): unknown => {
  const { initial } = schedule
  if (initial === undefined) return undefined
  if (progress.attempts === failure.attempts - 1) return progress.state
  let state: unknown = initial
  let at = failure.at - failure.elapsedMillis
  for (let attempts = 1; attempts < failure.attempts; attempts++) {
    const turn = take(schedule, at, { ...failure, attempts, at }, state)
    state = turn.state
    at = Math.min(turn.nextAt ?? at, failure.at)
  }
  return state
}

/**
 * Decisions by schedules of the app's own.
 *
 * **Errors** Schedules are stepped where nothing can wait: one whose step sleeps or fails ends
 * in the instance's being set aside.
 *
 * **Example** (The policy's rules, but no longer than an hour)
 *
 * ```ts
 * import { layerOf, fromPolicy } from "@rappel/core/retry/RetrySchedules"
 * import { Schedule } from "effect"
 *
 * const patience = layerOf((policy) =>
 *   Schedule.intersect(fromPolicy(policy), Schedule.upTo(Schedule.forever, "1 hour"))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerOf = (
  toSchedule: (policy: Policy) => RetrySchedule
): Layer.Layer<RetrySchedules> =>
  Layer.succeed(RetrySchedules, {
    decide: (policy, failure, progress = {}) => {
      const schedule = progress.schedule ??= toSchedule(policy)
      const before = stateBefore(schedule, failure, progress)
      const { nextAt, state } = take(schedule, failure.at, failure, before)
      progress.state = state
      progress.attempts = failure.attempts
      return nextAt === null
        ? { kind: "stop" }
        : { kind: "retry", delayMillis: Math.max(0, Math.ceil(nextAt - failure.at)) }
    }
  })

/**
 * What policies say.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<RetrySchedules> = layerOf(fromPolicy)
