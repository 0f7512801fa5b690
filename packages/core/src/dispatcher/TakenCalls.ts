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

interface Running {
  readonly call: TakenCall
  /** On the queue's clock; Infinity without a limit. */
  readonly deadline: number
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
      const deadline = call.timeoutMillis === null ? Infinity : now + call.timeoutMillis
      this.running.set(id, { call, deadline })
      this.nextTimeoutAt = Math.min(this.nextTimeoutAt, deadline)
      return {
        id,
        instanceId: call.instanceId,
        effect: call.effect,
        action: call.action,
        file: call.file,
        exportName: call.exportName,
        ...(call.step === undefined ? {} : { step: call.step }),
        ...(call.alone ? { alone: true } : {}),
        args: call.args,
        attempt: call.attempt
      }
    })
    if (requests.length > 0) this.services.pool.submit(requests)
  }

  /** Takes the pool's reports; those of other executions are left alone. */
  reports(reports: ReadonlyArray<CallReport>): void {
    for (const report of reports) {
      const running = this.running.get(report.id)
      if (running === undefined) continue
      this.running.delete(report.id)
      this.tell(running.call, verdictOf(report))
    }
  }

  /** Ends what takes too long. */
  tick(): void {
    const now = this.services.now()
    if (now < this.nextTimeoutAt) return
    this.nextTimeoutAt = Infinity
    const late: Array<number> = []
    for (const [id, { call, deadline }] of this.running) {
      if (deadline > now) {
        this.nextTimeoutAt = Math.min(this.nextTimeoutAt, deadline)
        continue
      }
      late.push(id)
      this.tell(call, { kind: "timeout" })
    }
    this.end(late, "timeout")
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
   * Compares with what the queue says was taken: ends what was withdrawn, and answers what was
   * taken without its knowledge, as an answer was lost.
   */
  reconcile(held: ReadonlyArray<CallKey>): ReadonlyArray<CallKey> {
    const here = new Set<string>()
    const names = new Set(held.map(nameOf))
    const withdrawn: Array<number> = []
    for (const [id, { call }] of this.running) {
      here.add(nameOf(call))
      if (!names.has(nameOf(call))) withdrawn.push(id)
    }
    for (const verdict of [...this.verdicts, ...this.sending]) here.add(nameOf(verdict))
    this.end(withdrawn, "cancel")
    return held.filter((key) => !here.has(nameOf(key)))
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

  private tell(call: CallKey, verdict: Verdict): void {
    this.verdicts.push({ ...keyOf(call), verdict })
  }

  private end(ids: ReadonlyArray<number>, reason: "timeout" | "cancel" | "shutdown"): void {
    for (const id of ids) this.running.delete(id)
    if (ids.length > 0) this.services.pool.interrupt(ids, reason)
  }
}

const verdictOf = (report: CallReport): Verdict => {
  switch (report.kind) {
    case "succeeded":
      return { kind: "succeeded", value: report.value }
    case "failed":
      return { kind: "failed", error: report.error }
    case "lost":
      return { kind: "lost", reason: report.reason }
  }
}
