/**
 * How long the instances that a fault hit stood still.
 *
 * Hit are those with an execution that ran, or whose outcome waited for its commit, at the
 * moment of the fault, within its reach. Their recovery ends with their next durable outcome
 * or the next beginning of an execution. It does not count what they would have waited for
 * anyway: an action that runs on, or a retry that is not due.
 *
 * An instance that several faults stood in the way of before it moved again waited for all of
 * them, and nobody can say for which how long: its time counts for each, and for none as `alone`.
 * What hits an heir before it has begun to execute anything is not seen.
 */
import { decodeAttempt, decodeLost } from "@rappel/core/dispatcher/EventCodec"
import * as Arr from "effect/Array"
import { type Fault, FAULT_KINDS, type FaultKind } from "../Faults.ts"
import type { Execution } from "../Ledger.ts"
import type { Books, Instance, Recorded } from "./Books.ts"

/** Milliseconds; null without instances. */
interface Times {
  readonly instances: number
  readonly p50: number | null
  readonly p99: number | null
  readonly most: number | null
}

export interface Recovery extends Times {
  readonly dealt: number
  /** Faults that hit at least one instance in flight. */
  readonly hit: number
  /** Of the instances that no other fault stood in the way of meanwhile. */
  readonly alone: Times
}

interface Progress {
  readonly at: number
  /** What it waited for anyway, of what began at `from`. */
  readonly possibleAt: (from: number) => number
}

/** What can be seen of an instance, in the order of time. */
const progressOf = (
  instance: Instance,
  executions: ReadonlyArray<Execution>
): ReadonlyArray<Progress> => {
  const ends = new Map<number, number>()
  for (const { effect, endedAt } of executions) {
    if (endedAt !== null) ends.set(effect, Math.min(endedAt, ends.get(effect) ?? Infinity))
  }
  /** By effect, what was decided after each execution that came to nothing. */
  const decisions = new Map<number, Array<{ readonly event: Recorded; readonly retryAt: number }>>()
  for (const event of instance.events) {
    const retryAt = retryAtOf(event)
    if (retryAt === null) continue
    const of = decisions.get(event.effect)
    if (of === undefined) decisions.set(event.effect, [{ event, retryAt }])
    else of.push({ event, retryAt })
  }
  return [
    ...instance.events.flatMap(({ at, durableAt, effect, kind }) =>
      kind === "lost" || kind === "received"
        ? []
        : [{ at: durableAt, possibleAt: () => kind === "fired" ? at : ends.get(effect) ?? 0 }]
    ),
    ...executions.map(({ attempt, effect, startedAt }) => ({
      at: startedAt,
      possibleAt: (from: number) => {
        const decision = decisions.get(effect)?.[attempt - 2]
        if (decision === undefined) return 0
        const { event, retryAt } = decision
        // A decision that came late is part of the standstill; the wait that it set is not.
        return event.durableAt <= from ? retryAt : from + retryAt - event.at
      }
    }))
  ].sort((a, b) => a.at - b.at)
}

const retryAtOf = ({ kind, payload }: Recorded): number | null =>
  kind === "lost"
    ? decodeLost(payload!).retryAt
    : kind === "attempt"
    ? decodeAttempt(payload!).retryAt
    : null

interface Flight {
  readonly instanceId: string
  readonly worker: number
  readonly dispatcher: number
  readonly from: number
  readonly until: number
}

/** From the beginning of an execution until its outcome was durable, or another took its place. */
const flightsOf = (
  instance: Instance | undefined,
  executions: ReadonlyArray<Execution>
): ReadonlyArray<Flight> =>
  executions.map(({ attempt, dispatcher, effect, endedAt, instanceId, startedAt, worker }) => {
    const durable = instance?.events.find((event) =>
      event.effect === effect && event.kind !== "lost" && event.durableAt >= startedAt
    )?.durableAt ?? Infinity
    const next = executions.find((other) =>
      other.effect === effect && other.attempt > attempt && other.startedAt >= startedAt
    )?.startedAt ?? Infinity
    const until = endedAt === null
      ? Math.min(durable, next)
      : Math.max(endedAt, Math.min(durable, next))
    return { instanceId, worker, dispatcher, from: startedAt, until }
  })

/** An instance that a fault hit, and how long it stood still for it. */
export interface Hit {
  readonly kind: FaultKind
  /** Which of the faults, from 0. */
  readonly fault: number
  readonly instanceId: string
  /** Null when nothing of it is seen later. */
  readonly millis: number | null
  /** No other fault stood in its way meanwhile. */
  readonly alone: boolean
}

export const hitsOf = (
  faults: ReadonlyArray<Fault>,
  books: Books,
  executions: ReadonlyMap<string, ReadonlyArray<Execution>>
): ReadonlyArray<Hit> => {
  const all = [...executions].flatMap(([id, of]) => flightsOf(books.instances.get(id), of))
  const progress = new Map<string, ReadonlyArray<Progress>>()
  const progressFor = (id: string) => {
    const known = progress.get(id)
    if (known !== undefined) return known
    const instance = books.instances.get(id)
    const made = instance === undefined ? [] : progressOf(instance, executions.get(id) ?? [])
    progress.set(id, made)
    return made
  }
  const reaches = (fault: Fault, { dispatcher, worker }: Flight): boolean =>
    (fault.worker === null || worker === fault.worker) &&
    (fault.dispatcher === null || dispatcher === fault.dispatcher)

  /** What each fault stood in the way of, also of what began while it lasted. */
  const touches = faults.flatMap((fault, nth) =>
    all.filter((one) =>
      one.from < Math.max(fault.at, fault.restoredAt) && one.until > fault.at && reaches(fault, one)
    ).map(({ instanceId, until }) => ({ nth, instanceId, at: fault.at, until }))
  )
  const touchesOf = Arr.groupBy(touches, ({ instanceId }) => instanceId)

  return faults.flatMap((fault, nth) => {
    const { at, kind } = fault
    const instances = new Set(
      all.filter((one) => one.from < at && one.until > at && reaches(fault, one))
        .map(({ instanceId }) => instanceId)
    )
    // A crash of Postgres is over when it takes connections again.
    const from = kind === "postgres-crash" ? fault.restoredAt : at
    return Array.from(instances, (instanceId): Hit => {
      const next = progressFor(instanceId).find(({ at }) => at > from)
      const millis = next === undefined ? null : next.at - Math.max(from, next.possibleAt(from))
      const until = next?.at ?? Infinity
      const alone = touchesOf[instanceId]!.every((other) =>
        other.nth === nth || other.at > until || other.until < at
      )
      return { kind, fault: nth, instanceId, millis, alone }
    })
  })
}

const timesOf = (hits: ReadonlyArray<Hit>): Times => {
  const times = hits.flatMap(({ millis }) => millis ?? []).sort((a, b) => a - b)
  const rank = (share: number) =>
    times.length === 0
      ? null
      : Math.max(0, Math.round(times[Math.ceil(share * times.length) - 1]!))
  return { instances: times.length, p50: rank(0.5), p99: rank(0.99), most: rank(1) }
}

export const summarise = (
  faults: ReadonlyArray<Fault>,
  hits: ReadonlyArray<Hit>
): Readonly<Record<FaultKind, Recovery>> => {
  const kinds = FAULT_KINDS.map((kind) => {
    const of = hits.filter((hit) => hit.kind === kind)
    return [kind, {
      dealt: faults.filter((fault) => fault.kind === kind).length,
      hit: new Set(of.map(({ fault }) => fault)).size,
      ...timesOf(of),
      alone: timesOf(of.filter(({ alone }) => alone))
    }] as const
  })
  return Object.fromEntries(kinds) as Record<FaultKind, Recovery>
}

/** So many of the longest are told in full, of each kind of fault. */
const MOST_TOLD = 12

/**
 * The longest standstills by each kind of fault, a line of JSON each: the fault, and all that is
 * known of the instance.
 */
export const longest = (
  faults: ReadonlyArray<Fault>,
  hits: ReadonlyArray<Hit>,
  books: Books,
  executions: ReadonlyMap<string, ReadonlyArray<Execution>>
): string =>
  FAULT_KINDS.flatMap((kind) =>
    hits.filter((hit) => hit.kind === kind)
      .sort((a, b) => (b.millis ?? 0) - (a.millis ?? 0))
      .slice(0, MOST_TOLD)
  )
    .map((hit) =>
      JSON.stringify({
        millis: hit.millis,
        alone: hit.alone,
        fault: faults[hit.fault],
        instance: books.instances.get(hit.instanceId),
        executions: executions.get(hit.instanceId)
      })
    ).join("\n")
