/**
 * What becomes of the executions of a call: failures, timeouts and losses, each with a count of
 * its own, and whether another execution follows.
 *
 * Like `advance.ts`, of which it is a part: plain data in, events to store out.
 *
 * @since 0.1.0
 */
import type { Outcome, Policy, Step } from "../machine/Model.ts"
import { decodeVerdict } from "../queue/callVerdict.ts"
import type { Arrived } from "../queue/Queue.ts"
import { isSpent } from "../retry/decide.ts"
import type { RetrySchedules } from "../retry/RetrySchedules.ts"
import type { Timeouts } from "../retry/Timeouts.ts"
import { cutLine } from "../value/limits.ts"
import { encodeError } from "../value/Value.ts"
import type { Blame } from "../worker/WorkerPool.ts"
import { absorb, failIfStalled, settle, stepTime, stop, store, withdraw } from "./advance.ts"
import { digestOf, fractionOf } from "./digest.ts"
import { ActionLost, ActionTimeout, type TimeLimit } from "./DispatcherError.ts"
import { errorNames } from "./errorNames.ts"
import { type AttemptPayload, encodeJson, type LostPayload } from "./EventCodec.ts"
import { attemptOf, blamesOf, type Call, type Owned } from "./Owned.ts"

/** Waits before a call that was lost again and again is given out once more: 0, 0, 0, 1 s, 2 s … 60 s. */
const lossDelayMillis = (losses: number): number =>
  losses <= 3 ? 0 : Math.min(60_000, 1000 * 2 ** (losses - 4))

/** What came of an attempt that was offered (PROTOCOL R14). */
export const hear = (
  owned: Owned,
  message: Arrived,
  now: number,
  services: {
    readonly retries: RetrySchedules["Type"]
    readonly timeouts: Timeouts["Type"]
  }
): void => {
  owned.pending.consumed.push(message.id)
  const call = owned.calls.get(message.effect)
  if (owned.closed || call === undefined) return
  const { attempt, verdict } = decodeVerdict(message.payload!)
  const at = stepTime(owned, now)
  const isPresent = call.offered !== null && attempt === attemptOf(call)
  if (verdict.kind === "succeeded") {
    // A success counts whatever attempt it is of; the present one is not needed any more.
    if (!isPresent) withdraw(call)
    settle(owned, call.effect, { ok: true, value: verdict.value }, at, message.id)
    return
  }
  if (!isPresent) return
  if (verdict.details !== undefined) call.details = verdict.details
  if (verdict.kind === "failed") fail(call, verdict.error, at, services.retries, message.id)
  else if (verdict.kind === "lost") lose(call, verdict.reason, at, message.id, verdict.blame)
  else {
    const { policy } = call
    const limit = verdict.isMissed === true
      ? { kind: "heartbeat", millis: policy.heartbeatMillis ?? 0 } as const
      : { kind: "timeout", millis: services.timeouts.limitMillis(policy) ?? 0 } as const
    timeOut(call, limit, at, services.timeouts, message.id)
  }
}

const failure = (error: string, attempts: number, policy: Policy): Outcome =>
  policy.retry === undefined ? { ok: false, error } : { ok: false, error, attempts }

/** An execution ended with an error of the action: another follows, or the call fails. */
export const fail = (
  call: Call,
  error: string,
  at: number,
  retries: RetrySchedules["Type"],
  message?: string
): void => {
  const { owned, policy } = call
  stop(call)
  call.attempts++
  const step = policy.retry?.judged === true && !isSpent(policy, call.attempts)
    ? judge(call, error, at)
    : undefined
  if (step !== undefined && step.mayRetry !== true) return judged(call, step, error, at, message)
  const decision = retries.decide(policy, {
    attempts: call.attempts,
    at,
    elapsedMillis: at - call.startedAt,
    errorNames: errorNames(error),
    ...(step === undefined ? {} : { isRetryable: true }),
    random: fractionOf(owned.seed, call.effect, call.attempts)
  }, call.progress)
  if (decision.kind === "stop") {
    if (step !== undefined) judged(call, step, error, at)
    settle(owned, call.effect, failure(error, call.attempts, policy), at, message)
    return
  }
  call.retryAt = at + decision.delayMillis
  if (step !== undefined) judged(call, step, error, at, message)
  else {
    record(call, "attempt", at, {
      kind: "failed",
      count: call.attempts,
      retryAt: call.retryAt,
      error
    }, message)
  }
  owned.pending.held.push(call)
}

/** Lets the program's predicates look at the error. */
const judge = (call: Call, error: string, at: number): Step => {
  const { attempts, effect, owned } = call
  const step = owned.machine.apply(owned.state, { kind: "failed", effect, at, error, attempts })
  owned.lastStepAt = at
  if (step.mayRetry !== true) {
    owned.calls.delete(effect)
    owned.deadlines.delete(effect)
  }
  return step
}

/** Stores what they said: their step is one like others, and may ask for anything. */
const judged = (call: Call, step: Step, error: string, at: number, message?: string): void => {
  const { attempts, details, effect, owned, retryAt } = call
  store(owned, {
    kind: "failed",
    effect,
    at,
    payload: encodeJson({
      count: attempts,
      retryAt: step.mayRetry === true ? retryAt : null,
      error,
      ...(details === null ? {} : { details })
    }),
    digest: digestOf(step.commands),
    ...(message === undefined ? {} : { message })
  })
  absorb(owned, step, at)
  failIfStalled(owned)
}

/** Stores what became of an execution, which is no step of the machine. */
const record = (
  { details, effect, owned }: Call,
  kind: "attempt" | "lost",
  at: number,
  payload: AttemptPayload | LostPayload,
  message?: string
): void =>
  store(owned, {
    kind,
    effect,
    at,
    payload: encodeJson(details === null ? payload : { ...payload, details }),
    digest: 0,
    ...(message === undefined ? {} : { message })
  })

/** An execution took longer than its limit, or was silent for too long. */
export const timeOut = (
  call: Call,
  limit: { readonly kind: TimeLimit; readonly millis: number },
  at: number,
  timeouts: Timeouts["Type"],
  message?: string
): void => {
  const { owned, policy } = call
  if (at >= (owned.deadlines.get(call.effect) ?? Infinity)) {
    return overdue(owned, call.effect, at, message)
  }
  stop(call)
  call.timeouts++
  if (timeouts.decide(policy, call.timeouts) === "stop") {
    const error = encodeError(new ActionTimeout(limit.millis, call.timeouts, limit.kind))
    settle(owned, call.effect, { ok: false, error }, at, message)
    return
  }
  call.retryAt = at
  record(call, "attempt", at, {
    kind: "timeout",
    count: call.timeouts,
    retryAt: at,
    ...(limit.kind === "heartbeat" ? { missed: true } : {})
  }, message)
  owned.pending.held.push(call)
}

/** The time of the whole call is over, be it running or not. */
export const overdue = (owned: Owned, effect: number, at: number, message?: string): void => {
  const call = owned.calls.get(effect)
  if (call !== undefined) withdraw(call)
  const asked = owned.state.pending.get(effect)
  const millis = asked?.kind === "call" ? asked.policy.deadlineMillis ?? 0 : 0
  const error = encodeError(new ActionTimeout(millis, call?.timeouts ?? 0, "deadline"))
  settle(owned, effect, { ok: false, error }, at, message)
}

/** Details of heartbeats are stored this often at most. */
const KEEP_MILLIS = 1000

/** An execution is alive. What it said is stored at times, for when its dispatcher ends. */
export const beat = (call: Call, details: string, at: number): void => {
  const { effect, keptAt, owned } = call
  if (details === call.details) return
  call.details = details
  if (at < keptAt + KEEP_MILLIS) return
  call.keptAt = at
  store(owned, { kind: "heartbeat", effect, at, payload: details, digest: 0 })
}

/** Losses that operators hear of, and each further ten. */
const WARN_LOSSES = 10

/**
 * Nobody knows what became of an execution: it runs again, and counts as no attempt. A crash
 * is the end of a worker that executed nothing else: `crashLimit` counts these.
 */
export const lose = (
  call: Call,
  reason: string,
  at: number,
  message?: string,
  blame?: Blame
): void => {
  const { owned, policy } = call
  stop(call)
  call.losses++
  if (blame !== undefined) call.deaths++
  if (blame === "sole") call.crashes++
  if (blame === "sole" && call.crashes >= (policy.crashLimit ?? Infinity)) {
    const error = encodeError(new ActionLost(reason, call.crashes, call.losses))
    settle(owned, call.effect, { ok: false, error }, at, message)
    return
  }
  call.retryAt = at + lossDelayMillis(call.losses)
  record(call, "lost", at, {
    count: call.losses,
    retryAt: call.retryAt,
    reason,
    ...blamesOf(call)
  }, message)
  if (call.losses % WARN_LOSSES === 0) {
    const text = `Call ${call.effect} of ${call.action} was lost ${call.losses} times, and runs ` +
      `again: ${reason}. Set a crashLimit if it may be the cause itself.`
    owned.pending.logs.push(JSON.stringify({ level: "warn", text: cutLine(text), at }))
  }
  owned.pending.held.push(call)
}
