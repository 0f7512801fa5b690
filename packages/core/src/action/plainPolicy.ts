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
import { ActionTimeout, type TimeLimit } from "../dispatcher/DispatcherError.ts"
import { errorNames } from "../dispatcher/errorNames.ts"
import type { Policy } from "../machine/Model.ts"
import { decideRetry, decideTimeout, isSpent, limitMillis } from "../retry/decide.ts"
import { encodeError } from "../value/Value.ts"
import { type CurrentCall, enterPlainCall } from "../worker/CurrentCall.ts"
import { sleepMillis } from "../workflow/Sleep.ts"
import type { ActionInfo } from "./Action.ts"
import { invoke } from "./invoke.ts"
import { type Judges, mayRetry } from "./judges.ts"

/** The mark of an execution that was ended from outside. */
class TimedOut {
  readonly limit: TimeLimit
  constructor(limit: TimeLimit) {
    this.limit = limit
  }
}

/** What executions of one call share. */
interface Life {
  beatAt: number
  details: unknown
}

type Execution = Omit<CurrentCall, "instanceId" | "effect">

const failAfter = (millis: number, limit: TimeLimit): Effect.Effect<never, TimedOut> =>
  Effect.zipRight(sleepMillis(millis), Effect.fail(new TimedOut(limit)))

/** Fails once there was no heartbeat for as long as the policy allows. */
const silence = (millis: number, life: Life): Effect.Effect<never, TimedOut> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const left = life.beatAt + millis - now
    return left <= 0
      ? Effect.fail(new TimedOut("heartbeat"))
      : Effect.zipRight(sleepMillis(left), silence(millis, life))
  })

/** Succeeds or fails with one execution's outcome, or with the mark above at a limit. */
const within = (
  limits: ReadonlyArray<Effect.Effect<never, TimedOut>>,
  execution: Effect.Effect<unknown, unknown>
): Effect.Effect<unknown, unknown> =>
  limits.reduce((racing, limit) => Effect.raceFirst(racing, limit), execution)

const once = (info: ActionInfo, args: ReadonlyArray<unknown>) => (execution: Execution) =>
  invoke(info, args, {
    // Interrupted with the execution: a timeout ends the Effect that the action returned.
    runEffect: (effect) => Effect.runPromiseExit(effect, { signal: execution.signal }),
    enter: (body) => enterPlainCall(execution, body)
  })

/** Runs `execute` until its outcome stands, and gives that outcome. */
const repeat = (
  policy: Policy,
  judges: Judges | undefined,
  execute: (execution: Execution) => Promise<unknown>
): Effect.Effect<Either.Either<unknown, unknown>> =>
  Effect.gen(function*() {
    const clock = yield* Effect.clock
    const startedAt = clock.unsafeCurrentTimeMillis()
    const { deadlineMillis, heartbeatMillis } = policy
    const limit = limitMillis(policy)
    const life: Life = { beatAt: startedAt, details: undefined }
    let attempts = 0
    let timeouts = 0
    for (let attempt = 1;; attempt++) {
      const now = clock.unsafeCurrentTimeMillis()
      life.beatAt = now
      const outcome = yield* Effect.either(within(
        [
          ...(limit === null ? [] : [failAfter(limit, "timeout")]),
          ...(heartbeatMillis === undefined ? [] : [silence(heartbeatMillis, life)]),
          ...(deadlineMillis === undefined
            ? []
            : [failAfter(startedAt + deadlineMillis - now, "deadline")])
        ],
        Effect.tryPromise({
          try: (signal) => {
            const { details } = life
            return execute({
              attempt,
              signal,
              details,
              heartbeat: (next) => {
                if (signal.aborted) return
                life.beatAt = clock.unsafeCurrentTimeMillis()
                life.details = next
              }
            })
          },
          catch: (thrown) => thrown
        })
      ))
      if (Either.isRight(outcome)) return outcome
      const thrown = outcome.left
      if (thrown instanceof TimedOut) {
        if (thrown.limit === "deadline") {
          return Either.left(new ActionTimeout(deadlineMillis!, timeouts, "deadline"))
        }
        timeouts++
        if (decideTimeout(policy, timeouts) === "retry") continue
        const millis = thrown.limit === "heartbeat" ? heartbeatMillis! : limit!
        return Either.left(new ActionTimeout(millis, timeouts, thrown.limit))
      }
      attempts++
      const names = errorNames(encodeError(thrown))
      const verdict = judges === undefined || isSpent(policy, attempts)
        ? Either.right(undefined)
        : Either.try({
          try: () => mayRetry(policy.retry!, names, judges, thrown),
          catch: (own) => own
        })
      if (Either.isLeft(verdict)) return verdict
      const at = clock.unsafeCurrentTimeMillis()
      const decision = decideRetry(policy, {
        attempts,
        at,
        elapsedMillis: at - startedAt,
        errorNames: names,
        ...(verdict.right === undefined ? {} : { isRetryable: verdict.right }),
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
  judges: Judges | undefined,
  args: ReadonlyArray<unknown>
): Promise<unknown> => settle(repeat(policy, judges, once(info, args)))

/** The same for a call in a thunk, which is called anew for every execution. */
export const runThunkWithPolicy = (
  thunk: () => unknown,
  policy: Policy,
  judges: Judges | undefined
): Promise<unknown> =>
  settle(repeat(policy, judges, async (execution) => await enterPlainCall(execution, thunk)))

/** A call that runs already can be awaited only: its time is bounded, its errors stand. */
export const awaitWithPolicy = (
  call: PromiseLike<unknown>,
  policy: Policy
): Promise<unknown> => {
  const limit = Math.min(limitMillis(policy) ?? Infinity, policy.deadlineMillis ?? Infinity)
  const kind: TimeLimit = limit === policy.deadlineMillis ? "deadline" : "timeout"
  const awaited = Effect.tryPromise({ try: async () => await call, catch: (thrown) => thrown })
  return settle(
    Effect.map(
      Effect.either(within(limit === Infinity ? [] : [failAfter(limit, kind)], awaited)),
      (outcome) =>
        Either.isLeft(outcome) && outcome.left instanceof TimedOut
          ? Either.left(new ActionTimeout(limit, 1, kind))
          : outcome
    )
  )
}
