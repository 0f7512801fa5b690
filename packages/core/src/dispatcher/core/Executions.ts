/**
 * What runs in this process's pool of the calls of instances that are here.
 *
 * @since 0.1.0
 */
import type { WorkerPool } from "../../worker/WorkerPool.ts"
import * as advance from "../advance.ts"
import type { Call } from "../Owned.ts"
import { type Allowance, nextLookAt, ranOut } from "../TimeLimits.ts"

export interface Execution extends Allowance {
  readonly call: Call
}

/** One that has run out of time, and which time that was. */
export interface Late {
  readonly call: Call
  readonly limit: NonNullable<ReturnType<typeof ranOut>>
}

type Reason = Parameters<WorkerPool["Type"]["interrupt"]>[1]

export class Executions {
  private readonly pool: Pick<WorkerPool["Type"], "interrupt">
  private readonly running = new Map<number, Execution>()
  private lastId = 0
  /** When the first of them is late; Infinity for never. */
  nextTimeoutAt = Infinity

  constructor(pool: Pick<WorkerPool["Type"], "interrupt">) {
    this.pool = pool
  }

  /** A number for an execution in this process's pool. */
  nextId(): number {
    return ++this.lastId
  }

  count(): number {
    return this.running.size
  }

  /** Notes that a call runs from now on, and answers the number of its execution. */
  start(call: Call, limitMillis: number | null, now: () => number): number {
    const id = this.nextId()
    const { heartbeatMillis = null } = call.policy
    call.running = id
    call.owned.running++
    const beatAt = limitMillis === null && heartbeatMillis === null ? 0 : now()
    const endsAt = beatAt + (limitMillis ?? Infinity)
    const execution: Execution = { call, limitMillis, heartbeatMillis, endsAt, beatAt }
    this.running.set(id, execution)
    const lookAt = nextLookAt(execution)
    if (lookAt < this.nextTimeoutAt) this.nextTimeoutAt = lookAt
    return id
  }

  /** Notes a sign of life, and answers whose it is. */
  beat(id: number, now: number): Call | undefined {
    const execution = this.running.get(id)
    if (execution === undefined) return undefined
    execution.beatAt = now
    return execution.call
  }

  /** Whose execution has ended; undefined when it was given up before. */
  take(id: number): Execution | undefined {
    const execution = this.running.get(id)
    this.running.delete(id)
    return execution
  }

  /** Takes out those that have run for longer than they may, by their numbers. */
  takeLate(now: number): ReadonlyMap<number, Late> {
    const late = new Map<number, Late>()
    this.nextTimeoutAt = Infinity
    for (const [id, execution] of this.running) {
      const limit = ranOut(execution, now)
      if (limit !== undefined) late.set(id, { call: execution.call, limit })
      else this.nextTimeoutAt = Math.min(this.nextTimeoutAt, nextLookAt(execution))
    }
    for (const id of late.keys()) this.running.delete(id)
    return late
  }

  /** Ends executions of calls that nobody waits for; those that don't run are left alone. */
  end(calls: Iterable<Call>, reason: Reason): void {
    const ids: Array<number> = []
    for (const call of calls) {
      if (call.running === null || !this.running.delete(call.running)) continue
      ids.push(call.running)
      advance.stop(call)
    }
    if (ids.length > 0) this.pool.interrupt(ids, reason)
  }

  /** Ends all, and answers whose they were. */
  endAll(reason: Reason): ReadonlyArray<Call> {
    const calls = Array.from(this.running.values(), ({ call }) => call)
    this.end(calls, reason)
    return calls
  }
}
