/**
 * The queue in memory as the simulation calls it: answers instead of effects.
 *
 * It is also the place where a test breaks what the queue promises, to see that the audit finds it.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { CallKey, CallVerdict, Taken, TakeRequest } from "../../../src/queue/Calls.ts"
import type {
  Arrived,
  Beat,
  Claimed,
  Claims,
  Commit,
  Committed,
  InstanceRecord,
  Loaded,
  Message,
  Peer,
  Queue,
  StartRequest,
  StoredEvent
} from "../../../src/queue/Queue.ts"
import * as QueueMemory from "../../../src/queue/QueueMemory.ts"

/**
 * Promises that a test breaks on purpose, each with the fault that it stands for.
 *
 * `commit-after-send`: calls go out before their inputs are durable. `no-fence`: a refused commit
 * is believed. `stale-owner`: the queue takes the commits of a former owner. `lost-wake`: a
 * message for an instance that somebody owns is overwritten. `double-outcome`: a message that is
 * sent again counts again. `early-timer`: hosts trust a clock of their own that is ahead.
 * `torn-snapshot`: a snapshot says that it holds one event more than it does. `lost-attempts`: a
 * new owner counts attempts from 1. `no-limit`: limits of calls are forgotten on their way.
 */
export const SABOTAGES = [
  "commit-after-send",
  "no-fence",
  "stale-owner",
  "lost-wake",
  "double-outcome",
  "early-timer",
  "torn-snapshot",
  "lost-attempts",
  "no-limit"
] as const
export type Sabotage = typeof SABOTAGES[number]

export interface SimQueue {
  readonly register: (id: string) => void
  readonly start: (request: StartRequest, owner: string | undefined) => void
  readonly deliver: (message: Message) => void
  readonly claim: (dispatcher: string, limit: number) => Claims
  readonly load: (dispatcher: string, claimed: ReadonlyArray<Claimed>) => ReadonlyArray<Loaded>
  readonly poll: (dispatcher: string, claimed: ReadonlyArray<Claimed>) => ReadonlyArray<Arrived>
  readonly commit: (commit: Commit) => Committed
  readonly beat: (id: string) => Beat
  readonly expire: (peer: Peer) => void
  readonly find: (id: string) => InstanceRecord
  readonly history: (id: string) => ReadonlyArray<StoredEvent>
  readonly take: (request: TakeRequest) => Taken
  readonly report: (dispatcher: string, verdicts: ReadonlyArray<CallVerdict>) => void
  readonly held: (dispatcher: string) => ReadonlyArray<CallKey>
  readonly giveBack: (dispatcher: string, calls: ReadonlyArray<CallKey>) => void
}

const clockAt = (now: () => number): Clock.Clock => ({
  ...Clock.make(),
  unsafeCurrentTimeMillis: now,
  currentTimeMillis: Effect.sync(now)
})

const answer = <A>(effect: Effect.Effect<A, unknown>): A =>
  Effect.runSync(effect as Effect.Effect<A>)

export const make = (now: () => number, nextId: () => string, sabotage?: Sabotage): SimQueue => {
  const queue: Queue["Type"] = answer(Effect.withClock(QueueMemory.make, clockAt(now)))
  const honest: SimQueue = {
    register: (id) => void answer(queue.register({ id, host: "sim", pid: 0 })),
    start: (request, owner) => void answer(queue.start([request], owner)),
    deliver: (message) => void answer(queue.deliver([message])),
    claim: (dispatcher, limit) => answer(queue.claim(dispatcher, limit)),
    load: (dispatcher, claimed) =>
      claimed.length === 0 ? [] : answer(queue.load(dispatcher, claimed)),
    poll: (dispatcher, claimed) => answer(queue.poll(dispatcher, claimed)),
    commit: (commit) => answer(queue.commit(commit)),
    beat: (id) => answer(queue.beat(id)),
    expire: (peer) => void answer(queue.expire([peer])),
    find: (id) => answer(queue.find([id]))[0]!,
    history: (id) => answer(queue.history(id)),
    take: (request) => answer(queue.calls.take(request)),
    report: (dispatcher, verdicts) => answer(queue.calls.report(dispatcher, verdicts)),
    held: (dispatcher) => answer(queue.calls.held(dispatcher)),
    giveBack: (dispatcher, calls) => answer(queue.calls.giveBack(dispatcher, calls))
  }
  return { ...honest, ...broken(honest, nextId, sabotage) }
}

/** What a sabotage puts in place of the honest methods. */
const broken = (
  honest: SimQueue,
  nextId: () => string,
  sabotage: Sabotage | undefined
): Partial<SimQueue> => {
  switch (sabotage) {
    case "stale-owner": {
      const owners = new Map<string, { readonly dispatcher: string; readonly epoch: number }>()
      const note = (dispatcher: string, { epoch, id }: Claimed) => {
        if (epoch > (owners.get(id)?.epoch ?? 0)) owners.set(id, { dispatcher, epoch })
      }
      return {
        start: (request, owner) => {
          honest.start(request, owner)
          if (owner !== undefined) note(owner, { id: request.id, epoch: 1 })
        },
        claim: (dispatcher, limit) => {
          const claims = honest.claim(dispatcher, limit)
          for (const claimed of claims.claimed) note(dispatcher, claimed)
          return claims
        },
        commit: (commit) => {
          const accepted = new Set<string>()
          for (const entry of commit.entries) {
            const { dispatcher, epoch } = owners.get(entry.id)!
            const expectedSeq = honest.history(entry.id).length
            const forged = epoch === entry.epoch ? entry : { ...entry, epoch, expectedSeq }
            const one = honest.commit({ ...commit, dispatcher, entries: [forged] })
            for (const id of one.accepted) accepted.add(id)
          }
          return { accepted, busy: new Set(), now: 0 }
        }
      }
    }
    case "lost-wake":
      return {
        deliver: (message) => {
          if (honest.find(message.instanceId).status !== "running") honest.deliver(message)
        }
      }
    case "double-outcome":
      return { deliver: (message) => honest.deliver({ ...message, id: nextId() }) }
    case "torn-snapshot":
      return {
        commit: (commit) =>
          honest.commit({
            ...commit,
            entries: commit.entries.map((entry) =>
              entry.snapshot === null
                ? entry
                : { ...entry, snapshot: { ...entry.snapshot, seq: entry.snapshot.seq + 1 } }
            )
          })
      }
    case "lost-attempts":
      return {
        load: (dispatcher, claimed) =>
          honest.load(dispatcher, claimed).map((loaded) => ({
            ...loaded,
            events: loaded.events.map((event) =>
              event.kind === "attempt" ? { ...event, kind: "lost" as const } : event
            )
          }))
      }
    case "no-limit":
      return {
        commit: (commit) =>
          honest.commit({
            ...commit,
            entries: commit.entries.map((entry) => ({
              ...entry,
              offers: (entry.offers ?? []).map((offer) => ({ ...offer, limit: null }))
            }))
          })
      }
    default:
      return {}
  }
}
