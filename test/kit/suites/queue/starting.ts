/** Starts: by id and by key, for anybody or for the dispatcher that starts. */
import { assert } from "@effect/vitest"
import { Queue } from "@rappel/core/queue/Queue"
import { KeyTaken } from "@rappel/core/queue/QueueError"
import * as Effect from "effect/Effect"
import { type EmptyQueue, newDispatcher, newId, newOwner, requestOf, test } from "./cases.ts"

export const starting = (queue: EmptyQueue) => {
  test(
    "a started instance waits, with what it was started with",
    queue,
    Effect.gen(function*() {
      const { find, start } = yield* Queue
      const request = requestOf({ key: "k" })

      assert.deepStrictEqual(yield* start([request]), [{ id: request.id, created: true }])

      const [found] = yield* find([request.id])
      assert.isAbove(found!.createdAt, 0)
      assert.deepStrictEqual(found, {
        id: request.id,
        name: "greeting",
        program: "hash-1",
        status: "waiting",
        key: "k",
        input: request.input,
        priority: 0,
        tags: [],
        memo: null,
        deadlineAt: null,
        schedule: null,
        tickAt: null,
        createdAt: found!.createdAt,
        startedAt: null,
        finishedAt: null,
        outcome: null,
        aside: null,
        parent: null,
        origin: null
      })
    })
  )

  test(
    "ids that are unknown or no ids at all are missing",
    queue,
    Effect.gen(function*() {
      const { find, history, start } = yield* Queue
      const request = requestOf()
      yield* start([request])

      const found = yield* find([newId(), request.id, "not-an-id", ""])
      assert.deepStrictEqual(found.map(({ id }) => id), [request.id])
      assert.deepStrictEqual(yield* find([]), [])
      assert.deepStrictEqual(yield* history("not-an-id"), [])
    })
  )

  test(
    "a start that is sent again starts nothing",
    queue,
    Effect.gen(function*() {
      const { list, start } = yield* Queue
      const request = requestOf({ key: "k" })
      yield* start([request])

      assert.deepStrictEqual(yield* start([request]), [{ id: request.id, created: false }])
      assert.lengthOf(yield* list({ limit: 10 }), 1)
    })
  )

  test(
    "a key belongs to the first instance with it, for each workflow name",
    queue,
    Effect.gen(function*() {
      const { list, start } = yield* Queue
      const first = requestOf({ key: "it's a \"key\"" })
      const same = { ...first, id: newId() }
      const otherName = { ...first, id: newId(), name: "welcome" }
      const otherKey = { ...first, id: newId(), key: "It's a \"key\"" }
      const without = requestOf()
      yield* start([first])

      assert.deepStrictEqual(yield* start([same, otherName, otherKey, without]), [
        { id: first.id, created: false },
        { id: otherName.id, created: true },
        { id: otherKey.id, created: true },
        { id: without.id, created: true }
      ])
      assert.lengthOf(yield* list({ limit: 10 }), 4)
    })
  )

  test(
    "two requests of one batch may hold the same key, or the same id",
    queue,
    Effect.gen(function*() {
      const { start } = yield* Queue
      const first = requestOf({ key: "k" })
      const second = { ...first, id: newId() }

      assert.deepStrictEqual(yield* start([first, second, first]), [
        { id: first.id, created: true },
        { id: first.id, created: false },
        { id: first.id, created: false }
      ])
    })
  )

  test(
    "the same key with other input is an error that names the holder",
    queue,
    Effect.gen(function*() {
      const { find, start } = yield* Queue
      const first = requestOf({ key: "k" })
      const other = { ...first, id: newId(), input: "[\"u2\"]" }
      yield* start([first])

      const error = yield* Effect.flip(start([other]))

      assert.instanceOf(error, KeyTaken)
      assert.deepInclude(error, { name: "greeting", key: "k", instanceId: first.id })
      assert.deepStrictEqual(yield* find([other.id]), [])
    })
  )

  test(
    "many starts with the same key at once make one instance",
    queue,
    Effect.gen(function*() {
      const { list, start } = yield* Queue
      const requests = Array.from({ length: 100 }, () => requestOf({ key: "k" }))

      const answers = yield* Effect.all(requests.map((request) => start([request])), {
        concurrency: 100
      })

      assert.lengthOf(answers.flat().filter(({ created }) => created), 1)
      assert.lengthOf(new Set(answers.flat().map(({ id }) => id)), 1)
      assert.lengthOf(yield* list({ limit: 10 }), 1)
    })
  )

  test(
    "batches that share keys in opposite order all end",
    queue,
    Effect.gen(function*() {
      const { list, start } = yield* Queue
      const keys = Array.from({ length: 30 }, (_, i) => `k${i}`)
      const batchOf = (order: ReadonlyArray<string>) =>
        start(order.map((key) => requestOf({ key })))

      yield* Effect.all([batchOf(keys), batchOf(keys.toReversed()), batchOf(keys)], {
        concurrency: 3
      })

      assert.lengthOf(yield* list({ limit: 100 }), 30)
    })
  )

  test(
    "a dispatcher's own starts are its own at epoch 1",
    queue,
    Effect.gen(function*() {
      const { claim, find, load } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1)
      const other = yield* newDispatcher

      assert.deepStrictEqual((yield* claim(other, 10)).claimed, [])
      assert.deepStrictEqual((yield* claim(owner, 10)).claimed, [])
      const [loaded] = yield* load(owner, [{ id: id!, epoch: 1 }])
      assert.deepInclude(loaded, {
        id: id!,
        epoch: 1,
        lastSeq: 0,
        completed: false,
        snapshot: null
      })
      const [found] = yield* find([id!])
      assert.strictEqual(found!.status, "running")
      assert.strictEqual(found!.startedAt, loaded!.startedAt)
    })
  )

  test(
    "a dispatcher's own start that is due later belongs to nobody",
    queue,
    Effect.gen(function*() {
      const { claim, find, start } = yield* Queue
      const owner = yield* newDispatcher
      const request = requestOf({ delayMillis: 60_000 })

      yield* start([request], owner)

      const [found] = yield* find([request.id])
      assert.deepInclude(found, { status: "waiting", startedAt: null })
      const claims = yield* claim(owner, 10)
      assert.deepStrictEqual(claims.claimed, [])
      assert.approximately(claims.nextDueAt!, claims.now + 60_000, 10_000)
    })
  )

  test(
    "an empty batch starts nothing",
    queue,
    Effect.gen(function*() {
      const { start } = yield* Queue
      assert.deepStrictEqual(yield* start([]), [])
    })
  )

  test(
    "instances are listed newest first, by name, by status and up to a limit",
    queue,
    Effect.gen(function*() {
      const { list, start } = yield* Queue
      const [first, second] = [requestOf(), requestOf({ name: "welcome" })]
      yield* start([first])
      yield* start([second])
      const { ids: [third] } = yield* newOwner(1)
      const listed = (filter: Parameters<typeof list>[0]) =>
        Effect.map(list(filter), (records) => records.map(({ id }) => id))

      assert.deepStrictEqual(yield* listed({ limit: 10 }), [third, second.id, first.id])
      assert.deepStrictEqual(yield* listed({ limit: 2 }), [third, second.id])
      assert.deepStrictEqual(yield* listed({ limit: 10, name: "greeting" }), [third, first.id])
      assert.deepStrictEqual(yield* listed({ limit: 10, status: "waiting" }), [second.id, first.id])
      assert.deepStrictEqual(yield* listed({ limit: 10, status: "running" }), [third])
      assert.deepStrictEqual(yield* listed({ limit: 10, status: "failed" }), [])
      assert.deepStrictEqual(
        yield* listed({ limit: 10, name: "greeting", status: "waiting" }),
        [first.id]
      )
    })
  )
}
