/** Offered calls: who gets them, how often, and whose verdict counts. */
import { assert } from "@effect/vitest"
import type { CallKey, CallVerdict, Offer } from "@rappel/core/queue/Calls"
import { decodeVerdict } from "@rappel/core/queue/callVerdict"
import { Queue } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import {
  commitOf,
  type EmptyQueue,
  entryOf,
  eventOf,
  newDispatcher,
  newId,
  newOwner,
  offerOf,
  takeAs,
  test
} from "./cases.ts"

const keyOf = ({ attempt, effect, instanceId }: CallKey): CallKey => ({
  instanceId,
  effect,
  attempt
})

const succeeded = (call: CallKey, value = "1"): CallVerdict => ({
  ...keyOf(call),
  verdict: { kind: "succeeded", value }
})

/** An instance that has offered these, and its owner. */
const offering = (...offers: ReadonlyArray<Offer>) =>
  Effect.gen(function*() {
    const { ids: [id], owner } = yield* newOwner(1)
    yield* commitOf(owner, [entryOf(id!, { offers })])
    return { id: id!, owner } as const
  })

/** The verdicts in an instance's inbox. */
const verdictsOf = (owner: string, id: string, epoch = 1) =>
  Effect.gen(function*() {
    const { poll } = yield* Queue
    const messages = yield* poll(owner, [{ id, epoch }])
    return messages.map(({ effect, kind, payload }) => ({
      kind,
      effect,
      ...decodeVerdict(payload!)
    }))
  })

export const offeringCalls = (queue: EmptyQueue) => {
  test(
    "what an owner offers is taken once, by anybody, and whole",
    queue,
    Effect.gen(function*() {
      const { calls, load } = yield* Queue
      const offers = [
        offerOf(1, {
          args: "[\"\0\ud800\"]",
          timeoutMillis: 1500,
          alone: true,
          limit: { lane: "a", concurrency: 5, rate: { count: 7, periodMillis: 60_000 } }
        }),
        offerOf(2, {
          attempt: 3,
          timeoutMillis: null,
          step: { imports: [], setup: "", code: "() => 1", n: "f()" }
        })
      ]
      const { id, owner } = yield* offering(...offers)
      const taker = yield* newDispatcher

      const { calls: taken } = yield* takeAs(taker)
      assert.sameDeepMembers([...taken], offers.map((offer) => ({ ...offer, instanceId: id })))

      assert.deepStrictEqual((yield* takeAs(owner)).calls, [])
      assert.sameDeepMembers([...yield* calls.held(taker)], taken.map(keyOf))
      assert.deepStrictEqual(yield* calls.held(owner), [])
      const [loaded] = yield* load(owner, [{ id, epoch: 1 }])
      assert.sameDeepMembers([...loaded!.offered!], taken.map(keyOf))
    })
  )

  test(
    "nothing is offered by a commit that is refused, and nothing twice by one that is resent",
    queue,
    Effect.gen(function*() {
      const { commit } = yield* Queue
      const { ids: [good, stale], owner } = yield* newOwner(2)
      const batch = {
        id: newId(),
        dispatcher: owner,
        entries: [
          entryOf(stale!, { epoch: 2, offers: [offerOf(1)] }),
          entryOf(good!, { events: [eventOf(1)], offers: [offerOf(2)] })
        ]
      }

      yield* commit(batch)
      const first = yield* takeAs(owner)
      yield* commit(batch)
      const second = yield* takeAs(owner)

      assert.deepStrictEqual(first.calls.map(keyOf), [{ instanceId: good!, effect: 2, attempt: 1 }])
      assert.deepStrictEqual(second.calls, [])
    })
  )

  test(
    "a verdict waits in the inbox and goes with its offer when it is taken into the log",
    queue,
    Effect.gen(function*() {
      const { calls, load, poll } = yield* Queue
      const { id, owner } = yield* offering(offerOf(1), offerOf(2))
      const taker = yield* newDispatcher
      yield* takeAs(taker)
      const one = { instanceId: id, effect: 1, attempt: 1 }
      const two = { ...one, effect: 2 }

      yield* calls.report(taker, [
        succeeded(one, "\"a\0\""),
        { ...two, verdict: { kind: "failed", error: "{}" } }
      ])

      assert.sameDeepMembers(yield* verdictsOf(owner, id), [
        { kind: "call", effect: 1, attempt: 1, verdict: { kind: "succeeded", value: "\"a\0\"" } },
        { kind: "call", effect: 2, attempt: 1, verdict: { kind: "failed", error: "{}" } }
      ])
      const message = (yield* poll(owner, [{ id, epoch: 1 }])).find(({ effect }) => effect === 1)
      yield* commitOf(owner, [
        entryOf(id, {
          events: [eventOf(1, { message: message!.id })],
          consumed: [message!.id]
        })
      ])

      assert.deepStrictEqual(yield* calls.held(taker), [two])
      assert.lengthOf(yield* verdictsOf(owner, id), 1)
      yield* calls.report(taker, [succeeded(one), succeeded(two)])
      assert.lengthOf(yield* verdictsOf(owner, id), 1, "the first verdict on an attempt counts")
      const [loaded] = yield* load(owner, [{ id, epoch: 1 }])
      assert.deepStrictEqual(loaded!.offered, [two])
      assert.lengthOf(loaded!.inbox, 1)
    })
  )

  test(
    "a verdict wakes an instance that nobody owns",
    queue,
    Effect.gen(function*() {
      const { calls, claim } = yield* Queue
      const { id, owner } = yield* offering(offerOf(1))
      const taker = yield* newDispatcher
      const { calls: [call] } = yield* takeAs(taker)
      yield* commitOf(owner, [entryOf(id, { then: { kind: "release", dueAt: null } })])
      assert.deepStrictEqual((yield* claim(taker, 10)).claimed, [])

      yield* calls.report(taker, [succeeded(call!)])

      assert.deepStrictEqual((yield* claim(taker, 10)).claimed, [{ id, epoch: 2 }])
      assert.lengthOf(yield* verdictsOf(taker, id, 2), 1)
    })
  )

  test(
    "what a dead dispatcher had taken is lost, and its own verdict comes too late",
    queue,
    Effect.gen(function*() {
      const { beat, calls, expire } = yield* Queue
      const { id, owner } = yield* offering(offerOf(1), offerOf(2), offerOf(3))
      const taker = yield* newDispatcher
      const { calls: taken } = yield* calls.take({
        dispatcher: taker,
        queues: ["default"],
        limit: 2,
        after: ""
      })
      const [one, two] = taken.map(keyOf)
      yield* calls.report(taker, [succeeded(one!)])
      const { peers } = yield* beat(owner)

      yield* expire(peers.filter((peer) => peer.id === taker))
      yield* calls.report(taker, [succeeded(two!)])

      const verdicts = yield* verdictsOf(owner, id)
      assert.sameDeepMembers(
        verdicts.map(({ effect, verdict }) => [effect, verdict.kind]),
        [[one!.effect, "succeeded"], [two!.effect, "lost"]]
      )
      assert.deepStrictEqual(yield* calls.held(taker), [])
      assert.deepStrictEqual((yield* takeAs(taker)).calls, [], "the dead take nothing")
      assert.lengthOf((yield* takeAs(owner)).calls, 1)
    })
  )

  test(
    "what a dispatcher leaves, or gives back, is offered again and no loss",
    queue,
    Effect.gen(function*() {
      const { calls, leave } = yield* Queue
      const { id, owner } = yield* offering(offerOf(1), offerOf(2), offerOf(3))
      const taker = yield* newDispatcher
      const { calls: taken } = yield* takeAs(taker)
      const [first, second] = taken.map(keyOf)

      yield* calls.giveBack(owner, [first!])
      assert.lengthOf((yield* takeAs(owner)).calls, 0, "only the taker gives back")
      yield* calls.giveBack(taker, [first!])
      assert.deepStrictEqual((yield* takeAs(owner)).calls.map(keyOf), [first!])
      yield* calls.report(taker, [succeeded(second!)])
      yield* leave(taker)

      assert.deepStrictEqual(
        (yield* takeAs(owner)).calls.map(keyOf),
        [keyOf(taken[2]!)],
        "a call with a verdict is not offered again"
      )
      assert.lengthOf(yield* verdictsOf(owner, id), 1)
    })
  )

  test(
    "what is withdrawn, or belongs to an instance that closes, is taken by nobody",
    queue,
    Effect.gen(function*() {
      const { calls, find } = yield* Queue
      const { id, owner } = yield* offering(offerOf(1), offerOf(2), offerOf(3))
      const taker = yield* newDispatcher
      const { calls: [call] } = yield* calls.take({
        dispatcher: taker,
        queues: ["default"],
        limit: 1,
        after: ""
      })
      const withdrawn = [1, 2].map((effect) => ({ instanceId: id, effect, attempt: 1 }))

      yield* commitOf(owner, [entryOf(id, { withdrawn })])
      assert.deepStrictEqual(yield* calls.held(taker), [])
      yield* commitOf(owner, [
        entryOf(id, { outcome: { ok: true, value: "1" }, then: { kind: "close" } })
      ])

      assert.deepStrictEqual((yield* takeAs(owner)).calls, [])
      yield* calls.report(taker, [succeeded(call!)])
      assert.strictEqual((yield* find([id]))[0]!.status, "completed")
      assert.deepStrictEqual((yield* calls.list).filter(({ waiting }) => waiting > 0), [])
    })
  )

  test(
    "a queue that nobody serves keeps its calls, and says so",
    queue,
    Effect.gen(function*() {
      const { beat, calls } = yield* Queue
      yield* offering(offerOf(1, { queue: "gpu" }), offerOf(2))
      const taker = yield* newDispatcher
      yield* beat(taker, { slots: 4, queues: ["default"] })

      assert.deepStrictEqual((yield* takeAs(taker)).calls.map(({ effect }) => effect), [2])

      const [plain, gpu] = yield* calls.list
      assert.deepInclude(plain, { name: "default", waiting: 0, taken: 1, servers: 1 })
      assert.deepInclude(gpu, { name: "gpu", waiting: 1, taken: 0, servers: 0 })
      assert.isAbove(gpu!.oldestAt!, 0)
      const other = yield* newDispatcher
      assert.deepStrictEqual((yield* beat(other)).hosts.filter(({ slots }) => slots > 0), [
        { slots: 4, queues: ["default"] }
      ])
      const { calls: taken } = yield* calls.take({
        dispatcher: other,
        queues: ["gpu", "other"],
        limit: 10,
        after: ""
      })
      assert.deepStrictEqual(taken.map(({ effect }) => effect), [1])
    })
  )

  test(
    "a higher priority goes first",
    queue,
    Effect.gen(function*() {
      const { calls } = yield* Queue
      const { owner } = yield* offering(
        offerOf(1, { priority: -1 }),
        offerOf(2),
        offerOf(3, { priority: 5 })
      )
      const order: Array<number> = []
      for (let i = 0; i < 3; i++) {
        const { calls: [call] } = yield* calls.take({
          dispatcher: owner,
          queues: ["default"],
          limit: 1,
          after: ""
        })
        order.push(call!.effect)
      }

      assert.deepStrictEqual(order, [3, 2, 1])
    })
  )
}
