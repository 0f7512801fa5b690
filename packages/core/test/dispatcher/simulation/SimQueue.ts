/**
 * The queue in memory as the simulation calls it: answers instead of effects.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { CallKey, CallVerdict, Taken, TakeRequest } from "../../../src/queue/Calls.ts"
import { callIdOf } from "../../../src/queue/CallsMemory.ts"
import { emptyStore, recordOf, settleOne } from "../../../src/queue/memoryRows.ts"
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
import { broken } from "./broken.ts"
import type { Sabotage } from "./Sabotage.ts"

export interface SimQueue {
  readonly register: (id: string) => void
  /** As effects, for what is one. */
  readonly service: Queue["Type"]
  readonly start: (request: StartRequest, owner: string | undefined) => void
  readonly deliver: (message: Message) => void
  readonly claim: (dispatcher: string, limit: number) => Claims
  readonly load: (dispatcher: string, claimed: ReadonlyArray<Claimed>) => ReadonlyArray<Loaded>
  readonly poll: (dispatcher: string, claimed: ReadonlyArray<Claimed>) => ReadonlyArray<Arrived>
  readonly commit: (commit: Commit) => Committed
  readonly beat: (id: string) => Beat
  readonly expire: (peer: Peer) => void
  readonly find: (id: string) => InstanceRecord
  /** Nothing goes on in its background. */
  readonly isClosed: (id: string) => boolean
  readonly history: (id: string) => ReadonlyArray<StoredEvent>
  readonly cancelOverdue: () => void
  /**
   * The last statement of a transactional action's transaction, and its commit; false when the
   * attempt is over.
   */
  readonly settle: (call: CallKey, value: string) => boolean
  /** Nobody sees that it was settled. */
  readonly unsettle: (call: CallKey) => void
  readonly take: (request: TakeRequest) => Taken
  readonly report: (dispatcher: string, verdicts: ReadonlyArray<CallVerdict>) => void
  readonly held: (dispatcher: string) => ReadonlyArray<CallKey>
  readonly giveBack: (dispatcher: string, calls: ReadonlyArray<CallKey>) => void
}

export const clockAt = (now: () => number): Clock.Clock => ({
  ...Clock.make(),
  unsafeCurrentTimeMillis: now,
  currentTimeMillis: Effect.sync(now)
})

export const answer = <A>(effect: Effect.Effect<A, unknown>): A =>
  Effect.runSync(effect as Effect.Effect<A>)

export const make = (now: () => number, nextId: () => string, sabotage?: Sabotage): SimQueue => {
  const store = emptyStore()
  const queue: Queue["Type"] = answer(
    Effect.withClock(QueueMemory.makeOver(store), clockAt(now))
  )
  const honest: SimQueue = {
    service: queue,
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
    // Read for each execution, so without an effect.
    find: (id) => recordOf(id, store.instances.get(id)!, store.due.get(id)),
    isClosed: (id) => !store.due.has(id),
    history: (id) => store.instances.get(id)!.events,
    cancelOverdue: () => void answer(queue.cancelOverdue),
    settle: (call, value) => settleOne(store, call, value),
    unsettle: (call) => {
      store.calls.rowOf(callIdOf(call))!.settled = false
    },
    take: (request) => answer(queue.calls.take(request)),
    report: (dispatcher, verdicts) => answer(queue.calls.report(dispatcher, verdicts)),
    held: (dispatcher) => answer(queue.calls.held(dispatcher)),
    giveBack: (dispatcher, calls) => answer(queue.calls.giveBack(dispatcher, calls))
  }
  return { ...honest, ...broken(honest, nextId, sabotage) }
}
