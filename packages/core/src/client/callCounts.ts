/**
 * What became of the executions of an instance's calls, from its history.
 *
 * @since 0.1.0
 */
import {
  decodeAttempt,
  decodeFailed,
  decodeLost,
  decodeOutcome,
  voidedBy
} from "../dispatcher/EventCodec.ts"
import type { StoredEvent } from "../queue/Queue.ts"
import { describeError } from "../value/Value.ts"

/**
 * The counts of one call; they are separate, as policies bound them separately.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallCounts {
  readonly effect: number
  /** Executions that ended with an error of the action. */
  readonly attempts: number
  /** Executions that ran out of time. */
  readonly timeouts: number
  /** Executions that were lost to infrastructure. */
  readonly losses: number
  /** Of these, those that the call alone may have caused. */
  readonly crashes: number
  /** When the next execution may start, in milliseconds since the epoch; null for a call that has ended. */
  readonly retryAt: number | null
  /** Why the last execution was not the last one. */
  readonly reason: string
}

type Counts = { -readonly [K in keyof CallCounts]: CallCounts[K] }

const none = (effect: number): Counts => ({
  effect,
  attempts: 0,
  timeouts: 0,
  losses: 0,
  crashes: 0,
  retryAt: null,
  reason: ""
})

const textOf = (error: string): string => {
  const { message, name } = describeError(error)
  return `${name}: ${message}`
}

/** The calls of which an execution was not the last, by effect. */
export const callCounts = (history: ReadonlyArray<StoredEvent>): ReadonlyArray<CallCounts> => {
  const calls = new Map<number, Counts>()
  const voided = voidedBy(history)
  for (const { effect, kind, payload, seq } of history) {
    if (voided.has(seq)) continue
    if (kind === "settled") {
      const call = calls.get(effect)
      if (call === undefined) continue
      call.retryAt = null
      const outcome = decodeOutcome(payload!)
      if (!outcome.ok && outcome.attempts !== undefined) call.attempts = outcome.attempts
      continue
    }
    if (kind !== "attempt" && kind !== "failed" && kind !== "lost") continue
    const call = calls.get(effect) ?? none(effect)
    calls.set(effect, call)
    if (kind === "lost") {
      const { count, crashes = 0, reason, retryAt } = decodeLost(payload!)
      Object.assign(call, { losses: count, crashes, reason, retryAt })
    } else if (kind === "failed") {
      const { count, error, retryAt } = decodeFailed(payload!)
      Object.assign(call, { attempts: count, reason: textOf(error), retryAt })
    } else {
      const { count, error, kind: what, missed, retryAt } = decodeAttempt(payload!)
      const reason = error !== undefined
        ? textOf(error)
        : missed === true
        ? "it gave no heartbeat"
        : "it ran out of time"
      Object.assign(call, { [what === "failed" ? "attempts" : "timeouts"]: count, reason, retryAt })
    }
  }
  return Array.from(calls.values())
}
