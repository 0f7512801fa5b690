/**
 * What a dispatcher decides, without fibers: which instances it owns, which calls run,
 * what the next commit holds.
 *
 * All methods are synchronous and take the time from `now`. The Effect side
 * (`Dispatcher.ts`) feeds it with claims, reports and confirmations, and sends what
 * `takeCommit` answers; a simulation can do the same under a schedule of its own.
 *
 * Order of a fact: it is applied in memory, waits in `pending`, is frozen into a commit,
 * and when that is confirmed its calls are handed to the pool. While one commit is on its way
 * the next gathers, which is all the group commit there is.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import type { ActionNode, ProgramFile } from "../program/Program.ts"
import { DEFAULT_QUEUE, type Offer } from "../queue/Calls.ts"
import {
  type Arrived,
  type Claimed,
  type Commit,
  type CommitEntry,
  type Committed,
  type HostLoad,
  type Loaded,
  MESSAGES
} from "../queue/Queue.ts"
import type { RetrySchedules } from "../retry/RetrySchedules.ts"
import type { Timeouts } from "../retry/Timeouts.ts"
import type { Scheduler } from "../scheduler/Scheduler.ts"
import type { CallReport, CallRequest, WorkerPool } from "../worker/WorkerPool.ts"
import { adopt } from "./adopt.ts"
import * as advance from "./advance.ts"
import { messageOf } from "./DispatcherError.ts"
import { encodeSnapshot, SNAPSHOT_FORMAT } from "./EventCodec.ts"
import { ALONE_AFTER_LOSSES, collect, offerOf, Routes, split } from "./offers.ts"
import {
  attemptOf,
  type Call,
  CALL_WINDOW,
  emptyPending,
  hasBacklog,
  hasOutbound,
  isDirty,
  type Owned,
  parkOf,
  type Pending,
  takeFresh
} from "./Owned.ts"
import * as TimerHeap from "./TimerHeap.ts"

export interface CoreOptions {
  /** Instances in memory at the same time; parked ones don't count. */
  readonly maxInstances: number
  /** An instance stays in memory when it goes on within this time. */
  readonly parkAfterMillis: number
  /** Instances in one commit. */
  readonly commitEntries: number
}

export interface CoreServices {
  readonly now: () => number
  readonly commitId: () => string
  readonly pool: Pick<WorkerPool["Type"], "slots" | "submit" | "interrupt">
  readonly scheduler: Scheduler["Type"]
  readonly retries: RetrySchedules["Type"]
  readonly timeouts: Timeouts["Type"]
  /** Whether what is owned here is so for certain now: its last beat is younger than a lease. */
  readonly isCertain: () => boolean
  /** Which calls are offered to others; none when absent. */
  readonly routes?: Routes
  /** Executions of calls of others in this process's pool, and slots that are kept for them. */
  readonly lent?: () => number
  /** Told of an instance that is set aside, and why. */
  readonly onFault: (instanceId: string, cause: unknown) => void
}

interface Running {
  readonly call: Call
  readonly limitMillis: number | null
  /** On the queue's clock; Infinity without a limit. */
  readonly deadline: number
}

interface Frozen {
  readonly owned: Owned
  readonly pending: Pending
  readonly entry: CommitEntry
}

/** Effects count from 1; a timer of this one looks at the instance again. */
const NO_EFFECT = 0

/** A commit takes no further instance once it holds this much; one alone may hold more. */
const COMMIT_BYTES = 16 * 1024 * 1024

const bytesOf = ({ events, logs, offers, outcome, snapshot }: CommitEntry): number => {
  let bytes = snapshot?.body.length ?? 0
  for (const offer of offers ?? []) bytes += offer.args.length
  for (const event of events) bytes += event.payload?.length ?? 0
  for (const line of logs) bytes += line.length
  if (outcome !== null) bytes += outcome.ok ? outcome.value.length : outcome.error.length
  return bytes
}

/** A lock that somebody else holds for longer is looked at this often. */
const BUSY_LIMIT_MILLIS = 1000

/** Steps that take so long together are followed by a pause, in which the dispatcher beats. */
export const LONG_STEP_MILLIS = 500

/** It asks for children before its first event: a snapshot tells later that they were started. */
const startsBare = ({ pending }: Owned): boolean =>
  pending.children.length > 0 && pending.events.length === 0

export class DispatcherCore {
  readonly owned = new Map<string, Owned>()
  readonly counts = { commits: 0, events: 0, executions: 0, lostInstances: 0 }
  private readonly options: CoreOptions
  private readonly services: CoreServices
  /** Instances with calls that wait for a slot, the one whose turn it is first. */
  private readonly hungry = new Set<Owned>()
  private readonly running = new Map<number, Running>()
  private readonly review = new Set<Owned>()
  private readonly timers = TimerHeap.make<
    Call | { readonly owned: Owned; readonly effect: number }
  >()
  private readonly actions = new WeakMap<ProgramFile, Map<string, ActionNode>>()
  private frozen: ReadonlyArray<Frozen> | null = null
  private nextTimeoutAt = Infinity
  private executionId = 0
  private readonly routes: Routes
  private draining = false
  private missed = false
  /** How many more calls that wait for a slot here the commit that is being made may offer. */
  private overflow = 0

  constructor(options: CoreOptions, services: CoreServices) {
    this.options = options
    this.services = services
    this.routes = services.routes ?? new Routes()
  }

  /** A number for an execution in this process's pool. */
  nextExecutionId(): number {
    return ++this.executionId
  }

  /** Takes what a beat answered of the other hosts and of limited queues. */
  setRoutes(hosts: ReadonlyArray<HostLoad>, limited: ReadonlyArray<string>): void {
    this.routes.update(hosts, limited)
    for (const owned of this.owned.values()) {
      if (hasBacklog(owned) || hasOutbound(owned)) this.review.add(owned)
    }
  }

  /** Calls of instances here that are offered or about to be. */
  offeredCount(): number {
    let count = 0
    for (const { offered, outbound, reoffered } of this.owned.values()) {
      count += offered + outbound.size + reoffered.length
    }
    return count
  }

  /** How many more instances may be claimed. */
  capacity(): number {
    return this.draining ? 0 : this.options.maxInstances - this.owned.size
  }

  runningCount(): number {
    return this.running.size
  }

  waitingCount(): number {
    let count = 0
    for (const { backlog, ready } of this.owned.values()) count += backlog.size + ready.length
    return count
  }

  /** When `tick` has something to do; Infinity for never. */
  nextWakeAt(): number {
    return Math.min(this.timers.nextAt(), this.nextTimeoutAt)
  }

  /** Takes a loaded instance into memory. */
  adopt(loaded: Loaded, file: ProgramFile): ReturnType<typeof adopt> {
    const { scheduler } = this.services
    const adopted = adopt(
      loaded,
      scheduler.machine(file),
      file,
      this.services.now(),
      this.routes.isOffered
    )
    if (Either.isRight(adopted)) {
      const owned = adopted.right
      const before = this.owned.get(owned.id)
      if (before !== undefined) this.drop(before)
      this.owned.set(owned.id, owned)
      this.moved(owned)
      this.takeAll(owned, loaded.inbox)
      // What an instance asks for that starts, or was parked, is durable already.
      if (!isDirty(owned)) this.release(owned, owned.pending)
      this.pump()
    }
    return adopted
  }

  /**
   * Takes the pool's reports from one on, and answers the one to go on with: after a step that
   * took long, others have their turn first.
   */
  reports(reports: ReadonlyArray<CallReport>, from = 0): number {
    const longAt = this.services.now() + LONG_STEP_MILLIS
    let next = from
    while (next < reports.length) {
      const report = reports[next++]!
      const running = this.running.get(report.id)
      if (running === undefined) continue
      this.running.delete(report.id)
      const { call } = running
      const { owned } = call
      // The outcome of a call that was cancelled meanwhile counts no more.
      if (owned.gone || owned.calls.get(call.effect) !== call) {
        advance.stop(call)
        continue
      }
      const at = advance.stepTime(owned, this.services.now())
      this.move(owned, () => {
        if (report.kind === "succeeded") {
          advance.settle(owned, call.effect, { ok: true, value: report.value }, at)
        } else if (report.kind === "failed") {
          advance.fail(call, report.error, at, this.services.retries)
        } else advance.lose(call, report.reason, at)
      })
      if (this.services.now() > longAt) break
    }
    this.pump()
    return next
  }

  /** Fires what is due: timers, retries, timeouts. */
  tick(): void {
    const now = this.services.now()
    for (const entry of this.timers.takeDue(now)) {
      const { owned } = entry
      if (owned.gone) continue
      if (!("policy" in entry)) {
        if (entry.effect === NO_EFFECT) {
          owned.isIdleArmed = false
          this.review.add(owned)
          continue
        }
        // A timer that was dropped, or re-armed after a reload, is not in the map any more.
        const dueAt = owned.timers.get(entry.effect)
        if (dueAt === undefined || dueAt > now) continue
        this.move(owned, () => advance.fire(owned, entry.effect, now))
      } else if (this.isCurrent(entry) && entry.retryAt !== null && entry.retryAt <= now) {
        this.queueUp(entry)
      }
    }
    if (now >= this.nextTimeoutAt) this.timeOut(now)
    this.pump()
  }

  /** Which of these are in memory, to be polled; what was confirmed until now cannot be read again. */
  pollable(ids: ReadonlyArray<string>): ReadonlyArray<Claimed> {
    return ids.flatMap((id) => {
      const owned = this.owned.get(id)
      if (owned === undefined) return []
      for (const message of owned.confirmed.splice(0)) owned.taken.delete(message)
      return [{ id, epoch: owned.epoch }]
    })
  }

  /** Takes what a poll of these has read. */
  receive(polled: ReadonlyArray<Claimed>, messages: ReadonlyArray<Arrived>): void {
    const inboxes = new Map<string, Array<Arrived>>(polled.map(({ id }) => [id, []]))
    for (const message of messages) inboxes.get(message.instanceId)?.push(message)
    for (const { epoch, id } of polled) {
      const owned = this.owned.get(id)
      const inbox = inboxes.get(id)!
      if (owned?.epoch === epoch) this.takeAll(owned, inbox)
      else if (inbox.length > 0) this.missed = true
    }
    this.pump()
  }

  /** Whether messages may wait that no hint will tell of; asking forgets it. */
  hasMissed(): boolean {
    const { missed } = this
    this.missed = false
    return missed
  }

  /** Looks at everything that could be parked: others wait for room. */
  makeRoom(): void {
    for (const owned of this.owned.values()) if (owned.isIdleArmed) this.review.add(owned)
  }

  /** The next batch to store, or undefined when nothing waits or one is on its way. */
  takeCommit(dispatcher: string): Commit | undefined {
    if (this.frozen !== null) return undefined
    const frozen: Array<Frozen> = []
    let bytes = 0
    this.overflow = this.overflowRoom()
    for (const owned of this.review) {
      if (frozen.length >= this.options.commitEntries || bytes >= COMMIT_BYTES) break
      this.review.delete(owned)
      if (owned.gone) continue
      const one = this.freeze(owned)
      if (one === undefined) continue
      frozen.push(one)
      bytes += bytesOf(one.entry)
    }
    if (frozen.length === 0) return undefined
    this.frozen = frozen
    return { id: this.services.commitId(), dispatcher, entries: frozen.map(({ entry }) => entry) }
  }

  /**
   * Takes the answer to the commit that `takeCommit` gave out last. What was refused is dropped
   * and answered: it is to be loaded again, as it may be this dispatcher's all the same (R4).
   */
  committed(
    { accepted, busy }: Pick<Committed, "accepted" | "busy">
  ): ReadonlyArray<Claimed> {
    const frozen = this.frozen ?? []
    this.frozen = null
    const refused: Array<Claimed> = []
    this.counts.commits++
    for (const one of frozen) {
      const { entry, owned, pending } = one
      if (owned.gone) continue
      if (busy.has(entry.id)) {
        this.thaw(one)
        continue
      }
      owned.busyRounds = 0
      if (!accepted.has(entry.id)) {
        this.counts.lostInstances++
        refused.push({ id: owned.id, epoch: owned.epoch })
        this.drop(owned)
        continue
      }
      this.counts.events += entry.events.length
      owned.durableSeq += entry.events.length
      if (entry.then.kind !== "keep") {
        // A message that came while the release was on its way is read by the next owner.
        if (owned.pending.consumed.length > 0) this.missed = true
        this.drop(owned)
        continue
      }
      owned.confirmed.push(...entry.consumed)
      if (owned.hasMore && entry.consumed.length > 0) {
        owned.hasMore = false
        this.missed = true
      }
      this.interrupt(owned, pending.dropped)
      this.release(owned, pending)
      this.review.add(owned)
    }
    this.pump()
    return refused
  }

  /** Whether this instance is here at this epoch. */
  holds({ epoch, id }: Claimed): boolean {
    return this.owned.get(id)?.epoch === epoch
  }

  /** Whether nothing of this instance waits for a commit, which is so as well when it is not here. */
  isDurable(id: string): boolean {
    const owned = this.owned.get(id)
    return owned === undefined ||
      (owned.durableSeq === owned.seq && owned.aside === null && !isDirty(owned))
  }

  /** Whether `takeCommit` may have something now. */
  hasWork(): boolean {
    return this.frozen === null && this.review.size > 0
  }

  /** Hands out what was held back while ownership was in doubt. */
  confirmed(): void {
    this.pump()
  }

  /** From now on no call starts, and whatever has nothing running is given away. */
  drain(): void {
    this.draining = true
    this.hungry.clear()
    for (const owned of this.owned.values()) this.review.add(owned)
  }

  /** Ends what still runs; used when the grace of a shutdown is over. */
  interruptAll(): void {
    const ids = Array.from(this.running.keys())
    for (const { call } of this.running.values()) {
      advance.stop(call)
      this.review.add(call.owned)
    }
    this.running.clear()
    this.services.pool.interrupt(ids, "shutdown")
  }

  /** Forgets every instance: this dispatcher was declared dead and owns nothing. */
  dropAll(): void {
    for (const owned of Array.from(this.owned.values())) this.drop(owned)
    this.review.clear()
  }

  /**
   * Moves an instance. A step that throws is a fault of this program, not of the workflow:
   * the instance is given away as it was stored, to nobody, and the others go on.
   */
  private move(owned: Owned, advanceIt: () => void): void {
    try {
      advanceIt()
    } catch (cause) {
      this.setAside(owned, cause)
    }
    this.moved(owned)
  }

  private setAside(owned: Owned, cause: unknown): void {
    owned.aside = `Stepping it failed: ${messageOf(cause)}`
    this.services.onFault(owned.id, cause)
  }

  private takeAll(owned: Owned, inbox: ReadonlyArray<Arrived>): void {
    if (inbox.length >= MESSAGES) owned.hasMore = true
    for (const message of inbox) {
      if (owned.aside) return
      if (owned.taken.has(message.id)) continue
      owned.taken.add(message.id)
      if (message.repeated) {
        owned.pending.consumed.push(message.id)
        this.review.add(owned)
        continue
      }
      const now = this.services.now()
      this.move(owned, () =>
        message.kind === "call"
          ? advance.hear(owned, message, now, this.services)
          : advance.receive(owned, message, now))
    }
  }

  /** Ends executions of calls that nobody waits for. */
  private interrupt(owned: Owned, dropped: ReadonlyArray<Call>): void {
    if (dropped.length === 0) return
    const ids: Array<number> = []
    for (const call of dropped) {
      if (call.running === null || !this.running.delete(call.running)) continue
      ids.push(call.running)
      advance.stop(call)
    }
    owned.dropped = owned.dropped.filter((call) => !dropped.includes(call))
    if (ids.length > 0) this.services.pool.interrupt(ids, "cancel")
  }

  /** Arms what is new and puts the instance up for the next commit. */
  private moved(owned: Owned): void {
    for (const effect of owned.newTimers) {
      const dueAt = owned.timers.get(effect)
      if (dueAt !== undefined) this.timers.add(dueAt, effect, { owned, effect })
    }
    owned.newTimers = []
    owned.movedAt = this.services.now()
    this.review.add(owned)
    // It may have been passed over at its window.
    if (hasBacklog(owned) && !this.draining) this.hungry.add(owned)
  }

  private isCurrent(call: Call): boolean {
    return !call.owned.gone && call.running === null &&
      call.owned.calls.get(call.effect) === call
  }

  /** What is durable now may be given out. */
  private release(owned: Owned, { fresh, held }: Pending): void {
    const now = this.services.now()
    for (const stretch of fresh.splice(0)) {
      const { here, offered } = split(stretch, this.routes.isOffered)
      owned.backlog.add(here)
      owned.outbound.add(offered)
    }
    if (hasOutbound(owned)) this.review.add(owned)
    for (const call of held.splice(0)) {
      if (!this.isCurrent(call)) continue
      if (call.retryAt === null || call.retryAt <= now) this.queueUp(call)
      else this.timers.add(call.retryAt, call.effect, call)
    }
    if (hasBacklog(owned) && !this.draining) this.hungry.add(owned)
    this.pump()
  }

  /** A call that is to run again waits for a slot, before those that have not run yet. */
  private queueUp(call: Call): void {
    call.retryAt = null
    if (this.routes.isOffered(call.policy)) {
      call.owned.reoffered.push(call)
      this.review.add(call.owned)
      return
    }
    call.owned.ready.push(call)
    if (!this.draining) this.hungry.add(call.owned)
  }

  /** Hands calls to the pool, as many as it has free slots; instances take turns. */
  private pump(): void {
    if (this.draining || this.hungry.size === 0) return
    const { isCertain, now, pool, timeouts } = this.services
    // Asked now and not noted earlier: a process that was paused goes on in the middle.
    if (!isCertain()) return
    const free = pool.slots() - this.running.size - (this.services.lent?.() ?? 0)
    if (free <= 0) return
    const requests: Array<CallRequest> = []
    // An instance that has had its turn goes to the end of the set, and is met there again.
    for (const owned of this.hungry) {
      if (requests.length >= free) break
      this.hungry.delete(owned)
      const call = owned.running < CALL_WINDOW ? this.nextCall(owned) : undefined
      if (call === undefined) continue
      this.hungry.add(owned)
      const action = this.actionOf(owned.file, call.action)
      const id = ++this.executionId
      const limitMillis = timeouts.limitMillis(call.policy)
      const deadline = limitMillis === null ? Infinity : now() + limitMillis
      call.running = id
      owned.running++
      this.running.set(id, { call, limitMillis, deadline })
      if (deadline < this.nextTimeoutAt) this.nextTimeoutAt = deadline
      requests.push({
        id,
        instanceId: owned.id,
        effect: call.effect,
        action: call.action,
        file: action.file,
        exportName: action.x,
        ...(action.step === undefined ? {} : { step: action.step }),
        ...(call.losses >= ALONE_AFTER_LOSSES ? { alone: true } : {}),
        args: call.args,
        attempt: attemptOf(call)
      })
    }
    this.counts.executions += requests.length
    if (requests.length > 0) pool.submit(requests)
  }

  private nextCall(owned: Owned): Call | undefined {
    if (owned.gone) return undefined
    for (;;) {
      const call = owned.ready.shift() ?? takeFresh(owned)
      if (call === undefined) return undefined
      if (!this.isCurrent(call)) continue
      if (!this.routes.isOffered(call.policy)) return call
      // Its queue has got limits since.
      owned.reoffered.push(call)
      this.review.add(owned)
    }
  }

  /**
   * Calls wait for slots here while others have some: how many of them may be offered, so that
   * the others have twice as many as they can run at once. Those that wait first stay.
   */
  private overflowRoom(): number {
    const { pool } = this.services
    const slots = pool.slots()
    const elsewhere = this.routes.slotsElsewhere(DEFAULT_QUEUE)
    if (this.draining || elsewhere === 0 || this.running.size < slots) return 0
    let waiting = -slots
    let offered = 0
    for (const owned of this.owned.values()) {
      waiting += owned.backlog.size
      offered += owned.offered
    }
    return Math.max(Math.min(waiting, 2 * elsewhere - offered), 0)
  }

  /** Moves calls of an instance into its next commit as offers. */
  private collectOffers(owned: Owned): void {
    if (this.draining || owned.closed) return
    // With the commit of the events that they depend on, not after it.
    const fresh = owned.pending.fresh.splice(0)
    for (const stretch of fresh) {
      const { here, offered } = split(stretch, this.routes.isOffered)
      if (here.calls.length > 0) owned.pending.fresh.push(here)
      owned.outbound.add(offered)
    }
    const share = Math.ceil(this.overflow / Math.max(1, this.hungry.size))
    const calls = collect(owned, Math.min(share, this.overflow))
    for (const call of calls) if (call.offered === "overflow") this.overflow--
    owned.pending.offers.push(...calls)
  }

  private offerOf(call: Call): Offer {
    const limitMillis = this.services.timeouts.limitMillis(call.policy)
    return offerOf(call, this.actionOf(call.owned.file, call.action), limitMillis)
  }

  private actionOf(file: ProgramFile, id: string): ActionNode {
    let actions = this.actions.get(file)
    if (actions === undefined) {
      actions = new Map(file.program.actions.map((action) => [action.id, action]))
      this.actions.set(file, actions)
    }
    return actions.get(id)!
  }

  private timeOut(now: number): void {
    this.nextTimeoutAt = Infinity
    const late: Array<number> = []
    for (const [id, { call, deadline, limitMillis }] of this.running) {
      if (deadline > now) {
        this.nextTimeoutAt = Math.min(this.nextTimeoutAt, deadline)
        continue
      }
      late.push(id)
      const { owned } = call
      if (owned.gone || owned.calls.get(call.effect) !== call) {
        advance.stop(call)
        continue
      }
      const at = advance.stepTime(owned, now)
      this.move(owned, () => advance.timeOut(call, limitMillis!, at, this.services.timeouts))
    }
    if (late.length === 0) return
    for (const id of late) this.running.delete(id)
    this.services.pool.interrupt(late, "timeout")
  }

  private freeze(owned: Owned): Frozen | undefined {
    if (owned.aside !== null) {
      const entry: CommitEntry = {
        id: owned.id,
        epoch: owned.epoch,
        expectedSeq: owned.durableSeq,
        events: [],
        logs: [],
        consumed: [],
        outcome: null,
        snapshot: null,
        then: { kind: "aside", reason: owned.aside }
      }
      return { owned, pending: emptyPending(), entry }
    }
    this.collectOffers(owned)
    const park = owned.closed ? undefined : this.parkTime(owned)
    if (!isDirty(owned) && park === undefined) return undefined
    const parks = park !== undefined
    const snapshot = !owned.closed &&
        (parks || startsBare(owned) ||
          this.services.scheduler.snapshotDue(owned, owned.snapshotBytes))
      ? this.snapshot(owned, parks)
      : null
    const { pending } = owned
    owned.pending = emptyPending()
    return {
      owned,
      pending,
      entry: {
        id: owned.id,
        epoch: owned.epoch,
        expectedSeq: owned.durableSeq,
        events: pending.events,
        logs: pending.logs,
        consumed: pending.consumed,
        children: pending.children,
        sent: pending.sent,
        replies: pending.replies,
        published: pending.published,
        offers: pending.offers.map((call) => this.offerOf(call)),
        withdrawn: pending.withdrawn,
        outcome: pending.outcome,
        snapshot,
        then: owned.closed
          ? { kind: "close" }
          : parks
          ? { kind: "release", dueAt: park.dueAt }
          : { kind: "keep" }
      }
    }
  }

  /**
   * Takes an entry back of which nothing was written, as somebody else has the row locked. It
   * goes into a later commit with what has happened since, after a wait that grows.
   */
  private thaw({ entry, owned, pending }: Frozen): void {
    const since = owned.pending
    owned.pending = {
      events: pending.events.concat(since.events),
      logs: pending.logs.concat(since.logs),
      consumed: pending.consumed.concat(since.consumed),
      children: pending.children.concat(since.children),
      sent: pending.sent.concat(since.sent),
      replies: pending.replies.concat(since.replies),
      published: new Map([...pending.published, ...since.published]),
      dropped: pending.dropped.concat(since.dropped),
      outcome: pending.outcome ?? since.outcome,
      offers: pending.offers.concat(since.offers),
      withdrawn: pending.withdrawn.concat(since.withdrawn),
      fresh: pending.fresh.concat(since.fresh),
      held: pending.held.concat(since.held)
    }
    // The snapshot that went with it is not stored: the next commit takes another.
    if (entry.snapshot !== null) owned.eventBytes = Infinity
    const waitMillis = Math.min(10 * 2 ** owned.busyRounds++, BUSY_LIMIT_MILLIS)
    this.timers.add(this.services.now() + waitMillis, NO_EFFECT, { owned, effect: NO_EFFECT })
  }

  /** When the instance is due once it is given away; undefined to keep it. */
  private parkTime(owned: Owned): { readonly dueAt: number | null } | undefined {
    const now = this.services.now()
    const park = parkOf(owned)
    if (this.draining) {
      if (owned.running > 0) return undefined
      return park === undefined || (park.dueAt ?? Infinity) <= now ? { dueAt: now } : park
    }
    if (park === undefined) return undefined
    const { maxInstances, parkAfterMillis } = this.options
    if (park.dueAt !== null && park.dueAt <= now + parkAfterMillis) return undefined
    // A message may come in a moment: it costs less to wait for it, while there is room.
    if (!park.forMessage || this.owned.size >= maxInstances) return park
    if (now >= owned.movedAt + parkAfterMillis) return park
    if (!owned.isIdleArmed) {
      owned.isIdleArmed = true
      this.timers.add(owned.movedAt + parkAfterMillis, NO_EFFECT, { owned, effect: NO_EFFECT })
    }
    return undefined
  }

  private snapshot(owned: Owned, parks: boolean): CommitEntry["snapshot"] {
    const state = this.stateOf(owned)
    if (state === null) return null
    const calls = Array.from(owned.calls.values(), (call) => ({
      effect: call.effect,
      startedAt: call.startedAt,
      attempts: call.attempts,
      timeouts: call.timeouts,
      losses: call.losses,
      retryAt: call.retryAt,
      // Whatever is pending and kept will have been handed out by the time it is read.
      issued: !parks && call.retryAt === null && call.offered === null
    }))
    const fresh = [
      ...owned.backlog.times(),
      ...owned.outbound.times(),
      ...owned.pending.fresh.map(({ at, calls }) => [calls[0]!.effect, at] as const)
    ].sort(([a], [b]) => a - b)
    const body = encodeSnapshot(
      { format: SNAPSHOT_FORMAT, lastStepAt: owned.lastStepAt, calls, fresh, kept: !parks },
      state
    )
    owned.eventBytes = 0
    owned.fuel = 0
    owned.snapshotBytes = body.length
    return { seq: owned.seq, body }
  }

  /**
   * The machine's text, or null for a state that has none: it holds a value that cannot be
   * stored, and the next owner steps all events again, which comes to the same. A state
   * beyond its bound ends the instance.
   */
  private stateOf(owned: Owned): string | null {
    try {
      return owned.machine.snapshot(owned.state)
    } catch (cause) {
      const name = cause instanceof Error ? cause.name : ""
      if (name === "StateTooLarge") advance.end(owned, cause)
      else if (name !== "ValueNotStorable") this.setAside(owned, cause)
      return null
    }
  }

  private drop(owned: Owned): void {
    const ids: Array<number> = []
    for (const call of [...owned.calls.values(), ...owned.dropped]) {
      if (call.running === null) continue
      ids.push(call.running)
      this.running.delete(call.running)
    }
    this.forget(owned)
    if (ids.length > 0) this.services.pool.interrupt(ids, "shutdown")
  }

  private forget(owned: Owned): void {
    owned.gone = true
    this.review.delete(owned)
    this.hungry.delete(owned)
    // It may have been claimed again before its release was answered.
    if (this.owned.get(owned.id) === owned) this.owned.delete(owned.id)
  }
}
