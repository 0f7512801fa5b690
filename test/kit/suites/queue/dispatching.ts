/** Dispatchers: their beats, and what becomes of their instances. */
import { assert } from "@effect/vitest"
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
  requestOf,
  test
} from "./cases.ts"

export const dispatching = (queue: EmptyQueue) => {
  test(
    "a beat counts, and answers the beats of the others",
    queue,
    Effect.gen(function*() {
      const { beat } = yield* Queue
      const [ada, bob] = [yield* newDispatcher, yield* newDispatcher]

      const before = yield* beat(ada)
      yield* beat(bob)
      yield* beat(bob)
      const after = yield* beat(ada)

      assert.isTrue(after.alive)
      assert.isAtLeast(after.now, before.now)
      assert.deepStrictEqual([...before.peers, ...after.peers].map(({ id }) => id), [bob, bob])
      assert.strictEqual(after.peers[0]!.counter, before.peers[0]!.counter + 2)
    })
  )

  test(
    "a dispatcher whose counter stood still is dead for good",
    queue,
    Effect.gen(function*() {
      const { beat, claim, expire, start } = yield* Queue
      const { ids, owner: dead } = yield* newOwner(3)
      yield* commitOf(dead, [entryOf(ids[0]!, { events: [eventOf(1)] })])
      const heir = yield* newDispatcher
      const { peers } = yield* beat(heir)

      assert.strictEqual(yield* expire(peers), 3)
      assert.strictEqual(yield* expire(peers), 0)

      assert.isFalse((yield* beat(dead)).alive)
      assert.isFalse((yield* beat(dead)).alive)
      assert.deepStrictEqual((yield* beat(heir)).peers, [])
      assert.strictEqual((yield* commitOf(dead, ids.map((id) => entryOf(id)))).accepted.size, 0)
      yield* start([requestOf()])
      assert.deepStrictEqual((yield* claim(dead, 10)).claimed, [])
      const { claimed } = yield* claim(heir, 10)
      assert.sameMembers(claimed.filter(({ epoch }) => epoch === 2).map(({ id }) => id), ids)
      assert.lengthOf(claimed, 4)
    })
  )

  test(
    "a beat answers the places of the others",
    queue,
    Effect.gen(function*() {
      const { beat, register } = yield* Queue
      const ada = yield* newDispatcher
      yield* register({ id: newId(), host: "here", pid: 1, place: "boot/pid-1/time-1/17/42:8" })

      const { peers } = yield* beat(ada)

      assert.deepStrictEqual(peers.map(({ place }) => place), ["boot/pid-1/time-1/17/42:8"])
    })
  )

  test(
    "a dispatcher that has beaten in between stays alive and keeps its instances",
    queue,
    Effect.gen(function*() {
      const { beat, claim, expire } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1)
      const observer = yield* newDispatcher
      const { peers } = yield* beat(observer)
      yield* beat(owner)

      assert.strictEqual(yield* expire(peers), 0)
      assert.strictEqual(yield* expire([{ id: newId(), counter: 0, place: "" }]), 0)
      assert.strictEqual(yield* expire([]), 0)

      assert.isTrue((yield* beat(owner)).alive)
      assert.deepStrictEqual((yield* claim(observer, 10)).claimed, [])
      assert.isTrue((yield* commitOf(owner, [entryOf(id!)])).accepted.has(id!))
    })
  )

  test(
    "what a dispatcher leaves behind is due at once",
    queue,
    Effect.gen(function*() {
      const { beat, claim, leave } = yield* Queue
      const { ids, owner } = yield* newOwner(2)
      const heir = yield* newDispatcher

      yield* leave(owner)
      yield* leave(owner)

      assert.deepStrictEqual((yield* beat(heir)).peers, [])
      assert.isFalse((yield* beat(owner)).alive)
      const { claimed } = yield* claim(heir, 10)
      assert.sameDeepMembers([...claimed], ids.map((id) => ({ id, epoch: 2 })))
    })
  )

  test(
    "registering again changes nothing",
    queue,
    Effect.gen(function*() {
      const { beat, claim, register } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1)

      yield* register({ id: owner, host: "here", pid: 1 })

      assert.isTrue((yield* beat(owner)).alive)
      assert.deepStrictEqual((yield* claim(owner, 10)).claimed, [])
      assert.isTrue((yield* commitOf(owner, [entryOf(id!)])).accepted.has(id!))
    })
  )
}
