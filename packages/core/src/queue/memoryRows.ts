/**
 * The rows of the queue in memory, and what happens to them: synchronous and plain.
 *
 * @since 0.1.0
 */
import { encodeOutcome } from "../dispatcher/EventCodec.ts"
import type { Outcome } from "../machine/Model.ts"
import type { ProgramFile } from "../program/Program.ts"
import { asideReason } from "./asideReason.ts"
import type { CallKey, CallVerdict } from "./Calls.ts"
import { callIdOf, CallsMemory } from "./CallsMemory.ts"
import { encodeVerdict } from "./callVerdict.ts"
import { startChild } from "./memoryStart.ts"
import {
  type Arrived,
  type Commit,
  type CommitEntry,
  type Delivery,
  type HostLoad,
  type InstanceRecord,
  type Loaded,
  type Message,
  MESSAGES,
  type Removal,
  type StartRequest,
  type StoredEvent
} from "./Queue.ts"

export interface Instance {
  /** Replaced by a later start with the same debounce key. */
  request: StartRequest
  readonly createdAt: number
  deadlineAt: number | null
  startedAt: number | null
  finishedAt: number | null
  outcome: Outcome | null
  snapshot: { readonly seq: number; readonly body: string } | null
  readonly events: Array<StoredEvent>
  readonly logs: Array<string>
  /** The batch that closed the instance, for a resent commit. */
  closedBy: string | null
  /** Messages by id, oldest first. */
  readonly inbox: Map<string, Message>
  /** Messages that became events. */
  readonly taken: Set<string>
  readonly published: Map<string, string>
  readonly parent: { readonly id: string; readonly effect: number } | null
  /** Of a child, and of what was made of one. */
  readonly entry: string | null
  readonly origin: string | null
  /** How often it was let go on after its end. */
  repairs: number
}

/** The ownership row: there until the instance is closed. */
export interface Due {
  dueAt: number | null
  owner: string | null
  epoch: number
  lastSeq: number
  commitId: string | null
  /** Claims since the last commit. */
  claims: number
  aside: string | null
}

export interface Store {
  readonly programs: Map<string, ProgramFile>
  /** Workflow name → hash of the program stored last. */
  readonly newest: Map<string, string>
  /** Instances that have a deadline and were not asked to cancel yet → that time. */
  readonly deadlines: Map<string, number>
  /** Runs that wait for earlier ones of their schedule, or did so before. */
  readonly waiting: Set<string>
  /** Workflow name → hash of the program that was deployed. */
  readonly deployed: Map<string, string>
  readonly instances: Map<string, Instance>
  readonly due: Map<string, Due>
  /** What names an instance beside its id (`memoryStart.ts`) → instance id. */
  readonly keys: Map<string, string>
  /** Answers by message. */
  readonly replies: Map<string, { readonly instanceId: string; readonly outcome: Outcome }>
  readonly dispatchers: Map<
    string,
    { counter: number; alive: boolean; readonly place: string; load: HostLoad }
  >
  readonly calls: CallsMemory
}

export const emptyStore = (): Store => ({
  programs: new Map(),
  newest: new Map(),
  deployed: new Map(),
  deadlines: new Map(),
  waiting: new Set(),
  instances: new Map(),
  due: new Map(),
  keys: new Map(),
  replies: new Map(),
  dispatchers: new Map(),
  calls: new CallsMemory()
})

export const recordOf = (id: string, instance: Instance, due: Due | undefined): InstanceRecord => ({
  id,
  name: instance.request.name,
  program: instance.request.program,
  status: instance.outcome !== null
    ? instance.outcome.ok ? "completed" : instance.outcome.verdict ?? "failed"
    : due !== undefined && due.aside !== null
    ? "aside"
    : due?.owner != null
    ? "running"
    : "waiting",
  key: instance.request.key ?? null,
  input: instance.request.input,
  priority: instance.request.priority ?? 0,
  tags: instance.request.tags ?? [],
  memo: instance.request.memo ?? null,
  deadlineAt: instance.deadlineAt,
  schedule: instance.request.tick?.schedule ?? null,
  tickAt: instance.request.tick?.at ?? null,
  createdAt: instance.createdAt,
  startedAt: instance.startedAt,
  finishedAt: instance.finishedAt,
  outcome: instance.outcome,
  aside: due?.aside ?? null,
  parent: instance.parent?.id ?? null,
  origin: instance.origin
})

export const deliverOne = (store: Store, message: Message): Delivery => {
  const instance = store.instances.get(message.instanceId)
  if (instance === undefined) return "unknown"
  if (instance.inbox.has(message.id) || instance.taken.has(message.id)) return "delivered"
  if (instance.outcome !== null) return "finished"
  instance.inbox.set(message.id, { ...message })
  return "delivered"
}

export const hasEnd = ({ inbox }: Instance): boolean =>
  Array.from(inbox.values()).some(({ kind }) => kind === "cancel" || kind === "terminate")

export const isTerminated = ({ inbox }: Instance): boolean =>
  Array.from(inbox.values()).some(({ kind }) => kind === "terminate")

/** Puts a verdict into the inbox, if it is the first on its attempt; answers the owner. */
export const reportOne = (
  store: Store,
  call: CallVerdict
): { readonly owner: string | null } | undefined => {
  const id = callIdOf(call)
  const due = store.due.get(call.instanceId)
  const instance = store.instances.get(call.instanceId)
  if (due === undefined || instance === undefined) return undefined
  if (instance.inbox.has(id) || instance.taken.has(id)) return undefined
  instance.inbox.set(id, {
    id,
    instanceId: call.instanceId,
    kind: "call",
    effect: call.effect,
    name: null,
    payload: encodeVerdict(call.attempt, call.verdict)
  })
  return { owner: due.owner }
}

/**
 * What `rappel.settle` does in the transaction of an action (PROTOCOL R16), and rows in memory
 * see it done at once. False when the attempt is over. What it puts in is taken before all else:
 * the work is done, whatever was said to the instance meanwhile.
 */
export const settleOne = (store: Store, call: CallKey, value: string): boolean => {
  const row = store.calls.rowOf(callIdOf(call))
  if (row === undefined) return false
  const verdict: CallVerdict = { ...call, verdict: { kind: "succeeded", value } }
  if (reportOne(store, verdict) === undefined) return false
  row.settled = true
  const { inbox } = store.instances.get(call.instanceId)!
  const others = Array.from(inbox).filter(([id]) => id !== callIdOf(call))
  const [own] = Array.from(inbox).slice(-1)
  inbox.clear()
  for (const [id, message] of [own!, ...others]) inbox.set(id, message)
  return true
}

export const arrivedOf = ({ inbox, taken }: Instance): ReadonlyArray<Arrived> =>
  Array.from(inbox.values())
    .slice(0, MESSAGES)
    .map((message) => ({ ...message, repeated: taken.has(message.id) }))

/** The outcome of a child, for a parent that is still there. */
const tellParent = (store: Store, id: string, { outcome, parent, repairs }: Instance): void => {
  const parentInstance = parent === null ? undefined : store.instances.get(parent.id)
  if (parentInstance === undefined || !store.due.has(parent!.id)) return
  // What it told before its repair was taken under its own id.
  const messageId = repairs === 0 ? id : `${id} ${repairs}`
  parentInstance.inbox.set(messageId, {
    id: messageId,
    instanceId: parent!.id,
    kind: "child",
    effect: parent!.effect,
    name: null,
    payload: encodeOutcome(outcome!)
  })
}

/**
 * True when the entry is durable after this call; false when its instance is somebody else's.
 * `onWithdrawn` hears when it took calls away that somebody runs.
 */
export const commitOne = (
  store: Store,
  commit: Commit,
  entry: CommitEntry,
  now: number,
  onWithdrawn: () => void
): boolean => {
  const instance = store.instances.get(entry.id)
  if (instance === undefined) return false
  const due = store.due.get(entry.id)
  if (due === undefined) return instance.closedBy === commit.id
  if (due.commitId === commit.id) return true
  if (
    due.owner !== commit.dispatcher || due.epoch !== entry.epoch ||
    due.lastSeq !== entry.expectedSeq
  ) return false
  // The action's transaction was first (PROTOCOL R16): its owner is to hear of it before it goes on.
  if ((entry.withdrawn ?? []).some((call) => store.calls.rowOf(callIdOf(call))?.settled === true)) {
    return false
  }

  instance.events.push(...entry.events)
  for (const { message } of entry.events) if (message !== undefined) instance.taken.add(message)
  for (const message of entry.consumed) {
    instance.inbox.delete(message)
    store.calls.remove(message)
  }
  if (store.calls.withdraw((entry.withdrawn ?? []).map(callIdOf))) onWithdrawn()
  store.calls.offer(entry.id, entry.offers ?? [], now)
  for (const { message, outcome } of entry.replies ?? []) {
    if (!store.replies.has(message)) {
      store.replies.set(message, { instanceId: entry.id, outcome })
    }
  }
  for (const [name, value] of entry.published ?? []) instance.published.set(name, value)
  instance.logs.push(...entry.logs)
  if (entry.snapshot !== null) instance.snapshot = entry.snapshot
  if (entry.outcome !== null && instance.outcome === null) {
    instance.outcome = entry.outcome
    instance.finishedAt = now
    tellParent(store, entry.id, instance)
  }
  for (const child of entry.children ?? []) startChild(store, child, entry.id, now)
  for (const message of entry.sent ?? []) {
    if (store.due.has(message.instanceId)) deliverOne(store, message)
  }
  due.lastSeq = entry.expectedSeq + entry.events.length
  due.commitId = commit.id
  due.claims = 0
  if (entry.then.kind === "release") {
    due.owner = null
    due.dueAt = entry.then.dueAt
  } else if (entry.then.kind === "aside") {
    due.owner = null
    due.dueAt = null
    due.aside = asideReason(entry.then.reason)
  } else if (entry.then.kind === "close") {
    store.due.delete(entry.id)
    instance.inbox.clear()
    // A repair may go back to before it.
    instance.snapshot = null
    if (store.calls.withdrawOf(entry.id)) onWithdrawn()
    instance.closedBy = commit.id
  }
  return true
}

/** The first of both lists by turns, without repetition, up to `limit`. */
export const byTurns = (
  due: ReadonlyArray<readonly [string, Due]>,
  woken: ReadonlyArray<readonly [string, Due]>,
  limit: number
): ReadonlyArray<readonly [string, Due]> => {
  const chosen = new Map<string, Due>()
  for (let i = 0; i < Math.max(due.length, woken.length) && chosen.size < limit; i++) {
    for (const row of [due[i], woken[i]]) {
      if (row !== undefined && chosen.size < limit) chosen.set(row[0], row[1])
    }
  }
  return Array.from(chosen)
}

export const loadedOf = (
  { calls }: Store,
  id: string,
  epoch: number,
  instance: Instance,
  due: Due
): Loaded => ({
  id,
  epoch,
  name: instance.request.name,
  program: instance.request.program,
  input: instance.request.input,
  seed: instance.request.seed,
  entry: instance.entry,
  aside: due.aside,
  startedAt: instance.startedAt!,
  lastSeq: due.lastSeq,
  claims: due.claims,
  completed: instance.outcome !== null,
  snapshot: instance.snapshot,
  events: instance.events.filter((event) => event.seq > (instance.snapshot?.seq ?? 0)),
  inbox: arrivedOf(instance),
  offered: calls.offersOf(id)
})

/** Takes finished and closed instances out of the store, those that finished first. */
export const removeFinished = (
  store: Store,
  { keepMillis, limit, name, status }: Removal,
  now: number
): number => {
  const over = Array.from(store.instances).filter(([id, { finishedAt, outcome, request }]) =>
    request.name === name && outcome?.ok === (status === "completed") &&
    finishedAt !== null && finishedAt <= now - keepMillis && !store.due.has(id)
  )
  const going = over.sort(([, a], [, b]) => a.finishedAt! - b.finishedAt!).slice(0, limit)
  const ids = new Set(going.map(([id]) => id))
  for (const id of ids) store.instances.delete(id)
  for (const [key, id] of store.keys) if (ids.has(id)) store.keys.delete(key)
  for (const [message, { instanceId }] of store.replies) {
    if (ids.has(instanceId)) store.replies.delete(message)
  }
  return ids.size
}
