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
import type { ProgramFile } from "../program/Program.ts"
import { matches } from "../search/matches.ts"
import { type CallKey, type CallVerdict, KILL_GRACE_MILLIS, PRIORITY_STEP_MILLIS } from "./Calls.ts"
import { callIdOf } from "./CallsMemory.ts"
import * as Hearers from "./Hearers.ts"
import { begunOf, forkOne, repairAll } from "./memoryRepair.ts"
import {
  arrivedOf,
  byTurns,
  commitOne,
  deliverOne,
  type Due,
  emptyStore,
  hasEnd,
  isTerminated,
  loadedOf,
  recordOf,
  removeFinished,
  reportOne,
  type Store
} from "./memoryRows.ts"
import { cancelOverdue, releaseRuns, startOne, takenKey } from "./memoryStart.ts"
import { type Claimed, Queue, SUSPECT_CLAIMS, type Wake } from "./Queue.ts"

const copyOfProgram = (file: ProgramFile): ProgramFile => JSON.parse(JSON.stringify(file))

/** Over rows that somebody else may look at, as the simulation does. */
export const makeOver = (store: Store): Effect.Effect<Queue["Type"]> =>
  Effect.gen(function*() {
    const clock: Clock.Clock = yield* Effect.clock
    const { listen, tell } = Hearers.make()
    const now = () => clock.unsafeCurrentTimeMillis()
    const ring = (wake: Wake) => Effect.sync(() => tell(wake))

    const ownedBy = (dispatcher: string, { epoch, id }: Claimed): Due | undefined => {
      const due = store.due.get(id)
      return due?.owner === dispatcher && due.epoch === epoch ? due : undefined
    }

    const report = (verdicts: ReadonlyArray<CallVerdict>): ReadonlyArray<Wake> => {
      const wakes = new Map<string | null, Wake>()
      for (const verdict of verdicts) {
        const reported = reportOne(store, verdict)
        if (reported === undefined) continue
        const { owner } = reported
        wakes.set(owner, owner === null ? { kind: "due" } : { kind: "arrived", dispatcher: owner })
      }
      return Array.from(wakes.values())
    }

    const hasVerdict = (call: CallKey) =>
      store.instances.get(call.instanceId)?.inbox.has(callIdOf(call)) === true

    const ringAll = (wakes: ReadonlyArray<Wake>) => Effect.forEach(wakes, ring, { discard: true })

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

    const putPrograms = (files: ReadonlyArray<ProgramFile>) => {
      for (const file of files) {
        if (store.programs.has(file.hash)) continue
        store.programs.set(file.hash, copyOfProgram(file))
        store.newest.set(file.program.name, file.hash)
      }
    }

    return Queue.of({
      putPrograms: (files) => Effect.sync(() => putPrograms(files)),
      deploy: (files) =>
        Effect.sync(() => {
          putPrograms(files)
          for (const { hash, program } of files) store.deployed.set(program.name, hash)
        }),
      getPrograms: (hashes) =>
        Effect.sync(() =>
          hashes.flatMap((hash) => {
            const file = store.programs.get(hash)
            return file === undefined ? [] : [copyOfProgram(file)]
          })
        ),
      newestProgram: (name) =>
        Effect.sync(() => Option.fromNullable(store.deployed.get(name) ?? store.newest.get(name))),

      start: (batch, owner) =>
        Effect.suspend(() => {
          const taken = takenKey(store, batch)
          if (taken !== undefined) return Effect.fail(taken)
          const started = batch.map((request) => startOne(store, request, owner, now()))
          return Effect.as(ring({ kind: "due" }), started)
        }),
      releaseRuns: Effect.suspend(() => {
        const count = releaseRuns(store, now())
        return Effect.as(count === 0 ? Effect.void : ring({ kind: "due" }), count)
      }),
      cancelOverdue: Effect.suspend(() => {
        const { count, nextAt } = cancelOverdue(store, now())
        return Effect.as(count === 0 ? Effect.void : ring({ kind: "due" }), nextAt)
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
              (filter.status === undefined || record.status === filter.status) &&
              (filter.parent === undefined || record.parent === filter.parent) &&
              (filter.search === undefined || matches(filter.search, record))
            )
            // An id begins with the time at which it was made.
            .sort((a, b) => a.id < b.id ? 1 : -1)
            .slice(0, filter.limit)
        ),
      history: (id) => Effect.sync(() => store.instances.get(id)?.events.slice() ?? []),
      replies: (messages) =>
        Effect.sync(() =>
          new Map(messages.flatMap((message) => {
            const reply = store.replies.get(message)
            return reply === undefined ? [] : [[message, reply.outcome] as const]
          }))
        ),
      published: (id) => Effect.sync(() => new Map(store.instances.get(id)?.published)),

      register: ({ id, place = "" }) =>
        Effect.sync(() => {
          // Sent again it changes nothing, and wakes no dead.
          if (!store.dispatchers.has(id)) {
            const load = { slots: 0, queues: [] }
            store.dispatchers.set(id, { counter: 0, alive: true, place, load })
          }
          return { now: now() }
        }),
      beat: (dispatcher, load) =>
        Effect.sync(() => {
          const own = store.dispatchers.get(dispatcher)
          const alive = own?.alive === true
          if (alive) {
            own.counter++
            if (load !== undefined) own.load = { ...load }
          }
          const others = Array.from(store.dispatchers)
            .filter(([id, peer]) => id !== dispatcher && peer.alive)
          return {
            alive,
            peers: others.map(([id, { counter, place }]) => ({ id, counter, place })),
            hosts: others.map(([, { load }]) => load),
            limited: store.calls.limited(),
            now: now()
          }
        }),
      expire: (peers) =>
        Effect.suspend(() => {
          let count = 0
          const lost: Array<CallVerdict> = []
          for (const { counter, id } of peers) {
            const peer = store.dispatchers.get(id)
            if (peer === undefined || !peer.alive || peer.counter !== counter) continue
            peer.alive = false
            count += release(id)
            lost.push(...store.calls.lose(id, now() + KILL_GRACE_MILLIS))
          }
          const wakes = report(lost)
          return Effect.as(ringAll(count === 0 ? wakes : [...wakes, { kind: "due" }]), count)
        }),
      leave: (dispatcher) =>
        Effect.suspend(() => {
          store.dispatchers.delete(dispatcher)
          const held = store.calls.heldBy(dispatcher)
          store.calls.giveBack(dispatcher, held, hasVerdict)
          return ringAll([
            ...(held.length === 0 ? [] : [{ kind: "offered" } as const]),
            ...(release(dispatcher) === 0 ? [] : [{ kind: "due" } as const])
          ])
        }),

      deliver: (batch) =>
        Effect.suspend(() => {
          const deliveries = batch.map((message) => deliverOne(store, message))
          return Effect.as(ring({ kind: "due" }), deliveries)
        }),

      claim: (dispatcher, limit) =>
        Effect.sync(() => {
          const at = now()
          const most = store.dispatchers.get(dispatcher)?.alive === true ? limit : 0
          const rows = Array.from(store.due)
          const waiting = rows
            .filter(([, due]) => due.owner === null && due.dueAt !== null)
            .sort(([a, x], [b, y]) => x.dueAt! - y.dueAt! || (a < b ? -1 : 1))
          const hasMessage = ([id]: readonly [string, Due]) =>
            store.instances.get(id)!.inbox.size > 0
          // Only an end comes true before the time of the start.
          const isWoken = (row: readonly [string, Due]) =>
            row[1].owner === null && hasMessage(row) &&
            (row[1].aside === null
              ? row[1].epoch > 0 || (row[1].dueAt !== null && row[1].dueAt <= at) ||
                hasEnd(store.instances.get(row[0])!)
              : isTerminated(store.instances.get(row[0])!))
          const arrived = rows
            .filter((row) => row[1].owner === dispatcher && hasMessage(row))
            .map(([id]) => id)
          const rank = ([id, due]: readonly [string, Due]) =>
            due.dueAt! - (store.instances.get(id)!.request.priority ?? 0) * PRIORITY_STEP_MILLIS
          const ready = byTurns(
            waiting.filter(([, due]) => due.dueAt! <= at).sort((a, b) => rank(a) - rank(b)),
            rows.filter(isWoken),
            most
          )
          for (const [id, due] of ready) {
            due.owner = dispatcher
            due.epoch++
            if (due.claims < SUSPECT_CLAIMS) due.claims++
            store.instances.get(id)!.startedAt ??= at
          }
          // What is due and was not taken with room to spare is for those who are alive.
          const next = waiting.find(([, due]) =>
            due.owner === null && (due.dueAt! > at || ready.length >= limit)
          )
          return {
            claimed: ready.map(([id, { epoch }]) => ({ id, epoch })),
            nextDueAt: next?.[1].dueAt ?? null,
            arrived,
            now: at
          }
        }),
      load: (dispatcher, claimed) =>
        Effect.sync(() =>
          claimed.flatMap((claim) => {
            const due = ownedBy(dispatcher, claim)
            return due === undefined
              ? []
              : [loadedOf(store, claim.id, claim.epoch, store.instances.get(claim.id)!, due)]
          })
        ),
      poll: (dispatcher, claimed) =>
        Effect.sync(() =>
          claimed.flatMap((claim) =>
            ownedBy(dispatcher, claim) === undefined
              ? []
              : arrivedOf(store.instances.get(claim.id)!)
          )
        ),
      giveBack: (dispatcher, claimed) =>
        Effect.suspend(() => {
          for (const claim of claimed) {
            const due = ownedBy(dispatcher, claim)
            if (due === undefined) continue
            due.owner = null
            due.dueAt = now()
            if (due.claims < SUSPECT_CLAIMS) due.claims = 0
          }
          return Effect.asVoid(ring({ kind: "due" }))
        }),
      countClaim: (dispatcher, claimed, claims) =>
        Effect.sync(() => {
          const due = ownedBy(dispatcher, claimed)
          if (due !== undefined) due.claims = claims
        }),
      commit: (commit) =>
        Effect.suspend(() => {
          const accepted = new Set<string>()
          const finished: Array<string> = []
          let released = false
          let offered = false
          let withdrawn = false
          const onWithdrawn = () => {
            withdrawn = true
          }
          for (const entry of commit.entries) {
            if (!commitOne(store, commit, entry, now(), onWithdrawn)) continue
            accepted.add(entry.id)
            if (entry.outcome !== null) finished.push(entry.id)
            const hasWoken = entry.outcome !== null || (entry.children ?? []).length > 0 ||
              (entry.sent ?? []).length > 0
            if (entry.then.kind === "release" || hasWoken) released = true
            if ((entry.offers ?? []).length > 0) offered = true
          }
          const answer = { accepted, busy: new Set<string>(), now: now() }
          const rings = [
            ...(finished.length === 0 ? [] : [ring({ kind: "finished", ids: finished })]),
            ...(released ? [ring({ kind: "due" })] : []),
            ...(offered ? [ring({ kind: "offered" })] : []),
            ...(withdrawn ? [ring({ kind: "withdrawn" })] : [])
          ]
          return Effect.as(Effect.all(rings, { discard: true }), answer)
        }),
      workflows: Effect.sync(() => Array.from(store.newest.keys())),
      remove: (removal) => Effect.sync(() => removeFinished(store, removal, now())),
      begun: (ids) => Effect.sync(() => begunOf(store, ids)),
      repair: (repairs) =>
        Effect.suspend(() => {
          const isDone = repairAll(store, repairs, now())
          return Effect.as(isDone ? ring({ kind: "due" }) : Effect.void, isDone)
        }),
      fork: (fork) =>
        Effect.suspend(() => {
          const isDone = forkOne(store, fork, now())
          return Effect.as(isDone ? ring({ kind: "due" }) : Effect.void, isDone)
        }),
      resume: (ids) =>
        Effect.suspend(() => {
          const resumed = new Set<string>()
          for (const id of ids) {
            const due = store.due.get(id)
            if (due === undefined || due.aside === null) continue
            due.aside = null
            due.dueAt = now()
            due.claims = 0
            resumed.add(id)
          }
          return Effect.as(resumed.size === 0 ? Effect.void : ring({ kind: "due" }), resumed)
        }),

      calls: {
        take: (request) =>
          Effect.sync(() =>
            store.dispatchers.get(request.dispatcher)?.alive === true
              ? store.calls.take(request, now())
              : { calls: [], after: request.after, nextAt: null }
          ),
        report: (dispatcher, verdicts) =>
          Effect.suspend(() => {
            const isFreed = store.calls.free(dispatcher, verdicts.map(callIdOf))
            const wakes = report(verdicts)
            return ringAll(isFreed ? [...wakes, { kind: "offered" }] : wakes)
          }),
        giveBack: (dispatcher, calls) =>
          Effect.suspend(() => {
            store.calls.giveBack(dispatcher, calls, hasVerdict)
            return ringAll([{ kind: "offered" }])
          }),
        held: (dispatcher) => Effect.sync(() => store.calls.heldBy(dispatcher)),
        sweep: (sweep) => Effect.sync(() => store.calls.sweep(sweep, now())),
        limit: (name, limits) =>
          Effect.suspend(() => {
            store.calls.limit(name, limits)
            return ringAll([{ kind: "offered" }])
          }),
        list: Effect.sync(() => {
          const servers = new Map<string, number>()
          for (const { alive, load } of store.dispatchers.values()) {
            if (!alive) continue
            for (const queue of load.queues) servers.set(queue, (servers.get(queue) ?? 0) + 1)
          }
          return store.calls.list(servers)
        })
      },

      listen,
      pollMillis: Infinity
    })
  })

/**
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Queue["Type"]> = Effect.suspend(() => makeOver(emptyStore()))

/**
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Queue> = Layer.effect(Queue, make)
