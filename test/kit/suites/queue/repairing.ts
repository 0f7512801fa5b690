/** Repairs: what is closed goes on, or another is made of it; nothing else. */
import { assert } from "@effect/vitest"
import { type CommitEntry, type Fork, Queue, type Repair } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import {
  commitOf,
  type EmptyQueue,
  entryOf,
  eventOf,
  messageOf,
  newDispatcher,
  newId,
  newOwner,
  requestOf,
  test
} from "./cases.ts"

const failed = { ok: false, error: "e" } as const

const ended = (id: string, fields: Partial<CommitEntry> = {}) =>
  entryOf(id, {
    events: [eventOf(1), eventOf(2)],
    outcome: failed,
    then: { kind: "close" },
    ...fields
  })

const repairOf = (id: string, fields: Partial<Repair> = {}): Repair => {
  const { message: _, ...event } = eventOf(3, {
    kind: "repaired",
    payload: JSON.stringify({ verb: "retry", reason: "a NUL \0 and a half \ud800" })
  })
  return { id, repairId: newId(), expectedSeq: 2, event, messages: [], ...fields }
}

/** Closed after two events, by an owner. */
const newClosed = (count: number, fields: Parameters<typeof requestOf>[0] = {}) =>
  Effect.gen(function*() {
    const { ids, owner } = yield* newOwner(count, fields)
    yield* commitOf(owner, ids.map((id) => ended(id)))
    return { owner, ids }
  })

export const repairing = (queue: EmptyQueue) => {
  test(
    "a closed instance is due again, with its log, the repair and its messages",
    queue,
    Effect.gen(function*() {
      const { begun, claim, find, history, load, repair } = yield* Queue
      const { ids: [id], owner } = yield* newClosed(1, { key: "k", priority: 3 })
      const [before] = yield* find([id!])
      assert.deepStrictEqual(yield* begun([id!, newId(), "no-uuid"]), [
        { id: id!, seed: requestOf().seed, entry: null, closed: true }
      ])
      const messages = [
        messageOf(id!, { kind: "outcome", effect: 7, name: null, payload: "+1" }),
        messageOf(id!, { payload: "2" })
      ]
      const one = repairOf(id!, { messages })

      assert.isTrue(yield* repair([one]))

      const [after] = yield* find([id!])
      assert.deepStrictEqual(after, {
        ...before!,
        status: "waiting",
        outcome: null,
        finishedAt: null
      })
      assert.isFalse((yield* begun([id!]))[0]!.closed)
      const events = [eventOf(1), eventOf(2), { ...one.event, message: one.repairId }]
      assert.deepStrictEqual(yield* history(id!), events)

      const { claimed } = yield* claim(owner, 10)
      assert.deepStrictEqual(claimed, [{ id: id!, epoch: 1 }])
      const [loaded] = yield* load(owner, claimed)
      assert.deepInclude(loaded, {
        lastSeq: 3,
        startedAt: before!.startedAt!,
        completed: false,
        snapshot: null,
        events,
        claims: 1
      })
      assert.deepStrictEqual(
        loaded!.inbox,
        messages.map((message) => ({ ...message, repeated: false }))
      )
    })
  )

  test(
    "its snapshot is gone: it may hold what the repair makes void",
    queue,
    Effect.gen(function*() {
      const { claim, load, repair } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1)
      yield* commitOf(owner, [
        entryOf(id!, { events: [eventOf(1)], snapshot: { seq: 1, body: "s" } })
      ])
      yield* commitOf(owner, [ended(id!, { expectedSeq: 1, events: [eventOf(2)] })])

      assert.isTrue(yield* repair([repairOf(id!)]))

      const [loaded] = yield* load(owner, (yield* claim(owner, 10)).claimed)
      assert.isNull(loaded!.snapshot)
      assert.deepStrictEqual(loaded!.events.map(({ seq }) => seq), [1, 2, 3])
    })
  )

  test(
    "a commit that closed it and is sent again is lost, so that its sender looks for it anew",
    queue,
    Effect.gen(function*() {
      const { claim, commit, load, repair } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1)
      const batch = { id: newId(), dispatcher: owner, entries: [ended(id!)] }
      assert.deepStrictEqual([...(yield* commit(batch)).accepted], [id])
      assert.isTrue(yield* repair([repairOf(id!)]))
      // Its sender holds it still, under the same number: it has not heard that it is closed.
      const { claimed } = yield* claim(owner, 10)
      assert.deepStrictEqual(claimed, [{ id: id!, epoch: 1 }])

      const { accepted, busy } = yield* commit(batch)

      assert.deepStrictEqual([...accepted, ...busy], [])
      assert.lengthOf(yield* load(owner, claimed), 1)
    })
  )

  test(
    "what is not closed, or not as expected, is left alone with all that were to be repaired",
    queue,
    Effect.gen(function*() {
      const { find, history, repair } = yield* Queue
      const { ids: [good], owner } = yield* newClosed(1)
      const { ids: [running, background] } = yield* newOwner(2)
      yield* commitOf(owner, [])
      for (
        const bad of [
          repairOf(good!, { expectedSeq: 1 }),
          repairOf(good!, { expectedSeq: 3 }),
          repairOf(running!, { expectedSeq: 0 }),
          repairOf(background!),
          repairOf(newId())
        ]
      ) {
        assert.isFalse(yield* repair([bad]))
        if (bad.id !== good) assert.isFalse(yield* repair([repairOf(good!), bad]))
      }

      assert.strictEqual((yield* find([good!]))[0]!.status, "failed")
      assert.lengthOf(yield* history(good!), 2)
      assert.lengthOf(yield* history(running!), 0)
    })
  )

  test(
    "what is completed and has work in its background is not closed",
    queue,
    Effect.gen(function*() {
      const { begun, repair } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1)
      yield* commitOf(owner, [ended(id!, { then: { kind: "keep" } })])

      assert.isFalse((yield* begun([id!]))[0]!.closed)
      assert.isFalse(yield* repair([repairOf(id!)]))
    })
  )

  test(
    "of two repairs at once one is carried out",
    queue,
    Effect.gen(function*() {
      const { history, repair } = yield* Queue
      const { ids } = yield* newClosed(8)
      const done = yield* Effect.all(
        Array.from({ length: 4 }, () => repair(ids.map((id) => repairOf(id)))),
        { concurrency: "unbounded" }
      )

      assert.deepStrictEqual(done.filter(Boolean), [true])
      for (const id of ids) assert.lengthOf(yield* history(id), 3)
    })
  )

  test(
    "a repair that is sent again changes nothing and is answered the same",
    queue,
    Effect.gen(function*() {
      const { claim, find, history, poll, repair } = yield* Queue
      const { ids: [id], owner } = yield* newClosed(1)
      const one = repairOf(id!, { messages: [messageOf(id!)] })
      assert.isTrue(yield* repair([one]))
      assert.isTrue(yield* repair([one]))
      const { claimed } = yield* claim(owner, 10)
      assert.isTrue(yield* repair([one]))

      assert.lengthOf(yield* poll(owner, claimed), 1)
      assert.lengthOf(yield* history(id!), 3)
      yield* commitOf(owner, [
        ended(id!, { expectedSeq: 3, events: [eventOf(4)], consumed: [one.messages[0]!.id] })
      ])
      assert.isTrue(yield* repair([one]), "also when it has ended since")
      assert.strictEqual((yield* find([id!]))[0]!.status, "failed")
    })
  )

  test(
    "an owner of before the repair is a stranger to it",
    queue,
    Effect.gen(function*() {
      const { claim, find, repair } = yield* Queue
      const { ids: [id], owner: zombie } = yield* newClosed(1)
      yield* repair([repairOf(id!)])
      // As it was when the zombie fell asleep, and as it would be had it taken part.
      for (const expectedSeq of [0, 1, 2, 3]) {
        const { accepted } = yield* commitOf(zombie, [
          ended(id!, { expectedSeq, events: [eventOf(expectedSeq + 1)] })
        ])
        assert.strictEqual(accepted.size, 0)
      }
      const owner = yield* newDispatcher
      yield* claim(owner, 10)
      const { accepted } = yield* commitOf(zombie, [
        ended(id!, { expectedSeq: 3, events: [eventOf(4)] })
      ])
      assert.strictEqual(accepted.size, 0)
      assert.strictEqual((yield* find([id!]))[0]!.status, "running")
    })
  )

  test(
    "a deadline that has passed does not end what was repaired; one to come does",
    queue,
    Effect.gen(function*() {
      const { cancelOverdue, find, poll, repair } = yield* Queue
      const { ids: [past], owner } = yield* newClosed(1, { deadlineAt: 1_000 })
      const { ids: [coming] } = yield* newClosed(1, { deadlineMillis: 3_600_000 })
      yield* repair([repairOf(past!), repairOf(coming!)])
      yield* cancelOverdue

      const [first] = yield* find([past!])
      const [second] = yield* find([coming!])
      assert.isNull(first!.deadlineAt)
      assert.isNotNull(second!.deadlineAt)
      assert.lengthOf(yield* poll(owner, [{ id: past!, epoch: 1 }]), 0)
    })
  )

  test(
    "a child that ends twice tells its parent twice",
    queue,
    Effect.gen(function*() {
      const { claim, poll, repair } = yield* Queue
      const { ids: [parent], owner } = yield* newOwner(1)
      const id = newId()
      const child = {
        id,
        name: "child",
        effect: 5,
        entry: "0:1",
        input: "[]",
        seed: requestOf().seed,
        dueAt: null
      }
      yield* commitOf(owner, [entryOf(parent!, { children: [child] })])
      yield* claim(owner, 10)
      yield* commitOf(owner, [ended(id)])
      const first = yield* poll(owner, [{ id: parent!, epoch: 1 }])
      yield* repair([repairOf(id)])
      yield* claim(owner, 10)
      yield* commitOf(owner, [
        ended(id, { expectedSeq: 3, events: [eventOf(4)], outcome: { ok: true, value: "1" } })
      ])

      const told = yield* poll(owner, [{ id: parent!, epoch: 1 }])
      assert.deepStrictEqual(first.map((message) => message.payload), ["-:e"])
      assert.deepStrictEqual(told.map((message) => message.payload), ["-:e", "+1"])
      assert.strictEqual(new Set(told.map((message) => message.id)).size, 2)
    })
  )

  test(
    "an instance that is made of another has its events, and the other says so",
    queue,
    Effect.gen(function*() {
      const { claim, find, fork, history, load } = yield* Queue
      const { ids: [id], owner } = yield* newClosed(1, { key: "k" })
      const request = requestOf({ priority: 2, tags: ["a"], memo: "{\"b\":1}" })
      const events = [eventOf(1, { kind: "received", message: newId() }), eventOf(2)]
      const { messages: _, ...origin } = repairOf(id!)
      const one: Fork = { request, entry: "0:3", startedAt: 1_700_000_000_123, events, origin }

      assert.isTrue(yield* fork(one))
      assert.isTrue(yield* fork(one), "sent again")
      assert.isFalse(
        yield* fork({
          ...one,
          request: requestOf(),
          origin: { ...origin, repairId: newId() }
        }),
        "its log has another end by now"
      )

      assert.lengthOf(yield* history(id!), 3)
      assert.strictEqual((yield* find([id!]))[0]!.status, "failed")
      const [made] = yield* find([request.id])
      assert.deepInclude(made, {
        status: "waiting",
        origin: id!,
        parent: null,
        key: null,
        priority: 2,
        tags: ["a"],
        memo: "{\"b\":1}"
      })
      assert.deepStrictEqual(yield* history(request.id), events)
      const { claimed } = yield* claim(owner, 10)
      const [loaded] = yield* load(owner, claimed)
      assert.deepInclude(loaded, {
        id: request.id,
        entry: "0:3",
        lastSeq: 2,
        startedAt: 1_700_000_000_123,
        events
      })
    })
  )
}
