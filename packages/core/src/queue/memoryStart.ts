/**
 * Starts in the queue in memory: what a request names, who holds it, and what it becomes.
 *
 * @since 0.1.0
 */
import { isAtOnce } from "./isAtOnce.ts"
import type { Due, Instance, Store } from "./memoryRows.ts"
import type { Child, Started, StartRequest } from "./Queue.ts"
import { KeyTaken } from "./QueueError.ts"

/** What the workflow sees as the reason of its `Cancelled`. */
export const DEADLINE_REASON = "its deadline has passed"

const keyOf = ({ key, name }: StartRequest): string | undefined =>
  key === undefined ? undefined : JSON.stringify([name, key])

/** What of a request belongs to one instance only. */
const namesOf = (request: StartRequest): ReadonlyArray<string> => {
  const key = keyOf(request)
  const { debounce, name, tick } = request
  return [
    ...(key === undefined ? [] : [key]),
    ...(tick === undefined || tick.at === null
      ? []
      : [`tick ${JSON.stringify([tick.schedule, tick.at])}`]),
    ...(debounce === undefined ? [] : [`debounce ${JSON.stringify([name, debounce.key])}`])
  ]
}

const dueAtOf = ({ debounce, delayMillis = 0, dueAt = 0 }: StartRequest, now: number): number =>
  Math.max(now + Math.max(debounce?.waitMillis ?? delayMillis, 0), dueAt)

const deadlineOf = ({ deadlineAt, deadlineMillis }: StartRequest, now: number): number | null =>
  deadlineAt ?? (deadlineMillis === undefined ? null : now + deadlineMillis)

const keepDeadline = (store: Store, id: string, deadlineAt: number | null): void => {
  if (deadlineAt === null) store.deadlines.delete(id)
  else store.deadlines.set(id, deadlineAt)
}

/** Puts off an instance that was never claimed; false when it has begun. */
const putOff = (store: Store, id: string, request: StartRequest, now: number): boolean => {
  const due = store.due.get(id)
  const instance = store.instances.get(id)
  if (due === undefined || instance === undefined || due.epoch > 0) return false
  const { maxWaitMillis = Infinity } = request.debounce!
  due.dueAt = Math.min(dueAtOf(request, now), instance.createdAt + maxWaitMillis)
  instance.request = { ...request, id, seed: instance.request.seed }
  instance.deadlineAt = deadlineOf(request, now)
  keepDeadline(store, id, instance.deadlineAt)
  return true
}

/** The conflict that refuses a whole batch, if there is one. */
export const takenKey = (
  store: Store,
  batch: ReadonlyArray<StartRequest>
): KeyTaken | undefined => {
  const added = new Map<string, StartRequest>()
  for (const request of batch) {
    const key = keyOf(request)
    // A start with an id that exists is that instance, whatever its key.
    if (key === undefined || store.instances.has(request.id)) continue
    const holder = store.instances.get(store.keys.get(key) ?? "")?.request ?? added.get(key)
    if (holder !== undefined && holder.input !== request.input) {
      return new KeyTaken({ name: request.name, key: request.key!, instanceId: holder.id })
    }
    added.set(key, holder ?? request)
  }
  return undefined
}

/** Stores a new instance: nothing of it has happened yet, but what is said. */
const place = (
  store: Store,
  request: StartRequest,
  instance: Partial<Instance> & Pick<Instance, "createdAt">,
  due: Partial<Due> & Pick<Due, "dueAt">
): void => {
  store.instances.set(request.id, {
    request,
    deadlineAt: null,
    startedAt: null,
    finishedAt: null,
    outcome: null,
    snapshot: null,
    events: [],
    logs: [],
    closedBy: null,
    inbox: new Map(),
    taken: new Set(),
    published: new Map(),
    parent: null,
    entry: null,
    origin: null,
    repairs: 0,
    ...instance
  })
  store.due.set(request.id, {
    owner: null,
    epoch: 0,
    lastSeq: 0,
    commitId: null,
    claims: 0,
    aside: null,
    ...due
  })
}

export const startOne = (
  store: Store,
  request: StartRequest,
  owner: string | undefined,
  now: number
): Started => {
  if (store.instances.has(request.id)) return { id: request.id, created: false }
  const names = namesOf(request)
  const holder = names.flatMap((name) => store.keys.get(name) ?? [])[0]
  if (holder !== undefined) {
    const isHeld = request.debounce === undefined || putOff(store, holder, request, now)
    if (isHeld) return { id: holder, created: false }
  }
  for (const name of names) store.keys.set(name, request.id)
  const owned = owner !== undefined && isAtOnce(request) &&
    store.dispatchers.get(owner)?.alive === true
  place(store, request, {
    createdAt: now,
    deadlineAt: deadlineOf(request, now),
    startedAt: owned ? now : null
  }, {
    dueAt: request.tick?.waits === true ? null : dueAtOf(request, now),
    owner: owned ? owner : null,
    epoch: owned ? 1 : 0,
    claims: owned ? 1 : 0
  })
  keepDeadline(store, request.id, deadlineOf(request, now))
  if (request.tick?.waits === true) store.waiting.add(request.id)
  return { id: request.id, created: true, ...(owned ? { startedAt: now } : {}) }
}

/** Sends a cancel to what is not finished by its deadline. */
export const cancelOverdue = (
  store: Store,
  now: number
): { readonly count: number; readonly nextAt: number | null } => {
  let count = 0
  let nextAt: number | null = null
  for (const [id, deadlineAt] of store.deadlines) {
    if (deadlineAt > now) {
      nextAt = Math.min(nextAt ?? Infinity, deadlineAt)
      continue
    }
    store.deadlines.delete(id)
    const instance = store.instances.get(id)
    if (instance === undefined || instance.outcome !== null) continue
    const message = `${id} deadline`
    instance.inbox.set(message, {
      id: message,
      instanceId: id,
      kind: "cancel",
      effect: 0,
      name: null,
      payload: DEADLINE_REASON
    })
    count++
  }
  return { count, nextAt }
}

/** A run that waits for the earlier ones of its schedule. */
const isWaitingRun = (due: Due): boolean =>
  due.dueAt === null && due.owner === null && due.epoch === 0 && due.aside === null

/** Makes the first waiting run of each schedule due that has no other unfinished one. */
export const releaseRuns = (store: Store, now: number): number => {
  for (const id of store.waiting) {
    const due = store.due.get(id)
    if (due === undefined || !isWaitingRun(due)) store.waiting.delete(id)
  }
  if (store.waiting.size === 0) return 0
  const heads = new Map<string, readonly [tickAt: number, id: string]>()
  const busy = new Set<string>()
  for (const [id, { outcome, request: { tick } }] of store.instances) {
    const due = store.due.get(id)
    if (tick === undefined || outcome !== null) continue
    if (due === undefined || !isWaitingRun(due)) {
      busy.add(tick.schedule)
      continue
    }
    const [at, first] = heads.get(tick.schedule) ?? [Infinity, "~"]
    const tickAt = tick.at ?? Infinity
    if (tickAt < at || (tickAt === at && id < first)) heads.set(tick.schedule, [tickAt, id])
  }
  let count = 0
  for (const [schedule, [, id]] of heads) {
    if (busy.has(schedule)) continue
    store.due.get(id)!.dueAt = now
    count++
  }
  return count
}

/** A child starts with its parent's commit; its id is its parent's making, so it starts once. */
export const startChild = (
  store: Store,
  { dueAt, effect, entry, id, input, name, seed }: Child,
  parent: string,
  now: number
): void => {
  if (store.instances.has(id)) return
  const { program } = store.instances.get(parent)!.request
  place(store, { id, name, program, input, seed }, {
    createdAt: now,
    parent: { id: parent, effect },
    entry
  }, { dueAt: Math.max(dueAt ?? now, now) })
}
