/** Hints: each change that others may wait for rings. */
import { assert } from "@effect/vitest"
import { Queue, type Wake } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import * as EffectQueue from "effect/Queue"
import { wakes } from "../../wakes.ts"
import {
  commitOf,
  type EmptyQueue,
  entryOf,
  messageOf,
  newDispatcher,
  newOwner,
  requestOf,
  test
} from "./cases.ts"

/** Subscribes, and rings until it hears: a bell may lose hints while it connects. */
const subscribed = Effect.gen(function*() {
  const { start } = yield* Queue
  const heard = yield* wakes
  const ring = Effect.zipRight(start([requestOf({ name: "bell" })]), Effect.sleep(20))
  yield* Effect.raceFirst(EffectQueue.take(heard), Effect.forever(ring))
  // The rings of the last moment arrive before anything that is rung from now on.
  yield* Effect.sleep(50)
  yield* EffectQueue.takeAll(heard)
  return heard
})

const hears = (
  heard: EffectQueue.Dequeue<Wake>,
  matches: (wake: Wake) => boolean
): Effect.Effect<Wake, Error> =>
  EffectQueue.take(heard).pipe(
    Effect.repeat({ until: matches }),
    Effect.timeoutFail({ duration: "5 seconds", onTimeout: () => new Error("nothing was heard") })
  )

const isDue = (wake: Wake) => wake.kind === "due"

export const hearing = (queue: EmptyQueue) => {
  test(
    "a start rings for everybody who listens",
    queue,
    Effect.gen(function*() {
      const { start } = yield* Queue
      const [ada, bob] = [yield* subscribed, yield* subscribed]
      yield* EffectQueue.takeAll(ada)

      yield* start([requestOf()])

      yield* hears(ada, isDue)
      yield* hears(bob, isDue)
    })
  )

  test(
    "a listener whose scope has closed hears no more",
    queue,
    Effect.gen(function*() {
      const { listen, start } = yield* Queue
      const heard = yield* subscribed
      let count = 0
      yield* Effect.scoped(Effect.gen(function*() {
        yield* listen(() => count++)
        yield* start([requestOf()])
        yield* hears(heard, isDue)
        assert.isAbove(count, 0)
      }))
      count = 0
      yield* start([requestOf()])
      yield* hears(heard, isDue)
      assert.strictEqual(count, 0)
    })
  )

  test(
    "a result rings with the instance's id",
    queue,
    Effect.gen(function*() {
      const { ids, owner } = yield* newOwner(3)
      const heard = yield* subscribed

      yield* commitOf(owner, [
        entryOf(ids[0]!, { outcome: { ok: true, value: "1" } }),
        entryOf(ids[1]!),
        entryOf(ids[2]!, { outcome: { ok: false, error: "1" }, then: { kind: "close" } })
      ])

      const wake = yield* hears(heard, ({ kind }) => kind === "finished")
      assert.sameMembers(wake.kind === "finished" ? [...wake.ids] : [], [ids[0]!, ids[2]!])
    })
  )

  test(
    "hundreds of results ring, one by one or as a call to look at all",
    queue,
    Effect.gen(function*() {
      const { ids, owner } = yield* newOwner(400)
      const heard = yield* subscribed

      yield* commitOf(owner, ids.map((id) => entryOf(id, { outcome: { ok: true, value: "1" } })))

      const wake = yield* hears(heard, ({ kind }) => kind !== "due")
      if (wake.kind === "finished") assert.lengthOf(wake.ids, 400)
    })
  )

  test(
    "a message, a release, a gift back, a death and a farewell ring",
    queue,
    Effect.gen(function*() {
      const { beat, deliver, expire, giveBack, leave } = yield* Queue
      const { ids, owner } = yield* newOwner(4)
      const { owner: leaver } = yield* newOwner(1)
      const observer = yield* newDispatcher
      const heard = yield* subscribed

      yield* deliver([messageOf(ids[0]!)])
      yield* hears(heard, isDue)
      yield* commitOf(owner, [entryOf(ids[0]!, { then: { kind: "release", dueAt: 0 } })])
      yield* hears(heard, isDue)
      yield* giveBack(owner, [{ id: ids[1]!, epoch: 1 }])
      yield* hears(heard, isDue)
      yield* leave(leaver)
      yield* hears(heard, isDue)
      yield* expire((yield* beat(observer)).peers)
      yield* hears(heard, isDue)
    })
  )
}
