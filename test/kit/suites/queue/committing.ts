/** Commits: one batch, many small fates. */
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
  test
} from "./cases.ts"

export const committing = (queue: EmptyQueue) => {
  test(
    "events are kept in order and go on where they ended",
    queue,
    Effect.gen(function*() {
      const { history } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1)
      const events = [
        eventOf(1),
        eventOf(2, { kind: "fired", payload: null, at: 1_763_900_000_000.25 }),
        eventOf(3, { kind: "attempt" }),
        eventOf(4, { kind: "lost", effect: 0 }),
        eventOf(5, { kind: "cancelled", digest: 2 ** 31 - 1 })
      ]

      const first = yield* commitOf(owner, [entryOf(id!, { events: events.slice(0, 2) })])
      const second = yield* commitOf(owner, [
        entryOf(id!, { expectedSeq: 2, events: events.slice(2) })
      ])

      assert.deepStrictEqual([...first.accepted, ...second.accepted], [id, id])
      assert.isAtLeast(second.now, first.now)
      assert.deepStrictEqual(yield* history(id!), events)
    })
  )

  test(
    "an instance with another owner, epoch or event number is left out, alone",
    queue,
    Effect.gen(function*() {
      const { history, load } = yield* Queue
      const { ids, owner } = yield* newOwner(4)
      const [good, late, stale, twice] = ids as [string, string, string, string]
      const { ids: [foreign], owner: other } = yield* newOwner(1)
      yield* commitOf(owner, [entryOf(twice, { events: [eventOf(1)] })])
      const write = {
        events: [eventOf(1)],
        logs: ["{}"],
        outcome: { ok: true, value: "1" },
        snapshot: { seq: 1, body: "s" },
        then: { kind: "close" }
      } as const

      const { accepted } = yield* commitOf(owner, [
        entryOf(foreign!, write),
        entryOf(stale, { ...write, epoch: 2 }),
        entryOf(good, { events: [eventOf(1)] }),
        entryOf(late, { ...write, expectedSeq: 1, events: [eventOf(2)] }),
        entryOf(twice, write),
        entryOf(newId(), write)
      ])

      assert.deepStrictEqual([...accepted], [good])
      for (const id of [foreign!, stale, late]) assert.deepStrictEqual(yield* history(id), [])
      assert.lengthOf(yield* history(twice), 1)
      const rest = [late, stale, twice].map((id) => ({ id, epoch: 1 }))
      const loaded = [
        ...yield* load(owner, rest),
        ...yield* load(other, [{ id: foreign!, epoch: 1 }])
      ]
      assert.lengthOf(loaded, 4)
      for (const one of loaded) assert.deepInclude(one, { completed: false, snapshot: null })
    })
  )

  test(
    "a result is fixed once, and a failure keeps its attempts",
    queue,
    Effect.gen(function*() {
      const { find } = yield* Queue
      const { ids, owner } = yield* newOwner(3)
      const [done, failed, gaveUp] = ids as [string, string, string]

      yield* commitOf(owner, [
        entryOf(done, { outcome: { ok: true, value: "1" } }),
        entryOf(failed, { outcome: { ok: false, error: "{}" } }),
        entryOf(gaveUp, { outcome: { ok: false, error: "{}", attempts: 3 } })
      ])
      const before = yield* find([done])
      yield* commitOf(owner, [entryOf(done, { outcome: { ok: false, error: "late" } })])

      assert.deepStrictEqual(yield* find([done]), before)
      assert.deepInclude(before[0], { status: "completed" })
      assert.deepStrictEqual(before[0]!.outcome, { ok: true, value: "1" })
      assert.isAtLeast(before[0]!.finishedAt!, before[0]!.startedAt!)
      const [found] = yield* find([failed])
      assert.deepInclude(found, { status: "failed" })
      assert.deepStrictEqual(found!.outcome, { ok: false, error: "{}" })
      assert.deepStrictEqual((yield* find([gaveUp]))[0]!.outcome, {
        ok: false,
        error: "{}",
        attempts: 3
      })
    })
  )

  test(
    "a completed instance goes on until it is closed",
    queue,
    Effect.gen(function*() {
      const { claim, find, history, load } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1)
      yield* commitOf(owner, [entryOf(id!, { outcome: { ok: true, value: "1" } })])
      assert.deepInclude((yield* load(owner, [{ id: id!, epoch: 1 }]))[0], { completed: true })

      const { accepted } = yield* commitOf(owner, [
        entryOf(id!, { events: [eventOf(1)], snapshot: { seq: 1, body: "s" } })
      ])
      assert.isTrue(accepted.has(id!))
      yield* commitOf(owner, [
        entryOf(id!, { expectedSeq: 1, events: [eventOf(2)], then: { kind: "close" } })
      ])

      assert.deepStrictEqual(yield* load(owner, [{ id: id!, epoch: 1 }]), [])
      assert.deepStrictEqual((yield* claim(owner, 10)).claimed, [])
      assert.lengthOf(yield* history(id!), 2)
      const [found] = yield* find([id!])
      assert.deepStrictEqual(found!.outcome, { ok: true, value: "1" })
      assert.isNotNull(found!.startedAt)
      const late = yield* commitOf(owner, [entryOf(id!, { expectedSeq: 2, events: [eventOf(3)] })])
      assert.strictEqual(late.accepted.size, 0)
    })
  )

  test(
    "a released instance is due when its owner said",
    queue,
    Effect.gen(function*() {
      const { claim, find } = yield* Queue
      const { ids, owner } = yield* newOwner(3)
      const [now, later, never] = ids as [string, string, string]
      const other = yield* newDispatcher
      const { now: queueNow } = yield* claim(other, 1)
      const releaseAt = (dueAt: number | null) => ({ then: { kind: "release", dueAt } } as const)

      yield* commitOf(owner, [
        entryOf(now, releaseAt(queueNow - 1_000)),
        entryOf(later, releaseAt(queueNow + 60_000)),
        entryOf(never, releaseAt(null))
      ])

      const { claimed, nextDueAt } = yield* claim(other, 10)
      assert.deepStrictEqual(claimed, [{ id: now, epoch: 2 }])
      assert.strictEqual(nextDueAt, queueNow + 60_000)
      for (const record of yield* find([later, never])) assert.strictEqual(record.status, "waiting")
      const { accepted } = yield* commitOf(owner, ids.map((id) => entryOf(id)))
      assert.strictEqual(accepted.size, 0)
    })
  )

  test(
    "a snapshot takes the place of the one before",
    queue,
    Effect.gen(function*() {
      const { history, load } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1)
      yield* commitOf(owner, [
        entryOf(id!, { events: [eventOf(1)], snapshot: { seq: 1, body: "one" } })
      ])

      yield* commitOf(owner, [
        entryOf(id!, { expectedSeq: 1, events: [eventOf(2)], snapshot: { seq: 2, body: "two" } })
      ])

      const [loaded] = yield* load(owner, [{ id: id!, epoch: 1 }])
      assert.deepStrictEqual(loaded!.snapshot, { seq: 2, body: "two" })
      assert.deepStrictEqual(loaded!.events, [])
      assert.lengthOf(yield* history(id!), 2)
    })
  )

  test(
    "an empty commit is accepted",
    queue,
    Effect.gen(function*() {
      const owner = yield* newDispatcher
      const { accepted, now } = yield* commitOf(owner, [])
      assert.strictEqual(accepted.size, 0)
      assert.isAbove(now, 0)
    })
  )

  test(
    "a batch of 500 instances is one commit",
    queue,
    Effect.gen(function*() {
      const { history } = yield* Queue
      const { ids, owner } = yield* newOwner(500)

      const { accepted } = yield* commitOf(
        owner,
        ids.map((id) => entryOf(id, { events: [eventOf(1), eventOf(2)], logs: ["{}"] }))
      )

      assert.strictEqual(accepted.size, 500)
      assert.lengthOf(yield* history(ids[499]!), 2)
    })
  )
}
