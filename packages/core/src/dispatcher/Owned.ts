/**
 * One instance in the memory of the dispatcher that owns it.
 *
 * The machine's state is moved on at once when an event arrives; what the step asks
 * for is *held* until the event is durable. So this record has two sides: what is
 * true in memory (`seq`, `state`) and what is known to be stored (`durableSeq`).
 *
 * @since 0.1.0
 */
import type { Machine, Outcome, Policy, State } from "../machine/Model.ts"
import type { ProgramFile } from "../program/Program.ts"
import type { StoredEvent } from "../queue/Queue.ts"

/** A requested execution of an action, with the three counts of what became of its executions. */
export interface Call {
  readonly owned: Owned
  readonly effect: number
  readonly action: string
  readonly args: string
  readonly policy: Policy
  /** Step time at which the call was asked for. */
  readonly startedAt: number
  /** Executions that ended with an error of the action. */
  attempts: number
  /** Executions that ran out of time. */
  timeouts: number
  /** Executions that were lost to infrastructure. */
  losses: number
  /** The pool's number of the execution that runs now. */
  running: number | null
  /** When the next execution may start, on the queue's clock. */
  retryAt: number | null
  /** It was handed out, or waits to be, in this process. */
  issued: boolean
}

/** What waits for the next commit of an instance. */
export interface Pending {
  readonly events: Array<StoredEvent>
  readonly logs: Array<string>
  /** Messages that became these events, and repeated ones. */
  readonly consumed: Array<string>
  outcome: Outcome | null
  /** Calls that may run, from `retryAt` on, once the events are durable. */
  readonly held: Array<Call>
}

export interface Owned {
  readonly id: string
  readonly epoch: number
  readonly file: ProgramFile
  readonly machine: Machine
  readonly state: State
  readonly seed: string
  /** The last event that was applied in memory. */
  seq: number
  /** The last event that is known to be stored. */
  durableSeq: number
  /** Step time never runs backwards. */
  lastStepAt: number
  readonly calls: Map<number, Call>
  /** Durable timers of the program: effect → due time. */
  readonly timers: Map<number, number>
  /** Timers that are new since the dispatcher last armed them; a timer may be armed before it is durable, as its firing is. */
  newTimers: Array<number>
  pending: Pending
  completed: boolean
  closed: boolean
  /** Bytes of events and fuel since the last snapshot. */
  eventBytes: number
  fuel: number
  snapshotBytes: number
  /** Why stepping it failed here: it is given away as it was last stored; null for none. */
  aside: string | null
  /** Commits in a row that found its row locked by somebody else. */
  busyRounds: number
  /** It was lost, released or closed: nothing of it counts any more. */
  gone: boolean
}

export const emptyPending = (): Pending => ({
  events: [],
  logs: [],
  consumed: [],
  outcome: null,
  held: []
})

/** Something of this instance waits for a commit. */
export const isDirty = (owned: Owned): boolean =>
  owned.pending.events.length > 0 || owned.pending.consumed.length > 0 ||
  owned.pending.outcome !== null || owned.closed

/**
 * When an instance of which nothing runs here is due again, or null when it must stay: a call
 * runs or waits for a slot, or it goes on within `soonMillis`.
 */
export const parksUntil = (owned: Owned, now: number, soonMillis: number): number | null => {
  let next = Infinity
  for (const call of owned.calls.values()) {
    if (call.running !== null || call.retryAt === null) return null
    next = Math.min(next, call.retryAt)
  }
  for (const dueAt of owned.timers.values()) next = Math.min(next, dueAt)
  return next > now + soonMillis && next !== Infinity ? next : null
}
