/** Starts with options: times, debouncing, ticks, and what instances are found by. */
import { assert } from "@effect/vitest"
import { Queue } from "@rappel/core/queue/Queue"
import { KeyTaken } from "@rappel/core/queue/QueueError"
import { parseSearch } from "@rappel/core/search/parseSearch"
import * as Effect from "effect/Effect"
import {
  commitOf,
  type EmptyQueue,
  entryOf,
  newDispatcher,
  newId,
  newOwner,
  requestOf,
  test
} from "./cases.ts"

const record = (id: string) =>
  Effect.flatMap(Queue, ({ find }) => Effect.map(find([id]), ([found]) => found!))

/** When the next instance is due, from the queue's now. */
const untilDue = Effect.gen(function*() {
  const { claim } = yield* Queue
  const { nextDueAt, now } = yield* claim(yield* newDispatcher, 10)
  return nextDueAt! - now
})

export const startOptions = (queue: EmptyQueue) => {
  test(
    "an instance keeps its priority, deadline, tags and memo",
    queue,
    Effect.gen(function*() {
      const { start } = yield* Queue
      const tags = ["vip", "it's \"quoted\", {braced} \\ and \0 odd", "größe"]
      const relative = requestOf({
        priority: -3,
        deadlineMillis: 60_000,
        tags,
        memo: "{\"a\":\"\0\"}"
      })
      const absolute = requestOf({ deadlineAt: 4_000_000_000_000 })
      yield* start([relative, absolute, requestOf()])

      const [first, second] = [yield* record(relative.id), yield* record(absolute.id)]
      assert.deepInclude(first, { priority: -3, tags, memo: "{\"a\":\"\0\"}", schedule: null })
      assert.approximately(first.deadlineAt!, first.createdAt + 60_000, 1)
      assert.deepInclude(second, {
        priority: 0,
        tags: [],
        memo: null,
        deadlineAt: 4_000_000_000_000
      })
    })
  )

  test(
    "an instance waits for its point in time, and one in the past is due at once",
    queue,
    Effect.gen(function*() {
      const { claim, start } = yield* Queue
      const owner = yield* newDispatcher
      const past = requestOf({ dueAt: 1_000_000_000_000 })
      const future = requestOf({ dueAt: 4_000_000_000_000 })

      yield* start([past, future], owner)

      // Neither is its dispatcher's from the start: a time was named.
      const claims = yield* claim(owner, 10)
      assert.deepStrictEqual(claims.claimed, [{ id: past.id, epoch: 1 }])
      assert.strictEqual(claims.nextDueAt, 4_000_000_000_000)
    })
  )

  test(
    "starts with one debounce key are one instance, which runs later and with the last input",
    queue,
    Effect.gen(function*() {
      const { list, start } = yield* Queue
      const debounced = (waitMillis: number, fields = {}) =>
        requestOf({ debounce: { key: "k", waitMillis }, ...fields })
      const first = debounced(60_000)
      const last = debounced(120_000, { input: "[\"u2\"]", program: "hash-2", tags: ["t"] })
      yield* start([first])
      const other = debounced(600_000, { name: "welcome" })

      assert.deepStrictEqual(yield* start([last, other]), [
        { id: first.id, created: false },
        { id: other.id, created: true }
      ])

      assert.lengthOf(yield* list({ limit: 10 }), 2)
      assert.deepInclude(yield* record(first.id), {
        input: "[\"u2\"]",
        program: "hash-2",
        tags: ["t"],
        status: "waiting"
      })
      assert.approximately(yield* untilDue, 120_000, 5000)
    })
  )

  test(
    "a debounced start is put off no longer than its longest wait",
    queue,
    Effect.gen(function*() {
      const { start } = yield* Queue
      const request = () =>
        requestOf({ debounce: { key: "k", waitMillis: 90_000, maxWaitMillis: 60_000 } })

      yield* start([request()])
      yield* start([request()])

      assert.approximately(yield* untilDue, 60_000, 5000)
    })
  )

  test(
    "an instance that has begun is put off no more: the next start is another",
    queue,
    Effect.gen(function*() {
      const { claim, giveBack, start } = yield* Queue
      const request = () => requestOf({ debounce: { key: "k", waitMillis: 0 } })
      const [first] = yield* start([request()])
      const owner = yield* newDispatcher
      const { claimed } = yield* claim(owner, 10)
      assert.lengthOf(claimed, 1)

      const [second] = yield* start([request()])
      assert.isTrue(second!.created)
      assert.notStrictEqual(second!.id, first!.id)

      // Also when it is nobody's again.
      yield* giveBack(owner, claimed)
      assert.deepStrictEqual(yield* start([request()]), [{ id: second!.id, created: false }])
    })
  )

  test(
    "many starts with one debounce key at once make one instance",
    queue,
    Effect.gen(function*() {
      const { list, start } = yield* Queue
      const requests = Array.from(
        { length: 20 },
        (_, i) => requestOf({ input: `[${i}]`, debounce: { key: "k", waitMillis: 60_000 } })
      )

      const answers = yield* Effect.all(requests.map((request) => start([request])), {
        concurrency: 20
      })

      assert.lengthOf(answers.flat().filter(({ created }) => created), 1)
      assert.lengthOf(new Set(answers.flat().map(({ id }) => id)), 1)
      assert.lengthOf(yield* list({ limit: 100 }), 1)
    })
  )

  test(
    "a key that is taken refuses the whole batch, and leaves nothing of it",
    queue,
    Effect.gen(function*() {
      const { list, start } = yield* Queue
      const holder = requestOf({ key: "k" })
      yield* start([holder])
      const batch = [
        requestOf({ key: "free" }),
        requestOf(),
        requestOf({ debounce: { key: "d", waitMillis: 0 } }),
        requestOf({ key: "k", input: "[\"other\"]" })
      ]

      const error = yield* Effect.flip(start(batch))

      assert.instanceOf(error, KeyTaken)
      assert.deepInclude(error, { key: "k", instanceId: holder.id })
      assert.deepStrictEqual((yield* list({ limit: 10 })).map(({ id }) => id), [holder.id])
    })
  )

  test(
    "a tick of a schedule has one instance, and runs outside its times have any number",
    queue,
    Effect.gen(function*() {
      const { start } = yield* Queue
      const tick = { schedule: "nightly", at: 1_900_000_000_000 }
      const first = requestOf({ tick })
      const again = requestOf({ tick, input: "[\"other\"]" })
      const later = requestOf({ tick: { ...tick, at: tick.at + 1 } })
      const other = requestOf({ tick: { ...tick, schedule: "hourly" } })
      const free = [0, 1].map(() => requestOf({ tick: { schedule: "nightly", at: null } }))
      yield* start([first])

      assert.deepStrictEqual(yield* start([again, later, other, ...free]), [
        { id: first.id, created: false },
        ...[later, other, ...free].map(({ id }) => ({ id, created: true }))
      ])
      assert.deepInclude(yield* record(first.id), { schedule: "nightly", tickAt: tick.at })
      assert.deepInclude(yield* record(free[0]!.id), { schedule: "nightly", tickAt: null })
    })
  )

  test(
    "ten thousand instances are started by one call",
    queue,
    Effect.gen(function*() {
      const { claim, start } = yield* Queue
      const requests = Array.from({ length: 10_000 }, () => requestOf({ tags: ["bulk"] }))

      const started = yield* start(requests)

      assert.deepStrictEqual(started, requests.map(({ id }) => ({ id, created: true })))
      const { claimed } = yield* claim(yield* newDispatcher, 20_000)
      assert.lengthOf(claimed, 10_000)
    })
  )

  test(
    "instances are found by every field, by text, and by combinations",
    queue,
    Effect.gen(function*() {
      const { list, start } = yield* Queue
      const { ids: [failed], owner } = yield* newOwner(1, { key: "K-1", tags: ["vip", "eu"] })
      yield* commitOf(owner, [entryOf(failed!, {
        outcome: { ok: false, error: "{\"message\":\"Card DECLINED\"}" },
        then: { kind: "close" }
      })])
      const welcome = requestOf({ name: "welcome", tags: ["vip"], memo: "{\"customer\":\"Zoe\"}" })
      const tick = requestOf({
        program: "hash-9",
        delayMillis: 60_000,
        tick: { schedule: "nightly", at: 1_900_000_000_000 }
      })
      yield* start([welcome])
      yield* start([tick])
      const names = new Map([[failed!, "failed"], [welcome.id, "welcome"], [tick.id, "tick"]])
      const found = (text: string) =>
        Effect.map(
          list({ limit: 10, search: parseSearch(text, Date.now())! }),
          (records): ReadonlyArray<string> => records.map(({ id }) => names.get(id)!)
        )

      const cases: ReadonlyArray<readonly [search: string, found: ReadonlyArray<string>]> = [
        ["workflow:greeting", ["tick", "failed"]],
        ["workflow:Greeting", []],
        ["status:failed", ["failed"]],
        ["status:waiting", ["tick", "welcome"]],
        ["tag:vip", ["welcome", "failed"]],
        ["tag:vip tag:eu", ["failed"]],
        ["tag:vi", []],
        ["key:K-1", ["failed"]],
        ["NOT key:K-1", ["tick", "welcome"]],
        ["program:hash-9", ["tick"]],
        ["schedule:nightly", ["tick"]],
        ["after:1h", ["tick", "welcome", "failed"]],
        ["before:1h", []],
        ["before:2999-01-01 NOT tag:eu", ["tick", "welcome"]],
        ["\"card declined\"", ["failed"]],
        // A text of hexadecimal digits may be a part of an id.
        ["zoe", ["welcome"]],
        ["EU", ["failed"]],
        ["%", []],
        ["tag:eu OR workflow:welcome status:waiting", ["welcome", "failed"]],
        ["(tag:eu OR workflow:welcome) AND status:waiting", ["welcome"]],
        ["NOT (tag:vip OR schedule:nightly)", []],
        [`id:${tick.id}`, ["tick"]],
        [`id:${newId()}`, []],
        ["id:no-uuid", []]
      ]
      for (const [search, expected] of cases) {
        assert.deepStrictEqual(Array.from(yield* found(search)), Array.from(expected), search)
      }
      assert.lengthOf(yield* list({ limit: 1, search: parseSearch("tag:vip", 0)! }), 1)
      assert.lengthOf(
        yield* list({ limit: 9, name: "welcome", search: parseSearch("tag:eu", 0)! }),
        0
      )
    })
  )
}
