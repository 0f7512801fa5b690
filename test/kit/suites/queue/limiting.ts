/** Limits of lanes and queues, and turns between lanes. */
import { assert } from "@effect/vitest"
import type { CallKey, LaneLimit, Offer, TakenCall } from "@rappel/core/queue/Calls"
import { Queue } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import {
  commitOf,
  type EmptyQueue,
  entryOf,
  newDispatcher,
  newOwner,
  offerOf,
  takeAs,
  test
} from "./cases.ts"

const laneOf = (lane: string, fields: Partial<LaneLimit> = {}): LaneLimit => ({
  lane,
  concurrency: null,
  rate: null,
  ...fields
})

/** `count` calls of each lane, offered by one instance in turn. */
const offering = (limits: ReadonlyArray<LaneLimit | null>, count: number) =>
  Effect.gen(function*() {
    const { ids: [id], owner } = yield* newOwner(1)
    const offers: Array<Offer> = []
    for (const limit of limits) {
      for (let i = 0; i < count; i++) offers.push(offerOf(offers.length + 1, { limit }))
    }
    yield* commitOf(owner, [entryOf(id!, { offers })])
    return { id: id!, owner } as const
  })

const take = (dispatcher: string, limit: number, after = "") =>
  Effect.flatMap(
    Queue,
    ({ calls }) => calls.take({ dispatcher, queues: ["default"], limit, after })
  )

/** Takes until there is something to take. */
const untilTaken = (dispatcher: string) =>
  Effect.gen(function*() {
    for (;;) {
      const { calls } = yield* take(dispatcher, 10)
      if (calls.length > 0) return calls
      yield* Effect.sleep("50 millis")
    }
  })

const lanes = (calls: ReadonlyArray<TakenCall>) =>
  calls.map(({ limit }) => limit?.lane ?? "").sort()

const end = (dispatcher: string, calls: ReadonlyArray<CallKey>) =>
  Effect.flatMap(Queue, (queue) =>
    queue.calls.report(
      dispatcher,
      calls.map(({ attempt, effect, instanceId }) => ({
        attempt,
        effect,
        instanceId,
        verdict: { kind: "succeeded", value: "1" }
      }))
    ))

export const limiting = (queue: EmptyQueue) => {
  test(
    "a lane runs so many calls at once, whoever runs them",
    queue,
    Effect.gen(function*() {
      const { owner } = yield* offering([laneOf("a", { concurrency: 3 })], 10)
      const other = yield* newDispatcher

      const first = yield* take(owner, 2)
      const second = yield* take(other, 10)
      assert.lengthOf(first.calls, 2)
      assert.lengthOf(second.calls, 1)
      assert.lengthOf((yield* takeAs(owner)).calls, 0)

      yield* end(owner, first.calls)
      yield* end(owner, first.calls)
      yield* end(owner, second.calls)
      assert.lengthOf((yield* takeAs(other)).calls, 2, "only its holder frees a permit")
    })
  )

  test(
    "a call that is offered again while it runs takes its permit along",
    queue,
    Effect.gen(function*() {
      const { id, owner } = yield* offering([laneOf("a", { concurrency: 1 })], 1)
      const [first, second] = [yield* newDispatcher, yield* newDispatcher]
      const { calls: [call] } = yield* take(first, 1)
      const withdrawn = [{ instanceId: id, effect: call!.effect, attempt: call!.attempt }]
      yield* commitOf(owner, [entryOf(id, { withdrawn })])
      const again = { ...offerOf(call!.effect, { limit: laneOf("b", { concurrency: 1 }) }) }
      yield* commitOf(owner, [entryOf(id, { offers: [again] })])

      const { calls } = yield* take(second, 1)

      assert.deepStrictEqual(lanes(calls), ["b"])
      yield* end(first, [call!])
      assert.lengthOf((yield* takeAs(first)).calls, 0)
      const next = [laneOf("a", { concurrency: 1 }), laneOf("b", { concurrency: 1 })]
      yield* offering(next, 1)
      assert.deepStrictEqual(lanes((yield* takeAs(first)).calls), ["a"], "b is the second's")
      yield* end(second, calls)
      assert.deepStrictEqual(lanes((yield* takeAs(first)).calls), ["b"])
    })
  )

  test(
    "lanes go when nothing of them counts any more, and their next calls make them anew",
    queue,
    Effect.gen(function*() {
      const { calls } = yield* Queue
      const limits = [
        laneOf("running", { concurrency: 1 }),
        laneOf("rated", { rate: { count: 1, periodMillis: 3_600_000 } }),
        laneOf("over", { concurrency: 1 }),
        laneOf("soon over", { rate: { count: 5, periodMillis: 1 } })
      ]
      const { id, owner } = yield* offering(limits, 1)
      const { calls: taken } = yield* take(owner, 10)
      assert.lengthOf(taken, 4)
      yield* end(owner, taken.filter(({ limit }) => limit?.lane !== "running"))
      // Until the start of a millisecond ago counts no more.
      yield* Effect.sleep("5 millis")
      const sweepAll = (idleMillis: number) =>
        Effect.gen(function*() {
          const counts: Array<number> = []
          for (let after = "";;) {
            const swept = yield* calls.sweep({ after, limit: 3, idleMillis })
            counts.push(swept.removed)
            if (swept.after === null) return counts
            after = swept.after
          }
        })
      const sum = (counts: ReadonlyArray<number>) => counts.reduce((a, b) => a + b, 0)

      assert.deepStrictEqual(yield* sweepAll(3_600_000), [0, 0], "too young, in two batches")
      assert.strictEqual(sum(yield* sweepAll(0)), 2)
      assert.strictEqual(sum(yield* sweepAll(0)), 0)
      yield* end(owner, taken)
      assert.strictEqual(sum(yield* sweepAll(0)), 1)

      const more = ["running", "running", "rated"].map((lane, i) =>
        offerOf(10 + i, { limit: limits.find((limit) => limit.lane === lane)! })
      )
      yield* commitOf(owner, [entryOf(id, { offers: more })])
      assert.deepStrictEqual(lanes((yield* take(owner, 10)).calls), ["running"])
    })
  )

  test(
    "the permit of a call that was withdrawn returns when its taker gives it back",
    queue,
    Effect.gen(function*() {
      const { calls } = yield* Queue
      const { id, owner } = yield* offering([laneOf("a", { concurrency: 1 })], 2)
      const taker = yield* newDispatcher
      const { calls: [first] } = yield* take(taker, 1)
      const withdrawn = [{ instanceId: id, effect: first!.effect, attempt: 1 }]
      yield* commitOf(owner, [entryOf(id, { withdrawn })])
      assert.lengthOf((yield* takeAs(owner)).calls, 0, "it may run still")

      yield* calls.giveBack(owner, withdrawn)
      assert.lengthOf((yield* takeAs(owner)).calls, 0, "only its holder frees it")
      yield* calls.giveBack(taker, withdrawn)

      assert.lengthOf((yield* takeAs(owner)).calls, 1)
    })
  )

  test(
    "takes at the same moment keep to the limit together",
    queue,
    Effect.gen(function*() {
      const { owner } = yield* offering([
        laneOf("a", { concurrency: 7 }),
        laneOf("b", { concurrency: 5 })
      ], 60)
      const dispatchers = [owner, yield* newDispatcher, yield* newDispatcher, yield* newDispatcher]
      let ended = 0

      while (ended < 120) {
        const taken = yield* Effect.forEach(
          dispatchers,
          (dispatcher) => Effect.map(take(dispatcher, 4), ({ calls }) => ({ dispatcher, calls })),
          { concurrency: "unbounded" }
        )
        const running = lanes(taken.flatMap(({ calls }) => calls))
        assert.isAtMost(running.filter((lane) => lane === "a").length, 7)
        assert.isAtMost(running.filter((lane) => lane === "b").length, 5)
        ended += running.length
        yield* Effect.forEach(taken, ({ calls, dispatcher }) => end(dispatcher, calls), {
          concurrency: "unbounded"
        })
      }
    })
  )

  test(
    "lanes take turns, from one take to the next",
    queue,
    Effect.gen(function*() {
      const { owner } = yield* offering(["a", "b", "c"].map((lane) => laneOf(lane)), 10)

      const six = yield* take(owner, 6)
      const two = yield* take(owner, 2)
      const next = yield* take(owner, 2, two.after)

      assert.deepStrictEqual(lanes(six.calls), ["a", "a", "b", "b", "c", "c"])
      assert.deepStrictEqual(lanes(two.calls), ["a", "b"])
      assert.deepStrictEqual(lanes(next.calls), ["a", "c"])
    })
  )

  test(
    "a lane that is full holds up no other, and calls without one get their half",
    queue,
    Effect.gen(function*() {
      const { owner } = yield* offering(
        [laneOf("a", { concurrency: 1 }), laneOf("b"), null],
        10
      )

      const first = yield* take(owner, 8)
      assert.deepStrictEqual(lanes(first.calls), ["", "", "", "", "", "a", "b", "b"])
      const second = yield* take(owner, 4)
      assert.deepStrictEqual(lanes(second.calls), ["", "", "", "b"])
    })
  )

  test(
    "a rate lets so many start within a time, and says when the next one may",
    queue,
    Effect.gen(function*() {
      const { claim } = yield* Queue
      const periodMillis = 1500
      const { owner } = yield* offering([laneOf("a", { rate: { count: 3, periodMillis } })], 5)

      const first = yield* take(owner, 10)
      const { now } = yield* claim(owner, 0)
      const second = yield* take(owner, 10)

      assert.lengthOf(first.calls, 3)
      yield* end(owner, first.calls)
      assert.lengthOf(second.calls, 0)
      assert.isNull(first.nextAt)
      assert.isAtMost(Math.abs(second.nextAt! - now - periodMillis), 1400)
      const third = yield* untilTaken(owner)
      assert.isAtLeast((yield* claim(owner, 0)).now, second.nextAt!)
      assert.lengthOf(third, 2)
    })
  )

  test(
    "a queue has limits of its own, and can be paused",
    queue,
    Effect.gen(function*() {
      const { beat, calls } = yield* Queue
      const { owner } = yield* offering([laneOf("a", { concurrency: 2 }), null], 10)
      const none = { concurrency: null, rate: null, paused: false }

      yield* calls.limit("default", { ...none, paused: true })
      assert.deepStrictEqual((yield* beat(owner)).limited, ["default"])
      assert.lengthOf((yield* take(owner, 10)).calls, 0)
      yield* calls.limit("default", { ...none, concurrency: 5 })
      const first = yield* take(owner, 10)
      assert.deepStrictEqual(lanes(first.calls), ["", "", "", "a", "a"])
      assert.lengthOf((yield* take(owner, 10)).calls, 0)
      yield* end(owner, first.calls.slice(0, 3))
      assert.lengthOf((yield* take(owner, 10)).calls, 3)
      yield* calls.limit("default", { ...none, rate: { count: 4, periodMillis: 600_000 } })
      const limited = yield* take(owner, 10)
      assert.isAtMost(limited.calls.length, 4)
      assert.isAbove((yield* take(owner, 10)).nextAt ?? 0, 0)
      const [state] = yield* calls.list
      assert.deepInclude(state, { name: "default", rate: { count: 4, periodMillis: 600_000 } })
      yield* calls.limit("default", none)
      assert.deepStrictEqual((yield* beat(owner)).limited, [])
    })
  )

  test(
    "permits of a dead dispatcher return when its workers must have ended",
    queue,
    Effect.gen(function*() {
      const { beat, calls, claim, expire } = yield* Queue
      const { owner } = yield* offering([laneOf("a", { concurrency: 2 })], 6)
      const dead = yield* newDispatcher
      assert.lengthOf((yield* take(dead, 10)).calls, 2)
      const { peers } = yield* beat(owner)
      const { now } = yield* claim(owner, 0)

      yield* expire(peers.filter(({ id }) => id === dead))
      assert.lengthOf((yield* take(owner, 10)).calls, 0)

      const taken = yield* untilTaken(owner)
      assert.lengthOf(taken, 2)
      assert.isAtLeast((yield* claim(owner, 0)).now, now + 1900)
      assert.deepStrictEqual(yield* calls.held(dead), [])
    })
  )
}
