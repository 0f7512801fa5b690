/**
 * Calls that their owner offers to whoever has a free slot (PROTOCOL R14).
 *
 * The owner writes an offer in its own commit. A dispatcher with free slots takes offers in
 * batches, runs them in its own workers and puts what came of each into the inbox of the
 * instance; there the owner finds it, and takes the message and the offer away in the commit
 * of the event that it became. So the log of an instance has one writer, and of two verdicts
 * on one attempt the first one counts.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type { StepNode } from "../program/Program.ts"
import type { Blame } from "../worker/WorkerPool.ts"
import type { QueueUnavailable } from "./QueueError.ts"

/** The queue of calls whose policy names none. */
export const DEFAULT_QUEUE = "default"

/**
 * The workers of a dispatcher that died get this long after its lease to end; then permits
 * are given to others (PROTOCOL R17).
 */
export const KILL_GRACE_MILLIS = 2000

/** One step of priority is worth this long in the line. */
export const PRIORITY_STEP_MILLIS = 1000

/** How many calls of one lane run at once, or start within a time; over all dispatchers. */
export interface LaneLimit {
  /** Calls with the same lane share the limits. */
  readonly lane: string
  readonly concurrency: number | null
  /** At most `count` starts within any stretch of `periodMillis`. */
  readonly rate: { readonly count: number; readonly periodMillis: number } | null
}

/** Which attempt of which call: what names an offer and the message of its outcome. */
export interface CallKey {
  readonly instanceId: string
  readonly effect: number
  readonly attempt: number
}

/** One attempt of a call, complete for whoever runs it. */
export interface Offer {
  readonly effect: number
  /** Counts executions of this call from 1, whatever became of them. */
  readonly attempt: number
  readonly queue: string
  readonly limit: LaneLimit | null
  /** Calls of a higher priority go first, by one second a point; waiting makes up for it. */
  readonly priority: number
  readonly action: string
  readonly file: string
  readonly exportName: string
  /** The code of an implicit step, whose function no module exports. */
  readonly step?: StepNode
  readonly args: string
  /** How long the execution may take; null is without limit. */
  readonly timeoutMillis: number | null
  /** An execution that gives no sign of life for so long has timed out; null for any. */
  readonly heartbeatMillis: number | null
  /** Encoded details of the last heartbeat of an earlier attempt; null for none. */
  readonly details: string | null
  /** Workers ended twice while they executed it: it runs alone in its worker. */
  readonly alone: boolean
  /** The action commits its outcome with its own work (PROTOCOL R16). */
  readonly transactional: boolean
}

export interface TakenCall extends Offer {
  readonly instanceId: string
  /** Names the place of its outcome in the database of the queue; none for a queue in memory. */
  readonly slot?: string
}

export interface TakeRequest {
  readonly dispatcher: string
  /** The queues that it serves; the first ones are looked at first. */
  readonly queues: ReadonlyArray<string>
  readonly limit: number
  /** The lane that was served last: the next one has its turn. */
  readonly after: string
}

export interface Taken {
  readonly calls: ReadonlyArray<TakenCall>
  /** The lane to pass with the next request. */
  readonly after: string
  /** When a rate lets the next call start, on the queue's clock; null when none waits for that. */
  readonly nextAt: number | null
}

/** What became of an attempt; `details` are those of its last heartbeat. */
export type Verdict =
  | { readonly kind: "succeeded"; readonly value: string }
  | { readonly kind: "failed"; readonly error: string; readonly details?: string }
  /** `isMissed`: there was no heartbeat. */
  | { readonly kind: "timeout"; readonly isMissed?: boolean; readonly details?: string }
  | {
    readonly kind: "lost"
    readonly reason: string
    readonly blame?: Blame
    readonly details?: string
  }

export interface CallVerdict extends CallKey {
  readonly verdict: Verdict
}

/** Limits of a queue, over all dispatchers; null is without. */
export interface QueueLimits {
  readonly concurrency: number | null
  readonly rate: { readonly count: number; readonly periodMillis: number } | null
  /** Its calls wait until this is taken back. */
  readonly paused: boolean
}

export interface QueueState extends QueueLimits {
  readonly name: string
  readonly waiting: number
  readonly taken: number
  /** When the longest waiting call was offered. */
  readonly oldestAt: number | null
  /** Dispatchers that are alive and serve it. */
  readonly servers: number
}

/** Which lanes to look at: the next `limit` after one, "" for the first. */
export interface LaneSweep {
  readonly after: string
  readonly limit: number
  /** One that was first used this long ago goes if nothing of it counts any more. */
  readonly idleMillis: number
}

export interface LanesSwept {
  readonly removed: number
  /** The last lane that was looked at, where to go on; null at the end. */
  readonly after: string | null
}

/** Part of `Queue`. */
export interface Calls {
  /**
   * Takes offers, by turns over lanes and within the limits of lanes and queues. What others
   * are taking at this moment is passed over. A dead dispatcher gets nothing.
   */
  readonly take: (request: TakeRequest) => Effect.Effect<Taken, QueueUnavailable>
  /**
   * Puts verdicts into the inboxes of their instances and frees the permits. The first verdict
   * on an attempt counts; what comes later, or for an instance that is closed, is dropped.
   */
  readonly report: (
    dispatcher: string,
    verdicts: ReadonlyArray<CallVerdict>
  ) => Effect.Effect<void, QueueUnavailable>
  /**
   * Offers again what was taken and does not run, without a loss, and frees its permits, also
   * those of calls that were withdrawn meanwhile.
   */
  readonly giveBack: (
    dispatcher: string,
    calls: ReadonlyArray<CallKey>
  ) => Effect.Effect<void, QueueUnavailable>
  /** What the dispatcher has taken and nobody withdrew. */
  readonly held: (dispatcher: string) => Effect.Effect<ReadonlyArray<CallKey>, QueueUnavailable>
  /**
   * Forgets lanes of which nothing runs and no start counts. Nothing is lost with one: the next
   * call of its key makes it anew.
   */
  readonly sweep: (sweep: LaneSweep) => Effect.Effect<LanesSwept, QueueUnavailable>
  readonly limit: (name: string, limits: QueueLimits) => Effect.Effect<void, QueueUnavailable>
  /** Queues that have limits, calls or servers, by name. */
  readonly list: Effect.Effect<ReadonlyArray<QueueState>, QueueUnavailable>
}
