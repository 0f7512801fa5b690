/**
 * Which worker has which call: plain synchronous bookkeeping, which spawns and waits for nothing.
 *
 * Calls leave in one message per worker and turn of the event loop; a worker that has nothing to do
 * gets those that are given together at once. What a member's life depends on is told to `PoolEvents`.
 *
 * @since 0.1.0
 */
import type { CallReport, CallRequest } from "@rappel/core/worker/WorkerPool"
import type { ActionName, WorkerReport } from "../WorkerProtocol.ts"
import { aloneMember, isExpectedToLive, leastLoaded, type Member } from "./Member.ts"

export interface PoolEvents {
  readonly report: (reports: Iterable<CallReport>) => void
  /** A member was given as many calls as it may have in its life. */
  readonly worn: (member: Member) => void
  /** It asks for no more calls. */
  readonly leaving: (member: Member) => void
  /** Calls of it ended; it may be idle now. */
  readonly eased: (member: Member) => void
  /** A call of an action came to an end that none of it had come to before. */
  readonly learned: (name: ActionName) => void
}

/** Actions that spare workers load beforehand; a project has hundreds at most. */
const KNOWN_ACTIONS = 1000

export class Assignments {
  readonly members = new Set<Member>()
  /** Actions that calls of this pool had, by id. */
  readonly known = new Map<string, ActionName>()
  /** In the order of arrival. */
  private readonly waiting = new Map<number, CallRequest>()
  private readonly holders = new Map<number, Member>()
  private readonly concurrency: number
  private readonly maxActions: number
  private readonly events: PoolEvents

  constructor(concurrency: number, maxActions: number, events: PoolEvents) {
    this.concurrency = concurrency
    this.maxActions = maxActions
    this.events = events
  }

  /** A call for a worker; `pump` gives it to one. */
  add(call: CallRequest): void {
    this.waiting.set(call.id, call)
  }

  /** Gives what waits to members with room for it. */
  pump(): void {
    for (const [id, call] of this.waiting) {
      const member = call.alone === true
        ? aloneMember(this.members, id)
        : leastLoaded(this.members, this.concurrency)
      if (member === undefined) {
        if (call.alone === true) continue
        return
      }
      this.waiting.delete(id)
      this.holders.set(id, member)
      if (member.outbox.length === 0) this.flushSoon(member)
      member.live.set(id, call)
      member.outbox.push(call)
      if (++member.given >= this.maxActions) this.events.worn(member)
    }
  }

  private flushSoon(member: Member): void {
    const flush = () => this.flush(member)
    // What an idle worker waits for is time lost; a busy one gets more in one message.
    if (member.live.size === 0) queueMicrotask(flush)
    else setImmediate(flush)
  }

  /** Sends what a member was given in this turn. */
  flush(member: Member): void {
    const calls = member.outbox
    member.outbox = []
    if (calls.length > 0) member.process.submit(calls)
  }

  /** Takes what a worker reports. */
  take(member: Member, batch: Iterable<WorkerReport>): void {
    const settled: Array<CallReport> = []
    for (const report of batch) {
      if (report.kind === "leaving") this.events.leaving(member)
      else if (report.kind === "released") member.unreleased.delete(report.id)
      else if (report.kind === "heartbeat") {
        if (member.live.has(report.id)) settled.push(report)
      } else {
        const call = member.live.get(report.id)
        if (call === undefined) member.unreleased.delete(report.id)
        else {
          member.live.delete(report.id)
          member.ended++
          free(member, report.id)
          this.holders.delete(report.id)
          this.learn(call)
          settled.push(report)
        }
      }
    }
    this.events.report(settled)
    this.events.eased(member)
    this.pump()
  }

  /** Reports as lost what a member had when its process ended; `isAsked` when the pool wanted it. */
  lose(member: Member, reason: string, isAsked: boolean): void {
    // Of several executions nobody knows which one it was, and an end that was asked for is
    // the fault of none.
    const isDeath = !isAsked && isExpectedToLive(member)
    const isSole = member.live.size + member.unreleased.size === 1
    const blame = isDeath ? { blame: isSole ? "sole" : "shared" } as const : {}
    const lost = Array.from(
      member.live.keys(),
      (id) => ({ id, kind: "lost", reason, ...blame }) as const
    )
    for (const { id } of lost) this.holders.delete(id)
    member.live.clear()
    this.events.report(lost)
  }

  /** Reports as lost what no member has. */
  loseWaiting(reason: string): void {
    this.events.report(
      Array.from(this.waiting.keys(), (id) => ({ id, kind: "lost", reason }) as const)
    )
    this.waiting.clear()
  }

  /** Frees the slots of calls that nobody waits for, and answers whose workers execute them. */
  interrupt(ids: ReadonlyArray<number>): ReadonlyMap<Member, ReadonlyArray<number>> {
    const byMember = new Map<Member, Array<number>>()
    for (const id of ids) {
      if (this.waiting.delete(id)) { for (const member of this.members) free(member, id) }
      const member = this.holders.get(id)
      if (member === undefined) continue
      this.holders.delete(id)
      member.live.delete(id)
      free(member, id)
      member.unreleased.add(id)
      const held = byMember.get(member)
      if (held === undefined) byMember.set(member, [id])
      else held.push(id)
    }
    // A worker must hear of a call before it hears of its end.
    for (const member of byMember.keys()) this.flush(member)
    return byMember
  }

  private learn({ action, exportName, file, step }: CallRequest): void {
    if (this.known.has(action) || this.known.size >= KNOWN_ACTIONS) return
    const name = { action, file, exportName, ...(step === undefined ? {} : { step }) }
    this.known.set(action, name)
    this.events.learned(name)
  }
}

/** A call that had the member for itself, or waited for it, needs it no more. */
const free = (member: Member, id: number): void => {
  if (member.alone === id) member.alone = null
}
