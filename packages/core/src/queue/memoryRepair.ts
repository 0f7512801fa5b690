/**
 * Repairs in the queue in memory: closed instances go on, or others are made of them.
 *
 * @since 0.1.0
 */
import type { Instance, Store } from "./memoryRows.ts"
import { startOne } from "./memoryStart.ts"
import type { Begun, Fork, Repair } from "./Queue.ts"

/** Undefined for an instance that is not closed, or was moved on since. */
const closedAt = (
  store: Store,
  { expectedSeq, id }: Pick<Repair, "id" | "expectedSeq">
): Instance | undefined => {
  const instance = store.instances.get(id)
  if (instance === undefined || instance.outcome === null || store.due.has(id)) return undefined
  return instance.events.length === expectedSeq ? instance : undefined
}

/** It was carried out before, and its answer was lost. */
const isRepeated = (store: Store, { expectedSeq, id, repairId }: Omit<Repair, "messages">) =>
  store.instances.get(id)?.events[expectedSeq]?.message === repairId

const reopen = (store: Store, repair: Repair, instance: Instance, now: number): void => {
  const { event, expectedSeq, id, messages, repairId } = repair
  instance.outcome = null
  instance.finishedAt = null
  instance.repairs++
  // What is overdue already would be cancelled at once.
  if (instance.deadlineAt !== null && instance.deadlineAt <= now) {
    instance.deadlineAt = null
    store.deadlines.delete(id)
  }
  instance.events.push({ ...event, message: repairId })
  for (const message of messages) instance.inbox.set(message.id, { ...message })
  store.due.set(id, {
    dueAt: now,
    owner: null,
    epoch: 0,
    lastSeq: expectedSeq + 1,
    commitId: null,
    claims: 0,
    aside: null
  })
}

export const repairAll = (store: Store, repairs: ReadonlyArray<Repair>, now: number): boolean => {
  if (repairs.every((repair) => isRepeated(store, repair))) return true
  const closed = repairs.map((repair) => closedAt(store, repair))
  if (closed.includes(undefined)) return false
  repairs.forEach((repair, i) => reopen(store, repair, closed[i]!, now))
  return true
}

export const forkOne = (store: Store, fork: Fork, now: number): boolean => {
  const { entry, events, origin, request, startedAt } = fork
  if (isRepeated(store, origin)) return true
  const closed = closedAt(store, origin)
  if (closed === undefined || store.instances.has(request.id)) return false
  closed.events.push({ ...origin.event, message: origin.repairId })
  startOne(store, request, undefined, now)
  const instance = store.instances.get(request.id)!
  store.instances.set(request.id, {
    ...instance,
    startedAt,
    entry,
    origin: origin.id,
    events: events.slice(),
    taken: new Set(events.flatMap(({ message }) => message ?? []))
  })
  store.due.get(request.id)!.lastSeq = events.length
  return true
}

export const begunOf = (store: Store, ids: ReadonlyArray<string>): ReadonlyArray<Begun> =>
  ids.flatMap((id) => {
    const instance = store.instances.get(id)
    return instance === undefined ? [] : [{
      id,
      seed: instance.request.seed,
      entry: instance.entry,
      closed: instance.outcome !== null && !store.due.has(id)
    }]
  })
