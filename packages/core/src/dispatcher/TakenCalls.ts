/**
 * Calls of other dispatchers' instances, and of own ones that were offered, in this pool.
 *
 * Synchronous, as `DispatcherCore` is: the Effect side (`Taker.ts`) feeds it with what was
 * taken and sends what it has to tell.
 *
 * @since 0.1.0
 */
import type { CallKey, CallVerdict, TakenCall, Verdict } from "../queue/Calls.ts"
import type { CallReport, CallRequest, WorkerPool } from "../worker/WorkerPool.ts"
import { type Allowance, nextLookAt, ranOut } from "./TimeLimits.ts"

interface Running extends Allowance {
  readonly call: TakenCall
  /** Of its last heartbeat, or of that of the attempt before. */
  details: string | null
}

export interface TakenServices {
  readonly now: () => number
  readonly nextExecutionId: () => number
  readonly pool: Pick<WorkerPool["Type"], "submit" | "interrupt">
}

const nameOf = ({ attempt, effect, instanceId }: CallKey): string =>
  `${instanceId}:${effect}:${attempt}`

const keyOf = ({ attempt, effect, instanceId }: CallKey): CallKey => ({
  instanceId,
  effect,
  attempt
})

export class TakenCalls {
  private readonly services: TakenServices
  private readonly running = new Map<number, Running>()
  private verdicts: Array<CallVerdict> = []
  /** On their way to the queue. */
  private sending: ReadonlyArray<CallVerdict> = []
  private nextTimeoutAt = Infinity

  constructor(services: TakenServices) {
    this.services = services
  }

  count(): number {
    return this.running.size
  }

  nextWakeAt(): number {
    return this.nextTimeoutAt
  }

  start(calls: ReadonlyArray<TakenCall>): void {
    const now = this.services.now()
    const requests = calls.map((call): CallRequest => {
      const id = this.services.nextExecutionId()
      const running: Running = {
        call,
        endsAt: now + (call.timeoutMillis ?? Infinity),
        limitMillis: call.timeoutMillis,
        heartbeatMillis: call.heartbeatMillis,
        beatAt: now,
        details: call.details
      }
      this.running.set(id, running)
      this.nextTimeoutAt = Math.min(this.nextTimeoutAt, nextLookAt(running))
      return {
        id,
        instanceId: call.instanceId,
        effect: call.effect,
        action: call.action,
        file: call.file,
        exportName: call.exportName,
        ...(call.step === undefined ? {} : { step: call.step }),
        ...(call.alone ? { alone: true } : {}),
        ...(call.details === null ? {} : { details: call.details }),
        ...(call.transactional ? { transactional: true } : {}),
        ...(call.slot === undefined ? {} : { slot: call.slot }),
        args: call.args,
        attempt: call.attempt
      }
    })
    if (requests.length > 0) this.services.pool.submit(requests)
  }

  /** Takes the pool's reports; those of other executions are left alone. */
  reports(reports: ReadonlyArray<CallReport>): void {
    if (this.running.size === 0) return
    for (const report of reports) {
      const running = this.running.get(report.id)
      if (running === undefined) continue
      if (report.kind === "heartbeat") {
        running.beatAt = this.services.now()
        running.details = report.details
        continue
      }
      this.running.delete(report.id)
      this.tell(running, verdictOf(report))
    }
  }

  /** Ends what takes too long. */
  tick(): void {
    const now = this.services.now()
    if (now < this.nextTimeoutAt) return
    this.nextTimeoutAt = Infinity
    const late: Array<number> = []
    for (const [id, running] of this.running) {
      const limit = ranOut(running, now)
      if (limit === undefined) {
        this.nextTimeoutAt = Math.min(this.nextTimeoutAt, nextLookAt(running))
        continue
      }
      late.push(id)
      const isMissed = limit.kind === "heartbeat"
      this.tell(running, { kind: "timeout", ...(isMissed ? { isMissed } : {}) })
    }
    this.end(late, "timeout")
  }

  /** Whether there is something to tell. */
  hasVerdicts(): boolean {
    return this.verdicts.length > 0
  }

  /** What is to be told, or undefined when nothing is, or the last is on its way still. */
  takeVerdicts(): ReadonlyArray<CallVerdict> | undefined {
    if (this.sending.length > 0 || this.verdicts.length === 0) return undefined
    this.sending = this.verdicts
    this.verdicts = []
    return this.sending
  }

  /** The last verdicts have arrived. */
  told(): void {
    this.sending = []
  }

  /**
   * Compares with what the queue says was taken: ends what was withdrawn, and answers that, as
   * its permits are to be freed, and what was taken without its knowledge, as an answer was lost.
   */
  reconcile(held: ReadonlyArray<CallKey>): {
    readonly withdrawn: ReadonlyArray<CallKey>
    readonly unknown: ReadonlyArray<CallKey>
  } {
    const here = new Set<string>()
    const names = new Set(held.map(nameOf))
    const ended: Array<number> = []
    const withdrawn: Array<CallKey> = []
    for (const [id, { call }] of this.running) {
      here.add(nameOf(call))
      if (names.has(nameOf(call))) continue
      ended.push(id)
      withdrawn.push(keyOf(call))
    }
    for (const verdict of [...this.verdicts, ...this.sending]) here.add(nameOf(verdict))
    this.end(ended, "cancel")
    return { withdrawn, unknown: held.filter((key) => !here.has(nameOf(key))) }
  }

  /** Ends all that runs, without a verdict. */
  interruptAll(): void {
    this.end(Array.from(this.running.keys()), "shutdown")
  }

  /** This dispatcher was declared dead: what it had taken is lost already. */
  dropAll(): void {
    this.interruptAll()
    this.verdicts = []
  }

  private tell({ call, details }: Running, verdict: Verdict): void {
    this.verdicts.push({
      ...keyOf(call),
      verdict: verdict.kind === "succeeded" || details === null || details === call.details
        ? verdict
        : { ...verdict, details }
    })
  }

  private end(ids: ReadonlyArray<number>, reason: "timeout" | "cancel" | "shutdown"): void {
    for (const id of ids) this.running.delete(id)
    if (ids.length > 0) this.services.pool.interrupt(ids, reason)
  }
}

const verdictOf = (report: Exclude<CallReport, { readonly kind: "heartbeat" }>): Verdict => {
  switch (report.kind) {
    case "succeeded":
      return { kind: "succeeded", value: report.value }
    case "failed":
      return { kind: "failed", error: report.error }
    case "lost":
      return {
        kind: "lost",
        reason: report.reason,
        ...(report.blame === undefined ? {} : { blame: report.blame })
      }
  }
}
