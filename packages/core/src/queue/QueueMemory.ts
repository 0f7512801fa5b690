/**
 * The queue in this process's memory: for tests, and for runs that need no durability.
 *
 * It keeps every promise of `Queue.ts` (owners and epochs, fencing, commits that can be
 * resent) and passes the same suite as Postgres. All values go in and out as text, so a
 * caller never shares a reference with it. Each method is one synchronous section, which
 * is what makes it atomic.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import type { Outcome } from "../machine/Model.ts"
import type { ProgramFile } from "../program/Program.ts"
import {
  type Claimed,
  type Commit,
  type CommitEntry,
  type InstanceRecord,
  type Loaded,
  Queue,
  type Started,
  type StartRequest,
  type StoredEvent,
  type Wake
} from "./Queue.ts"
import { KeyTaken } from "./QueueError.ts"

interface Instance {
  readonly request: StartRequest
  readonly createdAt: number
  startedAt: number | null
  finishedAt: number | null
  outcome: Outcome | null
  snapshot: { readonly seq: number; readonly body: string } | null
  readonly events: Array<StoredEvent>
  readonly logs: Array<string>
  /** The batch that closed the instance, for a resent commit. */
  closedBy: string | null
}

/** The ownership row: there until the instance is closed. */
interface Due {
  dueAt: number | null
  owner: string | null
  epoch: number
  lastSeq: number
  commitId: string | null
}

interface Store {
  readonly programs: Map<string, ProgramFile>
  /** Workflow name → hash of the program stored last. */
  readonly newest: Map<string, string>
  readonly instances: Map<string, Instance>
  readonly due: Map<string, Due>
  /** Workflow name and key, as one JSON text → instance id. */
  readonly keys: Map<string, string>
  readonly dispatchers: Map<string, { counter: number; alive: boolean }>
}

const copyOfProgram = (file: ProgramFile): ProgramFile => JSON.parse(JSON.stringify(file))

const recordOf = (id: string, instance: Instance, due: Due | undefined): InstanceRecord => ({
  id,
  name: instance.request.name,
  program: instance.request.program,
  status: instance.outcome !== null
    ? instance.outcome.ok ? "completed" : "failed"
    : due?.owner != null
    ? "running"
    : "waiting",
  key: instance.request.key ?? null,
  input: instance.request.input,
  createdAt: instance.createdAt,
  startedAt: instance.startedAt,
  finishedAt: instance.finishedAt,
  outcome: instance.outcome
})

const keyOf = ({ key, name }: StartRequest): string | undefined =>
  key === undefined ? undefined : JSON.stringify([name, key])

/** The conflict that refuses a whole batch, if there is one. */
const takenKey = (store: Store, batch: ReadonlyArray<StartRequest>): KeyTaken | undefined => {
  const added = new Map<string, StartRequest>()
  for (const request of batch) {
    const key = keyOf(request)
    if (key === undefined) continue
    const holder = store.instances.get(store.keys.get(key) ?? "")?.request ?? added.get(key)
    if (holder !== undefined && holder.input !== request.input) {
      return new KeyTaken({ name: request.name, key: request.key!, instanceId: holder.id })
    }
    added.set(key, holder ?? request)
  }
  return undefined
}

const startOne = (
  store: Store,
  request: StartRequest,
  owner: string | undefined,
  now: number
): Started => {
  if (store.instances.has(request.id)) return { id: request.id, created: false }
  const key = keyOf(request)
  const holder = key === undefined ? undefined : store.keys.get(key)
  if (holder !== undefined) return { id: holder, created: false }
  if (key !== undefined) store.keys.set(key, request.id)
  const dueAt = now + (request.delayMillis ?? 0)
  const owned = owner !== undefined && dueAt <= now
  store.instances.set(request.id, {
    request,
    createdAt: now,
    startedAt: owned ? now : null,
    finishedAt: null,
    outcome: null,
    snapshot: null,
    events: [],
    logs: [],
    closedBy: null
  })
  store.due.set(request.id, {
    dueAt,
    owner: owned ? owner : null,
    epoch: owned ? 1 : 0,
    lastSeq: 0,
    commitId: null
  })
  return { id: request.id, created: true }
}

/** True when the entry is durable after this call; false when its instance is somebody else's. */
const commitOne = (store: Store, commit: Commit, entry: CommitEntry, now: number): boolean => {
  const instance = store.instances.get(entry.id)
  if (instance === undefined) return false
  const due = store.due.get(entry.id)
  if (due === undefined) return instance.closedBy === commit.id
  if (due.commitId === commit.id) return true
  if (
    due.owner !== commit.dispatcher || due.epoch !== entry.epoch ||
    due.lastSeq !== entry.expectedSeq
  ) return false

  instance.events.push(...entry.events)
  instance.logs.push(...entry.logs)
  if (entry.snapshot !== null) instance.snapshot = entry.snapshot
  if (entry.outcome !== null && instance.outcome === null) {
    instance.outcome = entry.outcome
    instance.finishedAt = now
  }
  due.lastSeq = entry.expectedSeq + entry.events.length
  due.commitId = commit.id
  if (entry.then.kind === "release") {
    due.owner = null
    due.dueAt = entry.then.dueAt
  } else if (entry.then.kind === "close") {
    store.due.delete(entry.id)
    instance.closedBy = commit.id
  }
  return true
}

const loadedOf = (id: string, epoch: number, instance: Instance, due: Due): Loaded => ({
  id,
  epoch,
  name: instance.request.name,
  program: instance.request.program,
  input: instance.request.input,
  seed: instance.request.seed,
  startedAt: instance.startedAt!,
  lastSeq: due.lastSeq,
  completed: instance.outcome !== null,
  snapshot: instance.snapshot,
  events: instance.events.filter((event) => event.seq > (instance.snapshot?.seq ?? 0))
})

/**
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Queue["Type"]> = Effect.gen(function*() {
  const clock: Clock.Clock = yield* Effect.clock
  const bell = yield* PubSub.sliding<Wake>(1024)
  const store: Store = {
    programs: new Map(),
    newest: new Map(),
    instances: new Map(),
    due: new Map(),
    keys: new Map(),
    dispatchers: new Map()
  }
  const now = () => clock.unsafeCurrentTimeMillis()
  const ring = (wake: Wake) => PubSub.publish(bell, wake)

  const ownedBy = (dispatcher: string, { epoch, id }: Claimed): Due | undefined => {
    const due = store.due.get(id)
    return due?.owner === dispatcher && due.epoch === epoch ? due : undefined
  }

  const release = (dispatcher: string): number => {
    let count = 0
    for (const due of store.due.values()) {
      if (due.owner !== dispatcher) continue
      due.owner = null
      due.dueAt = now()
      count++
    }
    return count
  }

  return Queue.of({
    putPrograms: (files) =>
      Effect.sync(() => {
        for (const file of files) {
          if (!store.programs.has(file.hash)) {
            store.programs.set(file.hash, copyOfProgram(file))
            store.newest.set(file.program.name, file.hash)
          }
        }
      }),
    getPrograms: (hashes) =>
      Effect.sync(() =>
        hashes.flatMap((hash) => {
          const file = store.programs.get(hash)
          return file === undefined ? [] : [copyOfProgram(file)]
        })
      ),
    newestProgram: (name) => Effect.sync(() => Option.fromNullable(store.newest.get(name))),

    start: (batch, owner) =>
      Effect.suspend(() => {
        const taken = takenKey(store, batch)
        if (taken !== undefined) return Effect.fail(taken)
        const started = batch.map((request) => startOne(store, request, owner, now()))
        return Effect.as(ring({ kind: "due" }), started)
      }),
    find: (ids) =>
      Effect.sync(() =>
        ids.flatMap((id) => {
          const instance = store.instances.get(id)
          return instance === undefined ? [] : [recordOf(id, instance, store.due.get(id))]
        })
      ),
    list: (filter) =>
      Effect.sync(() =>
        Array.from(store.instances, ([id, instance]) => recordOf(id, instance, store.due.get(id)))
          .filter((record) =>
            (filter.name === undefined || record.name === filter.name) &&
            (filter.status === undefined || record.status === filter.status)
          )
          .reverse()
          .slice(0, filter.limit)
      ),
    history: (id) => Effect.sync(() => store.instances.get(id)?.events.slice() ?? []),

    register: ({ id }) =>
      Effect.sync(() => {
        store.dispatchers.set(id, { counter: 0, alive: true })
        return { now: now() }
      }),
    beat: (dispatcher) =>
      Effect.sync(() => {
        const own = store.dispatchers.get(dispatcher)
        const alive = own?.alive === true
        if (alive) own.counter++
        const peers = Array.from(store.dispatchers)
          .filter(([id, peer]) => id !== dispatcher && peer.alive)
          .map(([id, { counter }]) => ({ id, counter }))
        return { alive, peers, now: now() }
      }),
    expire: (peers) =>
      Effect.suspend(() => {
        let count = 0
        for (const { counter, id } of peers) {
          const peer = store.dispatchers.get(id)
          if (peer === undefined || !peer.alive || peer.counter !== counter) continue
          peer.alive = false
          count += release(id)
        }
        return Effect.as(count === 0 ? Effect.void : ring({ kind: "due" }), count)
      }),
    leave: (dispatcher) =>
      Effect.suspend(() => {
        store.dispatchers.delete(dispatcher)
        return release(dispatcher) === 0 ? Effect.void : Effect.asVoid(ring({ kind: "due" }))
      }),

    claim: (dispatcher, limit) =>
      Effect.sync(() => {
        const at = now()
        const waiting = Array.from(store.due)
          .filter(([, due]) => due.owner === null && due.dueAt !== null)
          .sort(([a, x], [b, y]) => x.dueAt! - y.dueAt! || (a < b ? -1 : 1))
        const ready = store.dispatchers.get(dispatcher)?.alive === true
          ? waiting.filter(([, due]) => due.dueAt! <= at).slice(0, limit)
          : []
        for (const [id, due] of ready) {
          due.owner = dispatcher
          due.epoch++
          store.instances.get(id)!.startedAt ??= at
        }
        return {
          claimed: ready.map(([id, { epoch }]) => ({ id, epoch })),
          nextDueAt: waiting[ready.length]?.[1].dueAt ?? null,
          now: at
        }
      }),
    load: (dispatcher, claimed) =>
      Effect.sync(() =>
        claimed.flatMap((claim) => {
          const due = ownedBy(dispatcher, claim)
          return due === undefined
            ? []
            : [loadedOf(claim.id, claim.epoch, store.instances.get(claim.id)!, due)]
        })
      ),
    giveBack: (dispatcher, claimed) =>
      Effect.suspend(() => {
        for (const claim of claimed) {
          const due = ownedBy(dispatcher, claim)
          if (due === undefined) continue
          due.owner = null
          due.dueAt = now()
        }
        return Effect.asVoid(ring({ kind: "due" }))
      }),
    commit: (commit) =>
      Effect.suspend(() => {
        const accepted = new Set<string>()
        const finished: Array<string> = []
        let released = false
        for (const entry of commit.entries) {
          if (!commitOne(store, commit, entry, now())) continue
          accepted.add(entry.id)
          if (entry.outcome !== null) finished.push(entry.id)
          if (entry.then.kind === "release") released = true
        }
        const answer = { accepted, now: now() }
        const rings = [
          ...(finished.length === 0 ? [] : [ring({ kind: "finished", ids: finished })]),
          ...(released ? [ring({ kind: "due" })] : [])
        ]
        return Effect.as(Effect.all(rings, { discard: true }), answer)
      }),

    wakes: PubSub.subscribe(bell),
    pollMillis: Infinity
  })
})

/**
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Queue> = Layer.effect(Queue, make)
