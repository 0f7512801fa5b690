/** Claims: who gets an instance, when, and what it reads then. */
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

export const claiming = (queue: EmptyQueue) => {
  test(
    "a claim takes what is due longest, up to its limit",
    queue,
    Effect.gen(function*() {
      const { claim, start } = yield* Queue
      const dispatcher = yield* newDispatcher
      const requests = [requestOf(), requestOf(), requestOf()]
      for (const request of requests) {
        yield* start([request])
        yield* Effect.sleep(2)
      }

      const first = yield* claim(dispatcher, 2)
      const second = yield* claim(dispatcher, 2)

      assert.deepStrictEqual(first.claimed, [
        { id: requests[0]!.id, epoch: 1 },
        { id: requests[1]!.id, epoch: 1 }
      ])
      assert.isAtMost(first.nextDueAt!, first.now)
      assert.deepStrictEqual(second.claimed, [{ id: requests[2]!.id, epoch: 1 }])
      assert.isNull(second.nextDueAt)
      assert.deepStrictEqual((yield* claim(dispatcher, 2)).claimed, [])
    })
  )

  test(
    "a priority goes first, until others have waited a second a point longer",
    queue,
    Effect.gen(function*() {
      const { claim, start } = yield* Queue
      const dispatcher = yield* newDispatcher
      const { now } = yield* claim(dispatcher, 0)
      const dues = [[0, 0], [1, 700], [1, 1300], [-1, 0], [9, 0]] as const
      const requests = dues.map(([priority, later]) => requestOf({ priority, dueAt: now + later }))
      yield* start(requests)
      yield* Effect.sleep(1310)

      const order: Array<string> = []
      for (const limit of [1, 2, 2]) {
        for (const { id } of (yield* claim(dispatcher, limit)).claimed) order.push(id)
      }

      const found = order.map((id) => requests.findIndex((one) => one.id === id))
      assert.deepStrictEqual(found, [4, 1, 0, 2, 3])
    })
  )

  test(
    "what is not due yet is passed over, however high its priority",
    queue,
    Effect.gen(function*() {
      const { claim, start } = yield* Queue
      const dispatcher = yield* newDispatcher
      const low = requestOf({ priority: -9 })
      yield* start([requestOf({ priority: 9, delayMillis: 8000 }), low])

      const { claimed, nextDueAt, now } = yield* claim(dispatcher, 10)

      assert.deepStrictEqual(claimed, [{ id: low.id, epoch: 1 }])
      assert.isAbove(nextDueAt!, now + 5000)
    })
  )

  test(
    "an instance is passed over until its time comes",
    queue,
    Effect.gen(function*() {
      const { claim, start } = yield* Queue
      const dispatcher = yield* newDispatcher
      const [soon, later] = [requestOf({ delayMillis: 150 }), requestOf({ delayMillis: 60_000 })]
      yield* start([later, soon])

      const early = yield* claim(dispatcher, 10)
      assert.deepStrictEqual(early.claimed, [])
      assert.isAbove(early.nextDueAt!, early.now)
      assert.isAtMost(early.nextDueAt!, early.now + 151)

      // By the queue's own clock, which its answer allows for.
      yield* Effect.sleep(early.nextDueAt! - early.now + 5)
      const late = yield* claim(dispatcher, 10)
      assert.deepStrictEqual(late.claimed, [{ id: soon.id, epoch: 1 }])
      assert.isAbove(late.nextDueAt!, late.now + 10_000)
    })
  )

  test(
    "no instance is claimed twice, however many claim at once",
    queue,
    Effect.gen(function*() {
      const { claim, start } = yield* Queue
      const dispatchers = yield* Effect.all(Array.from({ length: 4 }, () => newDispatcher))
      yield* start(Array.from({ length: 120 }, () => requestOf()))

      const claims = yield* Effect.forEach(
        Array.from({ length: 40 }, (_, i) => dispatchers[i % 4]!),
        (dispatcher) => claim(dispatcher, 7),
        { concurrency: 4 }
      )

      const ids = claims.flatMap(({ claimed }) => claimed.map(({ id }) => id))
      assert.strictEqual(new Set(ids).size, ids.length)
      assert.strictEqual(ids.length, 120)
    })
  )

  test(
    "a process that is not registered claims nothing",
    queue,
    Effect.gen(function*() {
      const { claim, start } = yield* Queue
      yield* start([requestOf()])

      assert.deepStrictEqual((yield* claim(newId(), 10)).claimed, [])
    })
  )

  test(
    "the epoch grows with every change of owner, and the start time stays",
    queue,
    Effect.gen(function*() {
      const { claim, giveBack, load } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1)
      const [before] = yield* load(owner, [{ id: id!, epoch: 1 }])
      const other = yield* newDispatcher

      yield* giveBack(owner, [{ id: id!, epoch: 1 }])

      assert.deepStrictEqual((yield* claim(other, 10)).claimed, [{ id: id!, epoch: 2 }])
      assert.deepStrictEqual(yield* load(owner, [{ id: id!, epoch: 1 }]), [])
      assert.deepStrictEqual(yield* load(owner, [{ id: id!, epoch: 2 }]), [])
      const [after] = yield* load(other, [{ id: id!, epoch: 2 }])
      assert.strictEqual(after!.startedAt, before!.startedAt)
    })
  )

  test(
    "what is not owned at its epoch cannot be given back",
    queue,
    Effect.gen(function*() {
      const { claim, giveBack } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1)
      const other = yield* newDispatcher

      yield* giveBack(other, [{ id: id!, epoch: 1 }])
      yield* giveBack(owner, [{ id: id!, epoch: 0 }, { id: id!, epoch: 2 }, {
        id: newId(),
        epoch: 1
      }])
      yield* giveBack(owner, [])

      assert.deepStrictEqual((yield* claim(other, 10)).claimed, [])
    })
  )

  test(
    "loading gives the start, the snapshot and the events after it",
    queue,
    Effect.gen(function*() {
      const { load } = yield* Queue
      const request = { name: "welcome", input: "[1]", program: "p" }
      const { ids, owner } = yield* newOwner(3, request)
      const [bare, logged, snapped] = ids as [string, string, string]
      yield* commitOf(owner, [
        entryOf(logged, { events: [eventOf(1), eventOf(2)] }),
        entryOf(snapped, {
          events: [eventOf(1), eventOf(2), eventOf(3)],
          snapshot: { seq: 2, body: "state after 2" },
          outcome: { ok: true, value: "1" }
        })
      ])

      const loaded = yield* load(owner, ids.map((id) => ({ id, epoch: 1 })))

      const byId = new Map(loaded.map((one) => [one.id, one]))
      assert.deepInclude(byId.get(bare), {
        ...request,
        lastSeq: 0,
        snapshot: null,
        completed: false
      })
      assert.deepStrictEqual(byId.get(bare)!.events, [])
      assert.strictEqual(byId.get(bare)!.seed, "0123456789abcdef0123456789abcdef")
      assert.strictEqual(byId.get(logged)!.lastSeq, 2)
      assert.deepStrictEqual(byId.get(logged)!.events, [eventOf(1), eventOf(2)])
      assert.deepInclude(byId.get(snapped), { lastSeq: 3, completed: true })
      assert.deepStrictEqual(byId.get(snapped)!.snapshot, { seq: 2, body: "state after 2" })
      assert.deepStrictEqual(byId.get(snapped)!.events, [eventOf(3)])
    })
  )
}
