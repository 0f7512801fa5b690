/**
 * Offered calls in this process's memory; the rules are those of `rappel.take`.
 *
 * @since 0.1.0
 */
import {
  type CallKey,
  type CallVerdict,
  type LanesSwept,
  type LaneSweep,
  type Offer,
  PRIORITY_STEP_MILLIS,
  type QueueLimits,
  type QueueState,
  type Taken,
  type TakenCall,
  type TakeRequest
} from "./Calls.ts"

interface Row extends TakenCall {
  taker: string | null
  readonly offeredAt: number
  readonly rank: number
  /** The transaction of its action has committed its outcome (PROTOCOL R16). */
  settled: boolean
}

interface Permit {
  readonly taker: string
  readonly queue: string
  readonly lane: string
  endsAt: number
}

/** What is kept of a lane, or of a queue with limits, beside its permits. */
interface Lane {
  readonly since: number
  /** Starts that a rate counts. */
  starts: Array<{ readonly at: number; readonly until: number }>
}

interface Limits {
  readonly concurrency: number | null
  readonly rate: QueueLimits["rate"]
}

/** Starts of a queue are kept under a lane that no call can have. */
const laneOfQueue = (queue: string): string => `\t${queue}`

/** Names an attempt, and the message with its outcome. */
export const callIdOf = ({ attempt, effect, instanceId }: CallKey): string =>
  `${instanceId}:${effect}:${attempt}`

export class CallsMemory {
  private readonly rows = new Map<string, Row>()
  private readonly permits = new Map<string, Permit>()
  private readonly limits = new Map<string, QueueLimits>()
  private readonly lanes = new Map<string, Lane>()

  offer(instanceId: string, offers: ReadonlyArray<Offer>, now: number): void {
    for (const offer of offers) {
      const row = {
        ...offer,
        instanceId,
        taker: null,
        offeredAt: now,
        rank: now - offer.priority * PRIORITY_STEP_MILLIS,
        settled: false
      }
      const id = callIdOf(row)
      if (!this.rows.has(id)) this.rows.set(id, row)
    }
  }

  rowOf(id: string): { settled: boolean } | undefined {
    return this.rows.get(id)
  }

  remove(id: string): void {
    this.rows.delete(id)
  }

  /** Removes calls whose outcome nobody wants, and answers whether somebody had taken one. */
  withdraw(ids: Iterable<string>): boolean {
    let isTaken = false
    for (const id of ids) {
      isTaken ||= (this.rows.get(id)?.taker ?? null) !== null
      this.rows.delete(id)
    }
    return isTaken
  }

  withdrawOf(instanceId: string): boolean {
    return this.withdraw(
      Array.from(this.rows).filter(([, row]) => row.instanceId === instanceId).map(([id]) => id)
    )
  }

  offersOf(instanceId: string): ReadonlyArray<CallKey> {
    return Array.from(this.rows.values())
      .filter((row) => row.instanceId === instanceId)
      .map(({ attempt, effect }) => ({ instanceId, effect, attempt }))
  }

  take({ after, dispatcher, limit, queues }: TakeRequest, now: number): Taken {
    const calls: Array<TakenCall> = []
    let last = after
    let nextAt: number | null = null
    const soonest = (at: number | null) => {
      if (at !== null) nextAt = Math.min(nextAt ?? Infinity, at)
    }
    for (const queue of queues) {
      const limits = this.limits.get(queue)
      let budget = limit - calls.length
      if (budget <= 0) break
      if (limits?.paused === true) continue
      if (limits !== undefined) {
        const room = this.room(laneOfQueue(queue), limits, now, (permit) => permit.queue === queue)
        soonest(room.nextAt)
        budget = Math.min(budget, room.count)
        if (budget <= 0) continue
      }
      const byLane = this.waiting(queue)
      const plain = byLane.get("") ?? []
      byLane.delete("")
      const lanes = Array.from(byLane.keys()).sort(byCode)
      const turns = [
        ...lanes.filter((lane) => lane > after),
        ...lanes.filter((lane) => lane <= after)
      ]
      let share = plain.length > 0 && turns.length > 0 ? Math.ceil(budget / 2) : budget
      const quota = Math.ceil(share / Math.max(turns.length, 1))
      const before = calls.length
      const start = (rows: ReadonlyArray<Row>, hasPermit: boolean) => {
        for (const row of rows) {
          row.taker = dispatcher
          calls.push(takenOf(row))
          if (hasPermit || (limits?.concurrency ?? null) !== null) {
            const { limit, queue } = row
            this.permits.set(callIdOf(row), {
              taker: dispatcher,
              queue,
              lane: limit?.lane ?? "",
              endsAt: Infinity
            })
          }
        }
      }
      for (const lane of turns) {
        if (share <= 0) break
        const rows = byLane.get(lane)!
        const head = rows[0]!.limit!
        const room = this.room(lane, head, now, (permit) => permit.lane === lane)
        soonest(room.nextAt)
        last = lane
        const taken = rows.slice(0, Math.min(share, quota, room.count))
        start(taken, head.concurrency !== null)
        if (head.rate !== null) this.count(lane, taken.length, head.rate, now)
        share -= taken.length
        budget -= taken.length
      }
      start(plain.slice(0, budget), false)
      if (limits?.rate != null) {
        this.count(laneOfQueue(queue), calls.length - before, limits.rate, now)
      }
    }
    return { calls, after: last, nextAt }
  }

  /** Frees the permits of calls whose execution is over. */
  free(dispatcher: string, ids: ReadonlyArray<string>): boolean {
    let isFreed = false
    for (const id of ids) {
      if (this.permits.get(id)?.taker === dispatcher) isFreed = this.permits.delete(id) || isFreed
    }
    return isFreed
  }

  /** Offers again what has no verdict. */
  giveBack(
    dispatcher: string,
    calls: ReadonlyArray<CallKey>,
    hasVerdict: (call: CallKey) => boolean
  ): void {
    this.free(dispatcher, calls.map(callIdOf))
    for (const call of calls) {
      const row = this.rows.get(callIdOf(call))
      if (row?.taker === dispatcher && !hasVerdict(call)) row.taker = null
    }
  }

  heldBy(dispatcher: string): ReadonlyArray<CallKey> {
    return Array.from(this.rows.values()).filter(({ taker }) => taker === dispatcher)
      .map(({ attempt, effect, instanceId }) => ({ instanceId, effect, attempt }))
  }

  /** What a dead dispatcher had taken is lost; its workers get until `endsAt` to end. */
  lose(dispatcher: string, endsAt: number): ReadonlyArray<CallVerdict> {
    for (const permit of this.permits.values()) {
      if (permit.taker === dispatcher) permit.endsAt = endsAt
    }
    const lost: Array<CallVerdict> = []
    for (const key of this.heldBy(dispatcher)) {
      if (this.rows.get(callIdOf(key))!.settled) continue
      this.rows.delete(callIdOf(key))
      lost.push({ ...key, verdict: { kind: "lost", reason: "its dispatcher ended" } })
    }
    return lost
  }

  sweep({ after, idleMillis, limit }: LaneSweep, now: number): LanesSwept {
    const names = Array.from(this.lanes.keys()).filter((lane) => lane > after).sort(byCode)
      .slice(0, limit)
    const busy = new Set(Array.from(this.permits.values(), ({ lane }) => lane))
    let removed = 0
    for (const name of names) {
      const { since, starts } = this.lanes.get(name)!
      const isIdle = since <= now - idleMillis && !busy.has(name) &&
        starts.every(({ until }) => until <= now)
      if (isIdle && this.lanes.delete(name)) removed++
    }
    return { removed, after: names.length < limit ? null : names.at(-1)! }
  }

  limit(name: string, limits: QueueLimits): void {
    this.limits.set(name, limits)
  }

  limited(): ReadonlyArray<string> {
    return Array.from(this.limits)
      .filter(([, { concurrency, paused, rate }]) =>
        concurrency !== null || rate !== null || paused
      )
      .map(([name]) => name)
  }

  list(servers: ReadonlyMap<string, number>): ReadonlyArray<QueueState> {
    const rows = Array.from(this.rows.values())
    const names = new Set([
      ...this.limits.keys(),
      ...servers.keys(),
      ...rows.map(({ queue }) => queue)
    ])
    return Array.from(names).sort(byCode).map((name) => {
      const of = rows.filter(({ queue }) => queue === name)
      const waiting = of.filter(({ taker }) => taker === null)
      return {
        name,
        ...(this.limits.get(name) ?? { concurrency: null, rate: null, paused: false }),
        waiting: waiting.length,
        taken: of.length - waiting.length,
        oldestAt: waiting.length === 0
          ? null
          : Math.min(...waiting.map(({ offeredAt }) => offeredAt)),
        servers: servers.get(name) ?? 0
      }
    })
  }

  private waiting(queue: string): Map<string, Array<Row>> {
    const byLane = new Map<string, Array<Row>>()
    for (const row of this.rows.values()) {
      if (row.taker !== null || row.queue !== queue) continue
      const lane = row.limit?.lane ?? ""
      const known = byLane.get(lane)
      if (known === undefined) byLane.set(lane, [row])
      else known.push(row)
    }
    for (const rows of byLane.values()) rows.sort((a, b) => a.rank - b.rank)
    return byLane
  }

  private room(
    lane: string,
    { concurrency, rate }: Limits,
    now: number,
    isOf: (permit: Permit) => boolean
  ): { readonly count: number; readonly nextAt: number | null } {
    const known = this.laneOf(lane, now)
    let count = Infinity
    let nextAt: number | null = null
    if (concurrency !== null) {
      let used = 0
      for (const [id, permit] of this.permits) {
        if (!isOf(permit)) continue
        if (permit.endsAt <= now) this.permits.delete(id)
        else used++
      }
      count = concurrency - used
    }
    if (rate !== null) {
      const recent = known.starts.filter(({ at }) => at > now - rate.periodMillis)
      known.starts = recent
      if (recent.length >= rate.count) nextAt = recent[0]!.at + rate.periodMillis
      count = Math.min(count, rate.count - recent.length)
    }
    return { count: Math.max(count, 0), nextAt }
  }

  private count(
    lane: string,
    started: number,
    { periodMillis }: NonNullable<Limits["rate"]>,
    now: number
  ): void {
    const { starts } = this.laneOf(lane, now)
    for (let i = 0; i < started; i++) starts.push({ at: now, until: now + periodMillis })
  }

  private laneOf(name: string, now: number): Lane {
    let lane = this.lanes.get(name)
    if (lane === undefined) {
      lane = { since: now, starts: [] }
      this.lanes.set(name, lane)
    }
    return lane
  }
}

const byCode = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0

const takenOf = (
  { offeredAt: _offeredAt, rank: _rank, settled: _settled, taker: _taker, ...call }: Row
): TakenCall => call
