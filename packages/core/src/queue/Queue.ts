/**
 * The durable port: programs, instances that are due, their events and results.
 *
 * Everything that survives a crash goes through this service. Its layers (memory,
 * Postgres) keep the same promises and pass the same suite:
 *
 * - An instance has at most one owner: a dispatcher, at an epoch that grows with
 *   every change of owner. Only the owner's `commit` moves the instance.
 * - A `commit` is one atomic batch of many small fates: an instance whose owner,
 *   epoch or last event number is not the expected one is left out, alone.
 * - A commit that is sent again with the same id changes nothing and answers as
 *   the first time.
 * - All times are milliseconds since the epoch on the queue's own clock (the
 *   database's), which may differ from this process's.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Outcome } from "../machine/Model.ts"
import type { ProgramFile } from "../program/Program.ts"
import type { Search } from "../search/Search.ts"
import type { CallKey, Calls, Offer } from "./Calls.ts"
import type { KeyTaken, QueueUnavailable, SchemaTooNew } from "./QueueError.ts"

/**
 * From so many claims without a commit between them an instance is a suspect: it may be what
 * ends its hosts, and is taken on its own (PROTOCOL R13).
 */
export const SUSPECT_CLAIMS = 2

export interface StartRequest {
  /** UUIDv7, made by the client before the first send, so that a retry is safe. */
  readonly id: string
  /** The workflow's name. */
  readonly name: string
  /** Hash of a program that `putProgram` has stored. */
  readonly program: string
  /** The encoded array of arguments. */
  readonly input: string
  /** 32 hex digits of CSPRNG data. */
  readonly seed: string
  /** Idempotency key, unique per workflow name. */
  readonly key?: string
  /** Not before this long from now; 0 and absent are at once. */
  readonly delayMillis?: number
  /** Not before this point in time, on the queue's clock. */
  readonly dueAt?: number
  /** -9 to 9, 0 when absent: of what is due, a point is worth a second of waiting. */
  readonly priority?: number
  /** To be cancelled when it has not finished this long from now. */
  readonly deadlineMillis?: number
  /** To be cancelled when it has not finished by this point in time. */
  readonly deadlineAt?: number
  readonly debounce?: Debounce
  readonly tags?: ReadonlyArray<string>
  /** JSON text of an object. */
  readonly memo?: string
  /** The tick of a schedule that this is the run of: there is one instance per tick. */
  readonly tick?: Tick
}

export interface Tick {
  readonly schedule: string
  /** The time that the schedule names, on the queue's clock; null for a run outside its times. */
  readonly at: number | null
  /** Not due before `releaseRuns` finds that the schedule's earlier runs have finished. */
  readonly waits?: boolean
}

/**
 * Starts with the same key, unique per workflow name, are one instance as long as that was
 * never claimed: a later one puts it off and replaces what it runs with, and is answered as
 * one that created nothing. A request with it has neither a key nor a time of its own.
 */
export interface Debounce {
  readonly key: string
  readonly waitMillis: number
  /** It is due this long after the first start at the latest. */
  readonly maxWaitMillis?: number
}

/** `created` is false when the id or the key was there already; `id` is then that instance's. */
export interface Started {
  readonly id: string
  readonly created: boolean
  /** When it was claimed for the owner that the start named, by the queue's clock; absent if it was not. */
  readonly startedAt?: number
}

/** `aside`: nobody runs it until an operator resumes it; `InstanceRecord.aside` says why. */
export type InstanceStatus =
  | "waiting"
  | "running"
  | "completed"
  | "failed"
  | "cancelled"
  | "terminated"
  | "aside"

/** What is known of an instance without loading its state. */
export interface InstanceRecord {
  readonly id: string
  readonly name: string
  readonly program: string
  readonly status: InstanceStatus
  readonly key: string | null
  readonly input: string
  readonly priority: number
  readonly tags: ReadonlyArray<string>
  /** JSON text of an object. */
  readonly memo: string | null
  /** When it is cancelled unless it has finished. */
  readonly deadlineAt: number | null
  /** The schedule that started it, and for which of its times. */
  readonly schedule: string | null
  readonly tickAt: number | null
  readonly createdAt: number
  readonly startedAt: number | null
  readonly finishedAt: number | null
  /** Set once the instance has completed or failed. */
  readonly outcome: Outcome | null
  /** Why the instance was set aside; null for none. */
  readonly aside: string | null
  /** The instance that started it; null for none. */
  readonly parent: string | null
  /** The instance that a repair made it of; null for none. */
  readonly origin: string | null
}

/** What of an instance is needed to step it from its beginning. */
export interface Begun {
  readonly id: string
  readonly seed: string
  readonly entry: string | null
  /** Nothing can happen to it any more: it has its outcome and no background work. */
  readonly closed: boolean
}

/** Lets a closed instance go on. */
export interface Repair {
  readonly id: string
  /** Names this repair: sent again it changes nothing. */
  readonly repairId: string
  /** The last event of its log. */
  readonly expectedSeq: number
  /** Follows that event. */
  readonly event: Omit<StoredEvent, "message">
  /** What waits in its inbox, in this order. */
  readonly messages: ReadonlyArray<Message>
}

/** An instance that is made of a closed one. */
export interface Fork {
  readonly request: StartRequest
  readonly entry: string | null
  /** When its first step was; null for one that begins anew. */
  readonly startedAt: number | null
  /** What it begins with. */
  readonly events: ReadonlyArray<StoredEvent>
  /** What it is made of, and the event there that says so. */
  readonly origin: Omit<Repair, "messages">
}

export type FinishedStatus = Extract<InstanceStatus, "completed" | "failed">

/** Which finished instances are to go. */
export interface Removal {
  readonly name: string
  readonly status: FinishedStatus
  /** Finished at least so long ago. */
  readonly keepMillis: number
  readonly limit: number
}

export interface InstanceFilter {
  readonly name?: string
  readonly status?: InstanceStatus
  /** Only children of this instance. */
  readonly parent?: string
  readonly search?: Search
  readonly limit: number
}

/** How an event is kept. `seq` counts from 1 without holes within an instance. */
export interface StoredEvent {
  readonly seq: number
  /**
   * `settled`, `fired`, `received` and `cancelled` step the machine; `terminated` ends the
   * instance without a step; `attempt` (an execution failed and will run again) and `lost`
   * (an execution was lost to infrastructure) only count; `failed` is an `attempt` on which the
   * program's own predicates had a say, which is a step; `heartbeat` keeps the details of one. `patched` is an
   * outcome that an operator gave; `repaired` puts the instance back to an earlier event, or
   * notes that another was made of it.
   */
  readonly kind:
    | "settled"
    | "patched"
    | "repaired"
    | "fired"
    | "received"
    | "cancelled"
    | "terminated"
    | "attempt"
    | "lost"
    | "failed"
    | "heartbeat"
  /** The effect it is about; 0 for none. */
  readonly effect: number
  /** Step time. */
  readonly at: number
  /** JSON of the event's own data (`dispatcher/EventCodec.ts`), or null. */
  readonly payload: string | null
  /** `MACHINE_VERSION` and a digest of the commands that its step emitted. */
  readonly machine: number
  readonly digest: number
  /** The message that this event took from the inbox; absent for none. */
  readonly message?: string
}

/**
 * What anybody but the owner has to say to an instance. It waits in the instance's inbox
 * until the commit of the event that it became.
 */
export interface Message {
  /** Made by the sender before the first send: what is sent again is delivered once. */
  readonly id: string
  readonly instanceId: string
  /**
   * `signal`: `payload` is the value and `name` its channel. `cancel` and `terminate`:
   * `payload` is the reason, or null. `child`: the outcome of the child that `effect` asked for.
   * `call`: what became of an attempt that was offered (`callVerdict.ts`); put in by `calls`.
   * `outcome`: the outcome of a call or child, from a repair; `name` says who gave it, and is
   * null when it is one that was recorded before.
   */
  readonly kind: "signal" | "cancel" | "terminate" | "child" | "call" | "outcome"
  /** The effect it settles; 0 for none. */
  readonly effect: number
  readonly name: string | null
  readonly payload: string | null
}

/** A message in the inbox of its instance. */
export interface Arrived extends Message {
  /** It was taken before and was sent again since: to be consumed without an event. */
  readonly repeated: boolean
}

/** `finished`: the instance's result is fixed already. `unknown`: there is no such instance. */
export type Delivery = "delivered" | "finished" | "unknown"

export interface DispatcherInfo {
  /** UUIDv7 of this registration. */
  readonly id: string
  readonly host: string
  readonly pid: number
  /** Names the process for others on its host; absent or "" where it has no such name. */
  readonly place?: string
}

/** A row that was claimed and is now owned at `epoch`. */
export interface Claimed {
  readonly id: string
  readonly epoch: number
}

export interface Claims {
  readonly claimed: ReadonlyArray<Claimed>
  /** When the next unowned instance is due, on the queue's clock; null when none waits for a time. */
  readonly nextDueAt: number | null
  /** Instances that the dispatcher owned before this claim and that have messages: to be polled. */
  readonly arrived: ReadonlyArray<string>
  readonly now: number
}

/** All that is needed to go on with an instance: read after its claim was committed. */
export interface Loaded {
  readonly id: string
  readonly epoch: number
  readonly name: string
  readonly program: string
  readonly input: string
  readonly seed: string
  /** Of a child: where its workflow stands in the program; absent and null for the program's own entry. */
  readonly entry?: string | null
  /** Why it is set aside; it was claimed for its termination then. */
  readonly aside?: string | null
  /** When it was claimed for the first time; the time of its first step. */
  readonly startedAt: number
  readonly lastSeq: number
  /**
   * Claims since the instance's last commit, this one included. From `SUSPECT_CLAIMS` on only
   * those count for which `countClaim` was told.
   */
  readonly claims: number
  /** The result is fixed already and only background work remains. */
  readonly completed: boolean
  readonly snapshot: { readonly seq: number; readonly body: string } | null
  /** Events after the snapshot, by `seq`. */
  readonly events: ReadonlyArray<StoredEvent>
  /** Messages, in the order in which they are to be taken; the first `MESSAGES` of them. */
  readonly inbox: ReadonlyArray<Arrived>
  /** Attempts of its calls that are offered, or were taken and have no verdict yet. */
  readonly offered?: ReadonlyArray<CallKey>
}

/**
 * An instance that another starts. Its id is made of the parent's, so that a commit that is
 * sent again, or a step that is taken again, starts it once; its outcome comes to the
 * parent's inbox for `effect`.
 */
export interface Child {
  readonly id: string
  readonly name: string
  readonly effect: number
  /** The top-level variable that holds its workflow, as `module:index`. */
  readonly entry: string
  readonly input: string
  readonly seed: string
  /** Not before this point in time, on the queue's clock; null for at once. */
  readonly dueAt: number | null
}

/** One instance's part of a commit. */
export interface CommitEntry {
  readonly id: string
  readonly epoch: number
  /** The last durable event before this commit; the entry is refused when it differs. */
  readonly expectedSeq: number
  /** New events, numbered from `expectedSeq + 1`. */
  readonly events: ReadonlyArray<StoredEvent>
  /** Log lines of the workflow, in order: JSON of `{ level, text, at }`. */
  readonly logs: ReadonlyArray<string>
  /**
   * Messages that became events, or were repeated ones: they leave the inbox, and with the
   * verdict on an offered attempt goes the offer.
   */
  readonly consumed: ReadonlyArray<string>
  /** Instances that start with this commit, run by the program of this one. */
  readonly children?: ReadonlyArray<Child>
  /** Messages to other instances; those that have finished get none. */
  readonly sent?: ReadonlyArray<Message>
  /** Answers to senders of messages; the first for a message counts. */
  readonly replies?: ReadonlyArray<{ readonly message: string; readonly outcome: Outcome }>
  /** Encoded values by name, for whoever looks at the instance; they replace those before. */
  readonly published?: Iterable<readonly [name: string, value: string]> & { readonly size: number }
  /** Attempts that anybody may take from now on; none of an entry that closes. */
  readonly offers?: ReadonlyArray<Offer>
  /** Attempts, offered by earlier commits, that nobody waits for any more. */
  readonly withdrawn?: ReadonlyArray<CallKey>
  /** Fixes the result. */
  readonly outcome: Outcome | null
  /** Replaces the snapshot; it holds all events up to `seq`, the new ones included. */
  readonly snapshot: { readonly seq: number; readonly body: string } | null
  /**
   * `keep`: stays with its owner. `release`: has no owner from now on and is due at
   * `dueAt` (null: only when something arrives for it) and as soon as it has a message.
   * `close`: nothing can happen any more; the ownership row goes, and its messages with it.
   * `aside`: has no owner, and nobody claims it before `resume`, whatever arrives for it.
   */
  readonly then:
    | { readonly kind: "keep" }
    | { readonly kind: "release"; readonly dueAt: number | null }
    | { readonly kind: "close" }
    | { readonly kind: "aside"; readonly reason: string }
}

export interface Commit {
  /** UUIDv7 of the batch: resending it verbatim is safe. */
  readonly id: string
  readonly dispatcher: string
  readonly entries: ReadonlyArray<CommitEntry>
}

export interface Committed {
  /** Instances whose entry is durable. */
  readonly accepted: ReadonlySet<string>
  /**
   * Instances that are still the sender's, of which nothing was written, as somebody else
   * holds a lock on them: they go into a later commit. Those that are in neither set belong
   * to somebody else, or were set aside: drop them.
   */
  readonly busy: ReadonlySet<string>
  readonly now: number
}

/** Another dispatcher as seen now; an observer decides from the counters when one is dead. */
export interface Peer {
  readonly id: string
  readonly counter: number
  /** What it registered as its place; "" for none. */
  readonly place: string
}

export interface Beat {
  /** False once somebody has declared this dispatcher dead: drop everything and register anew. */
  readonly alive: boolean
  readonly peers: ReadonlyArray<Peer>
  /** What the peers said of themselves with their last beat. */
  readonly hosts: ReadonlyArray<HostLoad>
  /** Queues with limits of their own: their calls are offered wherever they run. */
  readonly limited: ReadonlyArray<string>
  readonly now: number
}

/** What a dispatcher can do for others. */
export interface HostLoad {
  /** Executions that its workers can make at the same time. */
  readonly slots: number
  /** The queues that it serves. */
  readonly queues: ReadonlyArray<string>
}

/** Messages of one instance that are read at once; the others wait for the next time. */
export const MESSAGES = 1000

/** A hint that costs latency when it is lost, never correctness. */
export type Wake =
  | { readonly kind: "due" }
  | { readonly kind: "finished"; readonly ids: ReadonlyArray<string> }
  /** Calls were offered, or room was made for more. */
  | { readonly kind: "offered" }
  /** Calls that ran were withdrawn; a queue whose dispatchers beat need not say it. */
  | { readonly kind: "withdrawn" }
  /** Messages came for instances that this dispatcher owns. */
  | { readonly kind: "arrived"; readonly dispatcher: string }
  /** The listener (re)connected: anything may have been missed. */
  | { readonly kind: "resync" }

/**
 * @since 0.1.0
 * @category services
 */
export class Queue extends Context.Tag("@rappel/core/queue/Queue")<Queue, {
  /** Stores programs that are not there yet; programs never change. */
  readonly putPrograms: (files: ReadonlyArray<ProgramFile>) => Effect.Effect<void, QueueUnavailable>
  readonly getPrograms: (
    hashes: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<ProgramFile>, QueueUnavailable>
  /** Stores programs, and makes them those that starts by name use from now on. */
  readonly deploy: (files: ReadonlyArray<ProgramFile>) => Effect.Effect<void, QueueUnavailable>
  /**
   * What a start by name uses: the program that was deployed under it, else the newest that
   * was stored.
   */
  readonly newestProgram: (
    name: string
  ) => Effect.Effect<Option.Option<string>, QueueUnavailable>

  /**
   * Stores instances, in the order of the batch's answer. With `owner`, those that
   * are due at once are claimed for that dispatcher in the same transaction, at epoch 1, if
   * it is alive; a batch of several with keys may wait for a claim all the same. A key that is
   * taken refuses the whole batch.
   */
  readonly start: (
    batch: ReadonlyArray<StartRequest>,
    owner?: string
  ) => Effect.Effect<ReadonlyArray<Started>, QueueUnavailable | KeyTaken>

  /**
   * Makes runs of schedules due that wait for earlier ones, the first of each schedule, when
   * no other run of it is left. Answers how many.
   */
  readonly releaseRuns: Effect.Effect<number, QueueUnavailable>

  /**
   * Asks instances whose deadline has passed to cancel, each once. Answers when the next
   * deadline is; null for none.
   */
  readonly cancelOverdue: Effect.Effect<number | null, QueueUnavailable>

  /** The instances of these ids, in no order; unknown ids are missing. */
  readonly find: (
    ids: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<InstanceRecord>, QueueUnavailable>
  /** Newest first. */
  readonly list: (
    filter: InstanceFilter
  ) => Effect.Effect<ReadonlyArray<InstanceRecord>, QueueUnavailable>
  /** All events of an instance, by `seq`, those before its snapshot included. */
  readonly history: (
    id: string
  ) => Effect.Effect<ReadonlyArray<StoredEvent>, QueueUnavailable>
  /** The answers to these messages, by message; those without one are missing. */
  readonly replies: (
    messages: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyMap<string, Outcome>, QueueUnavailable>
  /** What an instance published, encoded, by name. */
  readonly published: (
    id: string
  ) => Effect.Effect<ReadonlyMap<string, string>, QueueUnavailable>

  readonly register: (
    info: DispatcherInfo
  ) => Effect.Effect<{ readonly now: number }, QueueUnavailable | SchemaTooNew>
  /** Counts this dispatcher's beat and answers the beats of all others that are alive. */
  readonly beat: (dispatcher: string, load?: HostLoad) => Effect.Effect<Beat, QueueUnavailable>
  /**
   * Declares dispatchers dead, for good, unless their counter has moved on, and makes
   * their instances due. What they had taken is recorded as lost, in the inboxes of its
   * instances; permits return after `KILL_GRACE_MILLIS`. Answers how many instances that were.
   */
  readonly expire: (
    peers: ReadonlyArray<Peer>
  ) => Effect.Effect<number, QueueUnavailable>
  /** Ends a registration: what it still owns is due at once, what it has taken is offered again. */
  readonly leave: (dispatcher: string) => Effect.Effect<void, QueueUnavailable>

  /**
   * Puts messages into the inboxes of their instances, in this order, and answers for each.
   * A message whose id was delivered before is answered so again and changes nothing.
   * It touches no row that an owner writes, so it waits for nobody and nobody for it.
   */
  readonly deliver: (
    batch: ReadonlyArray<Message>
  ) => Effect.Effect<ReadonlyArray<Delivery>, QueueUnavailable>

  /**
   * Takes up to `limit` instances that are due, by rank (the due time less a second a point of
   * priority), or that have messages and no owner; when there are too many, by turns. Those that others are claiming are passed
   * over. One that is stored with a due time in the past may be found by a later claim only,
   * `pollMillis` from then at the latest. With a limit of 0 it only looks.
   */
  readonly claim: (
    dispatcher: string,
    limit: number
  ) => Effect.Effect<Claims, QueueUnavailable>
  /** Reads what was claimed. An instance that is missing in the answer was lost again. */
  readonly load: (
    dispatcher: string,
    claimed: ReadonlyArray<Claimed>
  ) => Effect.Effect<ReadonlyArray<Loaded>, QueueUnavailable>
  /** Reads the inboxes of owned instances as `load` does: up to `MESSAGES` of each, in order. */
  readonly poll: (
    dispatcher: string,
    claimed: ReadonlyArray<Claimed>
  ) => Effect.Effect<ReadonlyArray<Arrived>, QueueUnavailable>
  /** Gives back, unchanged and due at once, what was claimed but cannot be run here. */
  readonly giveBack: (
    dispatcher: string,
    claimed: ReadonlyArray<Claimed>
  ) => Effect.Effect<void, QueueUnavailable>
  /**
   * Says how many claims count against an instance, if it is still owned at this epoch. Told
   * of a suspect before it is touched: what is claimed but was not touched yet need not share
   * the blame for a host's death (PROTOCOL R13).
   */
  readonly countClaim: (
    dispatcher: string,
    claimed: Claimed,
    claims: number
  ) => Effect.Effect<void, QueueUnavailable>
  readonly commit: (commit: Commit) => Effect.Effect<Committed, QueueUnavailable>
  /** Names of all workflows that a program was ever stored for. */
  readonly workflows: Effect.Effect<ReadonlyArray<string>, QueueUnavailable>
  /**
   * Removes finished and closed instances with all that is kept of them, those that finished
   * first, and answers how many. Their keys are free again. While another process removes
   * some, none are.
   */
  readonly remove: (removal: Removal) => Effect.Effect<number, QueueUnavailable>
  /** Calls that were offered. */
  readonly calls: Calls
  /** How instances began; unknown ids are missing. */
  readonly begun: (
    ids: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<Begun>, QueueUnavailable>
  /**
   * Makes closed instances due again, all or none. False when one of them is not closed, or
   * its log does not end as expected.
   */
  readonly repair: (
    repairs: ReadonlyArray<Repair>
  ) => Effect.Effect<boolean, QueueUnavailable>
  /** Stores an instance with its history. False as for `repair`. */
  readonly fork: (fork: Fork) => Effect.Effect<boolean, QueueUnavailable>
  /** Makes instances that were set aside due again, and answers which. */
  readonly resume: (
    ids: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlySet<string>, QueueUnavailable>

  /**
   * Calls back at each hint until the scope closes. The listener is called where the hint comes in,
   * before anything else goes on: it notes what to look at, and throws nothing.
   */
  readonly listen: (hear: (wake: Wake) => void) => Effect.Effect<void, never, Scope.Scope>
  /**
   * How often to look without a hint; a layer whose hints cannot be lost answers
   * `Infinity`.
   */
  readonly pollMillis: number
}>() {}
