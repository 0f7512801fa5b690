/**
 * Applies a policy where no dispatcher does: to an action that is called in a plain run.
 *
 * The decisions are those of a durable run (`retry/decide.ts`); only the waits are made
 * in this process, and nothing is recorded.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Random from "effect/Random"
import { ActionTimeout } from "../dispatcher/DispatcherError.ts"
import { errorNames } from "../dispatcher/errorNames.ts"
import type { Policy } from "../machine/Model.ts"
import { decideRetry, decideTimeout, limitMillis } from "../retry/decide.ts"
import { encodeError } from "../value/Value.ts"
import { enterPlainCall } from "../worker/CurrentCall.ts"
import { sleepMillis } from "../workflow/Sleep.ts"
import type { ActionInfo } from "./Action.ts"
import { invoke } from "./invoke.ts"

const TIMED_OUT = Symbol("timed out")

/** Succeeds or fails with one execution's outcome, or with the mark above at the limit. */
const within = (
  limit: number | null,
  execution: Effect.Effect<unknown, unknown>
): Effect.Effect<unknown, unknown> =>
  limit === null
    ? execution
    : Effect.raceFirst(execution, Effect.zipRight(sleepMillis(limit), Effect.fail(TIMED_OUT)))

const once = (info: ActionInfo, args: ReadonlyArray<unknown>, attempt: number) =>
  Effect.tryPromise({
    try: (signal) =>
      invoke(info, args, {
        // Interrupted with the execution: a timeout ends the Effect that the action returned.
        runEffect: (effect) => Effect.runPromiseExit(effect, { signal }),
        enter: (body) => enterPlainCall({ attempt, signal }, body)
      }),
    catch: (thrown) => thrown
  })

/** Runs `execution` until its outcome stands, and gives that outcome. */
const repeat = (
  policy: Policy,
  execution: (attempt: number) => Effect.Effect<unknown, unknown>
): Effect.Effect<Either.Either<unknown, unknown>> =>
  Effect.gen(function*() {
    const startedAt = yield* Clock.currentTimeMillis
    const limit = limitMillis(policy)
    let attempts = 0
    let timeouts = 0
    for (let attempt = 1;; attempt++) {
      const outcome = yield* Effect.either(within(limit, execution(attempt)))
      if (Either.isRight(outcome)) return outcome
      const thrown = outcome.left
      if (thrown === TIMED_OUT) {
        timeouts++
        if (decideTimeout(policy, timeouts) === "retry") continue
        return Either.left(new ActionTimeout(limit ?? 0, timeouts))
      }
      attempts++
      const decision = decideRetry(policy, {
        attempts,
        elapsedMillis: (yield* Clock.currentTimeMillis) - startedAt,
        errorNames: errorNames(encodeError(thrown)),
        random: yield* Random.next
      })
      if (decision.kind === "stop") {
        if (policy.retry !== undefined && thrown instanceof Error && Object.isExtensible(thrown)) {
          Object.assign(thrown, { attempts })
        }
        return outcome
      }
      yield* sleepMillis(decision.delayMillis)
    }
  })

const settle = async (
  outcome: Effect.Effect<Either.Either<unknown, unknown>>
): Promise<unknown> => {
  const settled = await Effect.runPromise(outcome)
  if (Either.isLeft(settled)) throw settled.left
  return settled.right
}

/** An action's call under a policy, as a promise of the outcome that stands. */
export const invokeWithPolicy = (
  info: ActionInfo,
  policy: Policy,
  args: ReadonlyArray<unknown>
): Promise<unknown> => settle(repeat(policy, (attempt) => once(info, args, attempt)))

/** The same for a call in a thunk, which is called anew for every execution. */
export const runThunkWithPolicy = (
  thunk: () => unknown,
  policy: Policy
): Promise<unknown> =>
  settle(repeat(policy, (attempt) =>
    Effect.tryPromise({
      try: async (signal) => await enterPlainCall({ attempt, signal }, thunk),
      catch: (thrown) => thrown
    })))

/** A call that runs already can be awaited only: its time is bounded, its errors stand. */
export const awaitWithPolicy = (
  call: PromiseLike<unknown>,
  policy: Policy
): Promise<unknown> => {
  const limit = limitMillis(policy)
  const awaited = Effect.tryPromise({ try: async () => await call, catch: (thrown) => thrown })
  return settle(
    Effect.map(
      Effect.either(within(limit, awaited)),
      (outcome) =>
        Either.isLeft(outcome) && outcome.left === TIMED_OUT
          ? Either.left(new ActionTimeout(limit ?? 0, 1))
          : outcome
    )
  )
}
