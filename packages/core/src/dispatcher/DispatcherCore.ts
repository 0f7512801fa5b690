/**
 * What a dispatcher decides, without fibers: which instances it owns, which calls run,
 * what the next commit holds.
 *
 * All methods are synchronous and take the time from `now`. The Effect side
 * (`Dispatcher.ts`) feeds it with claims, reports and confirmations, and sends what
 * `takeCommit` answers; a simulation can do the same under a schedule of its own.
 *
 * Order of a fact: it is applied in memory (`core/Holdings.ts`), waits in `pending`, is frozen
 * into a commit (`core/Commits.ts`), and when that is confirmed its calls are handed to the pool
 * (`core/Slots.ts`) or were offered with it (`core/Offering.ts`). While one commit is on its way
 * the next gathers, which is all the group commit there is.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import type { ProgramFile } from "../program/Program.ts"
import {
  type Arrived,
  type Claimed,
  type Commit,
  type Committed,
  type HostLoad,
  type Loaded,
  MESSAGES
} from "../queue/Queue.ts"
import type { CallReport } from "../worker/WorkerPool.ts"
import { adopt } from "./adopt.ts"
import * as advance from "./advance.ts"
import * as attempts from "./attempts.ts"
import { Actions } from "./core/Actions.ts"
import { Commits } from "./core/Commits.ts"
import type { CoreOptions, CoreServices } from "./core/CoreServices.ts"
import { type Alarm, Holdings, isAwaited, NO_EFFECT } from "./core/Holdings.ts"
import { Offering } from "./core/Offering.ts"
import { Slots } from "./core/Slots.ts"
import { hasBacklog, hasOutbound, isDirty, onlyRuns, type Owned } from "./Owned.ts"

/** After steps that took so long together the dispatcher beats before it goes on. */
export const LONG_STEP_MILLIS = 500

export class DispatcherCore {
  private readonly services: CoreServices
  private readonly holdings: Holdings
  private readonly slots: Slots
  private readonly commits: Commits
  /** What was due at a tick that took long, and is fired by the next ones. */
  private due: Array<Alarm> = []

  constructor(options: CoreOptions, services: CoreServices) {
    const actions = new Actions()
    this.services = services
    this.holdings = new Holdings(options, services)
    this.slots = new Slots(this.holdings, actions)
    this.commits = new Commits(this.holdings, new Offering(this.holdings, actions), this.slots)
  }

  get owned(): ReadonlyMap<string, Owned> {
    return this.holdings.owned
  }

  get counts() {
    return {
      commits: this.commits.commitCount,
      events: this.commits.eventCount,
      executions: this.slots.executionCount,
      lostInstances: this.commits.lostCount
    }
  }

  /** A number for an execution in this process's pool. */
  nextExecutionId(): number {
    return this.holdings.executions.nextId()
  }

  /** Takes what a beat answered of the other hosts and of limited queues. */
  setRoutes(hosts: ReadonlyArray<HostLoad>, limited: ReadonlyArray<string>): void {
    this.holdings.routes.update(hosts, limited)
    for (const owned of this.owned.values()) {
      if (hasBacklog(owned) || hasOutbound(owned)) this.holdings.review.add(owned)
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
    return this.holdings.isDraining ? 0 : this.holdings.room.left()
  }

  /** Whether what was claimed and is not loaded yet had better go back. */
  isHeavy(): boolean {
    return this.holdings.room.isHeavy()
  }

  runningCount(): number {
    return this.holdings.executions.count()
  }

  waitingCount(): number {
    let count = 0
    for (const { backlog, ready } of this.owned.values()) count += backlog.size + ready.length
    return count
  }

  /** When `tick` has something to do; Infinity for never. */
  nextWakeAt(): number {
    if (this.due.length > 0) return -Infinity
    return Math.min(this.holdings.timers.nextAt(), this.holdings.executions.nextTimeoutAt)
  }

  /** Takes a loaded instance into memory. */
  adopt(loaded: Loaded, file: ProgramFile): ReturnType<typeof adopt> {
    const { holdings, services } = this
    const machine = services.scheduler.machine(file)
    const adopted = adopt(loaded, machine, file, services.now(), holdings.routes.isOffered)
    if (Either.isRight(adopted)) {
      const owned = adopted.right
      const before = holdings.owned.get(owned.id)
      if (before !== undefined) holdings.drop(before)
      holdings.owned.set(owned.id, owned)
      holdings.room.took(owned)
      holdings.moved(owned)
      this.takeAll(owned, loaded.inbox)
      // What an instance asks for that starts, or was parked, is durable already.
      if (!isDirty(owned)) this.slots.release(owned, owned.pending)
      this.slots.pump()
      // Whoever commits need not be woken to find that.
      if (onlyRuns(owned)) holdings.review.delete(owned)
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
      if (report.kind === "heartbeat") {
        this.beat(report.id, report.details)
        continue
      }
      const execution = this.holdings.executions.take(report.id)
      if (execution === undefined) continue
      const { call } = execution
      // The outcome of a call that was cancelled meanwhile counts no more.
      if (!isAwaited(call)) {
        advance.stop(call)
        continue
      }
      const { effect, owned } = call
      const at = advance.stepTime(owned, this.services.now())
      this.holdings.move(owned, () => {
        if (report.kind === "succeeded") {
          advance.settle(owned, effect, { ok: true, value: report.value }, at)
        } else if (report.kind === "failed") {
          attempts.fail(call, report.error, at, this.services.retries)
        } else attempts.lose(call, report.reason, at, undefined, report.blame)
      })
      if (this.services.now() > longAt) break
    }
    this.slots.pump()
    return next
  }

  private beat(execution: number, details: string): void {
    const now = this.services.now()
    const call = this.holdings.executions.beat(execution, now)
    if (call === undefined || !isAwaited(call)) return
    attempts.beat(call, details, advance.stepTime(call.owned, now))
    if (isDirty(call.owned)) this.holdings.review.add(call.owned)
  }

  /** Fires what is due: timers, retries, timeouts. After a long step the rest stays due. */
  tick(): void {
    const now = this.services.now()
    const longAt = now + LONG_STEP_MILLIS
    if (this.due.length === 0) this.due = Array.from(this.holdings.timers.takeDue(now)).reverse()
    while (this.due.length > 0) {
      this.fire(this.due.pop()!, now)
      if (this.services.now() > longAt) break
    }
    if (now >= this.holdings.executions.nextTimeoutAt) this.timeOut(now)
    this.slots.pump()
  }

  private fire(alarm: Alarm, now: number): void {
    const { effect, owned } = alarm
    if (owned.gone) return
    if ("policy" in alarm) return this.slots.wake(alarm, now)
    if (effect === NO_EFFECT) {
      owned.isIdleArmed = false
      this.holdings.review.add(owned)
      return
    }
    // A timer that was dropped, or re-armed after a reload, is not in the map any more.
    const dueAt = owned.timers.get(effect)
    if (dueAt !== undefined) {
      if (dueAt <= now) this.holdings.move(owned, () => advance.fire(owned, effect, now))
      return
    }
    const endsAt = owned.deadlines.get(effect)
    if (endsAt === undefined || endsAt > now) return
    const call = owned.calls.get(effect)
    if (call !== undefined) this.holdings.executions.end([call], "timeout")
    const at = Math.max(advance.stepTime(owned, now), endsAt)
    this.holdings.move(owned, () => attempts.overdue(owned, effect, at))
  }

  private timeOut(now: number): void {
    const late = this.holdings.executions.takeLate(now)
    for (const { call, limit } of late.values()) {
      if (!isAwaited(call)) {
        advance.stop(call)
        continue
      }
      const at = advance.stepTime(call.owned, now)
      this.holdings.move(
        call.owned,
        () => attempts.timeOut(call, limit, at, this.services.timeouts)
      )
    }
    if (late.size > 0) this.services.pool.interrupt(Array.from(late.keys()), "timeout")
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

  /**
   * Takes what a poll of these has read, for the instances from one on, and answers the one to
   * go on with, as `reports` does.
   */
  receive(polled: ReadonlyArray<Claimed>, messages: ReadonlyArray<Arrived>, from = 0): number {
    const longAt = this.services.now() + LONG_STEP_MILLIS
    const inboxes = new Map<string, Array<Arrived>>(polled.map(({ id }) => [id, []]))
    for (const message of messages) inboxes.get(message.instanceId)?.push(message)
    let next = from
    while (next < polled.length) {
      const { epoch, id } = polled[next++]!
      const owned = this.owned.get(id)
      const inbox = inboxes.get(id)!
      if (owned?.epoch === epoch) this.takeAll(owned, inbox)
      else if (inbox.length > 0) this.holdings.hasMissed = true
      if (this.services.now() > longAt) break
    }
    this.slots.pump()
    return next
  }

  private takeAll(owned: Owned, inbox: ReadonlyArray<Arrived>): void {
    if (inbox.length >= MESSAGES) owned.hasMore = true
    for (const message of inbox) {
      if (owned.aside) return
      if (owned.taken.has(message.id)) continue
      owned.taken.set(message.id, true)
      if (message.repeated) {
        owned.pending.consumed.push(message.id)
        this.holdings.review.add(owned)
        continue
      }
      const now = this.services.now()
      this.holdings.move(owned, () =>
        message.kind === "call"
          ? attempts.hear(owned, message, now, this.services)
          : advance.receive(owned, message, now))
    }
  }

  /** Whether messages may wait that no hint will tell of; asking forgets it. */
  hasMissed(): boolean {
    const { hasMissed } = this.holdings
    this.holdings.hasMissed = false
    return hasMissed
  }

  /** Looks at everything that could be parked: others wait for room. */
  makeRoom(): void {
    for (const owned of this.owned.values()) if (owned.isIdleArmed) this.holdings.review.add(owned)
  }

  /** The next batch to store, or undefined when nothing waits or one is on its way. */
  takeCommit(dispatcher: string): Commit | undefined {
    return this.commits.take(dispatcher)
  }

  /**
   * Takes the answer to the commit that `takeCommit` gave out last. What was refused is dropped
   * and answered: it is to be loaded again, as it may be this dispatcher's all the same (R4).
   */
  committed(answer: Pick<Committed, "accepted" | "busy">): ReadonlyArray<Claimed> {
    return this.commits.answered(answer)
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
    return this.commits.hasWork()
  }

  /** Hands out what was held back while ownership was in doubt. */
  confirmed(): void {
    this.slots.pump()
  }

  /** From now on no call starts, and whatever has nothing running is given away. */
  drain(): void {
    this.holdings.isDraining = true
    this.holdings.hungry.clear()
    for (const owned of this.owned.values()) this.holdings.review.add(owned)
  }

  /** Ends what still runs; used when the grace of a shutdown is over. */
  interruptAll(): void {
    for (const { owned } of this.holdings.executions.endAll("shutdown")) {
      this.holdings.review.add(owned)
    }
  }

  /** Forgets every instance: this dispatcher was declared dead and owns nothing. */
  dropAll(): void {
    for (const owned of Array.from(this.owned.values())) this.holdings.drop(owned)
    this.holdings.review.clear()
  }
}
