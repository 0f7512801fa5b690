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
import type { CallKey } from "../queue/Calls.ts"
import type { Child, Message, StoredEvent } from "../queue/Queue.ts"
import type { Progress } from "../retry/RetrySchedules.ts"
import type { Backlog, CallEffect, FreshCalls } from "./Backlog.ts"
import { Sparse } from "./Sparse.ts"

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
  /** Losses that it may have caused: ends of a worker, which nobody asked for. */
  deaths: number
  /** Of these, those in which it was all that the worker executed. */
  crashes: number
  /** Encoded details of the last heartbeat, for the next execution. */
  details: string | null
  /** When details were stored last. */
  keptAt: number
  /** Where the retry schedule has got to. */
  readonly progress: Progress
  /** The pool's number of the execution that runs now. */
  running: number | null
  /** When the next execution may start, on the queue's clock. */
  retryAt: number | null
  /**
   * Its present attempt is offered: as it must be (`routed`), or as there was no slot here
   * (`overflow`).
   */
  offered: "routed" | "overflow" | null
}

/** What waits for the next commit of an instance. */
export interface Pending {
  readonly events: Array<StoredEvent>
  readonly logs: Array<string>
  /** Messages that became these events, and repeated ones. */
  readonly consumed: Array<string>
  /** Instances that it starts, by the effects that their outcomes settle. */
  readonly children: Array<Child>
  /** What it tells other instances. */
  readonly sent: Array<Message>
  /** Answers to the senders of messages. */
  readonly replies: Array<{ readonly message: string; readonly outcome: Outcome }>
  /** Encoded values by name, for whoever looks at the instance. */
  readonly published: Sparse<string, string>
  /** Calls that nobody waits for any more: their executions end once that is durable. */
  readonly dropped: Array<Call>
  outcome: Outcome | null
  /** Calls whose attempts the next commit offers, and offers that it takes back. */
  readonly offers: Array<Call>
  readonly withdrawn: Array<CallKey>
  /** Calls that may run for the first time, once the events are durable. */
  readonly fresh: Array<FreshCalls>
  /** Calls that may run again, from `retryAt` on, once the events are durable. */
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
  /** Calls that were given out, or wait to run again. Those that nobody had yet are in `backlog`. */
  readonly calls: Map<number, Call>
  readonly backlog: Backlog
  /** Calls that are to run again now and wait for a slot. */
  readonly ready: Array<Call>
  /** How many of the calls run in this process's pool. */
  running: number
  /** Calls that must be offered: those that nobody was given yet, and those that run again. */
  readonly outbound: Backlog
  readonly reoffered: Array<Call>
  /** How many of the calls are offered. */
  offered: number
  /** Durable timers of the program: effect → due time. */
  readonly timers: Sparse<number, number>
  /** Calls whose time ends: effect → when. */
  readonly deadlines: Sparse<number, number>
  /** Timers and deadlines that are new since the dispatcher last armed them; a timer may be armed before it is durable, as its firing is. */
  newTimers: Array<number>
  pending: Pending
  completed: boolean
  /** Its outcome is stored, and whoever awaits it here was told. */
  told: boolean
  closed: boolean
  /** Bytes of events and fuel since the last snapshot. */
  eventBytes: number
  fuel: number
  snapshotBytes: number
  readonly inputBytes: number
  /** Why stepping it failed here: it is given away as it was last stored; null for none. */
  aside: string | null
  /** Commits in a row that found its row locked by somebody else. */
  busyRounds: number
  /** It was lost, released or closed: nothing of it counts any more. */
  gone: boolean
  /** Dropped calls whose executions may still run. */
  dropped: Array<Call>
  /** Messages that were taken here and may still be in the inbox. */
  readonly taken: Sparse<string, true>
  /** Of these, those whose commit is confirmed: no later reading of the inbox has them. */
  confirmed: Array<string>
  /** Its inbox held more than was read. */
  hasMore: boolean
  /** When it last moved. */
  movedAt: number
  /** Somebody looks again whether it can be parked. */
  isIdleArmed: boolean
}

export const emptyPending = (): Pending => ({
  events: [],
  logs: [],
  consumed: [],
  children: [],
  sent: [],
  replies: [],
  published: new Sparse(),
  dropped: [],
  outcome: null,
  offers: [],
  withdrawn: [],
  fresh: [],
  held: []
})

/** A call as it is when it is given out for the first time. */
export const newCall = (owned: Owned, effect: CallEffect, startedAt: number): Call => ({
  owned,
  effect: effect.effect,
  action: effect.action,
  args: effect.args,
  policy: effect.policy,
  startedAt,
  attempts: 0,
  timeouts: 0,
  losses: 0,
  deaths: 0,
  crashes: 0,
  details: null,
  keptAt: 0,
  progress: {},
  running: null,
  retryAt: null,
  offered: null
})

/** Calls of one instance that may be given out at the same time, however many slots there are. */
export const CALL_WINDOW = 1000

/** The next call that nobody was given yet, as a `Call` of the instance. */
export const takeFresh = (owned: Owned): Call | undefined => {
  const next = owned.backlog.take((effect) =>
    owned.state.pending.has(effect) && !owned.calls.has(effect)
  )
  if (next === undefined) return undefined
  const call = newCall(owned, next.effect, next.at)
  owned.calls.set(call.effect, call)
  return call
}

/** The next execution's number: from 1, whatever became of those before. */
export const attemptOf = ({ attempts, losses, timeouts }: Call): number =>
  attempts + timeouts + losses + 1

/** What it is suspected of, as it is recorded: only what there is. */
export const blamesOf = ({ crashes, deaths }: Call) => ({
  ...(deaths === 0 ? {} : { deaths }),
  ...(crashes === 0 ? {} : { crashes })
})

/** What names the present attempt of a call. */
export const keyOf = (call: Call): CallKey => ({
  instanceId: call.owned.id,
  effect: call.effect,
  attempt: attemptOf(call)
})

/** Something of this instance waits for a commit. */
export const isDirty = ({ closed, pending }: Owned): boolean =>
  closed || pending.offers.length > 0 || pending.withdrawn.length > 0 ||
  pending.events.length > 0 || pending.consumed.length > 0 ||
  pending.outcome !== null || pending.children.length > 0 || pending.sent.length > 0 ||
  pending.replies.length > 0 || pending.published.size > 0

/** Calls wait to be offered. */
export const hasOutbound = (owned: Owned): boolean =>
  owned.reoffered.length > 0 || owned.outbound.size > 0

/** Calls wait for a slot here. */
export const hasBacklog = (owned: Owned): boolean =>
  owned.ready.length > 0 || owned.backlog.size > 0

/** All that it asks for runs: nothing of it can be stored before a call reports. */
export const onlyRuns = (owned: Owned): boolean =>
  owned.running > 0 && owned.aside === null && owned.pending.fresh.length === 0 &&
  !isDirty(owned) && !hasBacklog(owned) && !hasOutbound(owned)

/** What an instance waits for of which nothing runs here. */
export interface Park {
  /** The earliest deadline; null when only a message can wake it. */
  readonly dueAt: number | null
  /** A message may come at any moment. */
  readonly forMessage: boolean
}

/** Undefined for an instance that must stay: a call runs, or waits for a slot. */
export const parkOf = (owned: Owned): Park | undefined => {
  // What waits for its window of offers stays, too: to load it for each answer costs O(n²).
  if (owned.running > 0 || hasBacklog(owned) || hasOutbound(owned)) return undefined
  if (owned.pending.fresh.length > 0) return undefined
  let next = Infinity
  let forMessage = owned.offered > 0
  for (const call of owned.calls.values()) {
    if (call.offered !== null) continue
    if (call.running !== null || call.retryAt === null) return undefined
    next = Math.min(next, call.retryAt)
  }
  for (const dueAt of owned.timers.values()) next = Math.min(next, dueAt)
  for (const dueAt of owned.deadlines.values()) next = Math.min(next, dueAt)
  for (const { kind } of owned.state.pending.values()) {
    if (kind !== "wait" && kind !== "child") continue
    forMessage = true
    break
  }
  if (next === Infinity) return forMessage ? { dueAt: null, forMessage } : undefined
  return { dueAt: next, forMessage }
}
