/** Messages: who gets them, how often, and what they wake. */
import { assert } from "@effect/vitest"
import { type Message, MESSAGES, Queue } from "@rappel/core/queue/Queue"
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

const arrived = (message: Message) => ({ ...message, repeated: false })

export const delivering = (queue: EmptyQueue) => {
  test(
    "a message waits in the inbox of its instance, in the order of delivery",
    queue,
    Effect.gen(function*() {
      const { deliver, load, poll } = yield* Queue
      const { ids: [a, b], owner } = yield* newOwner(2)
      const messages = [
        messageOf(a!, { payload: "1" }),
        messageOf(b!, { kind: "cancel", name: null, payload: null }),
        messageOf(a!, { payload: "2", effect: 7 })
      ]

      assert.deepStrictEqual(yield* deliver(messages.slice(0, 2)), ["delivered", "delivered"])
      assert.deepStrictEqual(yield* deliver(messages.slice(2)), ["delivered"])

      const claimed = [{ id: b!, epoch: 1 }, { id: a!, epoch: 1 }]
      const polled = yield* poll(owner, claimed)
      assert.deepStrictEqual(polled.filter(({ instanceId }) => instanceId === a), [
        arrived(messages[0]!),
        arrived(messages[2]!)
      ])
      const loaded = yield* load(owner, claimed)
      const inboxes = new Map(loaded.map(({ id, inbox }) => [id, inbox]))
      assert.deepStrictEqual(inboxes.get(a!), [arrived(messages[0]!), arrived(messages[2]!)])
      assert.deepStrictEqual(inboxes.get(b!), [arrived(messages[1]!)])
      assert.deepStrictEqual(yield* poll(owner, [{ id: a!, epoch: 2 }]), [])
      assert.deepStrictEqual(yield* poll(yield* newDispatcher, claimed), [])
      assert.deepStrictEqual(yield* poll(owner, []), [])
      assert.deepStrictEqual(yield* deliver([]), [])
    })
  )

  test(
    "each message has its answer: delivered, finished or unknown",
    queue,
    Effect.gen(function*() {
      const { deliver } = yield* Queue
      const { ids: [running, completed, closed], owner } = yield* newOwner(3)
      const outcome = { ok: true, value: "1" } as const
      yield* commitOf(owner, [
        entryOf(completed!, { outcome }),
        entryOf(closed!, { outcome, then: { kind: "close" } })
      ])

      assert.deepStrictEqual(
        yield* deliver([
          messageOf(newId()),
          messageOf(completed!),
          messageOf(running!),
          messageOf("no-uuid"),
          messageOf(closed!)
        ]),
        ["unknown", "finished", "delivered", "unknown", "finished"]
      )
    })
  )

  test(
    "a message leaves the inbox with the commit of its event",
    queue,
    Effect.gen(function*() {
      const { deliver, history, poll } = yield* Queue
      const { ids: [id, other], owner } = yield* newOwner(2)
      const [first, second, third] = [messageOf(id!), messageOf(id!), messageOf(other!)]
      yield* deliver([first, second, third])
      const event = eventOf(1, { kind: "received", message: first.id })

      yield* commitOf(owner, [
        entryOf(id!, { events: [event], consumed: [first.id] }),
        // It is not the owner at this epoch: nothing of the entry counts.
        entryOf(other!, { epoch: 2, consumed: [third.id] })
      ])

      const claimed = [{ id: id!, epoch: 1 }, { id: other!, epoch: 1 }]
      assert.deepStrictEqual(yield* poll(owner, claimed), [arrived(second), arrived(third)])
      assert.deepStrictEqual(yield* history(id!), [event])
    })
  )

  test(
    "a message that is sent again is delivered once",
    queue,
    Effect.gen(function*() {
      const { deliver, poll } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1)
      const message = messageOf(id!, { payload: "first" })
      yield* deliver([message])

      const again = { ...message, payload: "again" }
      assert.deepStrictEqual(yield* deliver([again, again]), ["delivered", "delivered"])
      assert.deepStrictEqual(yield* poll(owner, [{ id: id!, epoch: 1 }]), [arrived(message)])

      const events = [eventOf(1, { kind: "received", message: message.id })]
      yield* commitOf(owner, [entryOf(id!, { events, consumed: [message.id] })])
      assert.deepStrictEqual(yield* deliver([again]), ["delivered"])
      assert.deepStrictEqual(yield* poll(owner, [{ id: id!, epoch: 1 }]), [])

      const outcome = { ok: true, value: "1" } as const
      yield* commitOf(owner, [
        entryOf(id!, { expectedSeq: 1, outcome, then: { kind: "close" } })
      ])
      assert.deepStrictEqual(yield* deliver([again, messageOf(id!)]), ["delivered", "finished"])
    })
  )

  test(
    "an instance without an owner is due when it has a message",
    queue,
    Effect.gen(function*() {
      const { claim, deliver, load } = yield* Queue
      const { ids, owner } = yield* newOwner(3)
      const heir = yield* newDispatcher
      yield* commitOf(owner, [
        entryOf(ids[0]!, { then: { kind: "release", dueAt: null } }),
        entryOf(ids[1]!, { then: { kind: "release", dueAt: Date.now() + 3_600_000 } })
      ])
      assert.deepStrictEqual((yield* claim(heir, 10)).claimed, [])
      const messages = ids.map((id) => messageOf(id))
      yield* deliver(messages)

      assert.deepStrictEqual((yield* claim(heir, 0)).claimed, [])
      const { arrived: none, claimed } = yield* claim(heir, 10)

      assert.sameDeepMembers([...claimed], ids.slice(0, 2).map((id) => ({ id, epoch: 2 })))
      assert.deepStrictEqual(none, [], "what is claimed is loaded and needs no poll")
      const loaded = yield* load(heir, claimed)
      assert.sameDeepMembers(
        loaded.flatMap(({ inbox }) => [...inbox]),
        messages.slice(0, 2).map(arrived)
      )
      assert.deepStrictEqual((yield* claim(owner, 10)).arrived, [ids[2]!])
      assert.deepStrictEqual((yield* claim(owner, 0)).arrived, [ids[2]!])
    })
  )

  test(
    "a message that came before a release wakes the instance again",
    queue,
    Effect.gen(function*() {
      const { claim, deliver } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1)
      yield* deliver([messageOf(id!)])

      yield* commitOf(owner, [entryOf(id!, { then: { kind: "release", dueAt: null } })])

      assert.deepStrictEqual((yield* claim(owner, 10)).claimed, [{ id: id!, epoch: 2 }])
    })
  )

  test(
    "those that are due and those that have messages take turns",
    queue,
    Effect.gen(function*() {
      const { claim, deliver, start } = yield* Queue
      const { ids, owner } = yield* newOwner(20)
      yield* commitOf(
        owner,
        ids.map((id) => entryOf(id, { then: { kind: "release", dueAt: null } }))
      )
      yield* start(Array.from({ length: 20 }, () => requestOf()))
      yield* deliver(ids.map((id) => messageOf(id)))

      const { claimed } = yield* claim(owner, 10)

      assert.lengthOf(claimed, 10)
      assert.lengthOf(claimed.filter(({ id }) => ids.includes(id)), 5)
      assert.lengthOf((yield* claim(owner, 100)).claimed, 30)
    })
  )

  test(
    "thousands of messages are read in parts, without a gap",
    queue,
    Effect.gen(function*() {
      const { deliver, load, poll } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1)
      const messages = Array.from({ length: MESSAGES + 500 }, () => messageOf(id!))
      yield* deliver(messages)

      const [loaded] = yield* load(owner, [{ id: id!, epoch: 1 }])
      assert.deepStrictEqual(loaded!.inbox, messages.slice(0, MESSAGES).map(arrived))
      const consumed = loaded!.inbox.map((message) => message.id)
      yield* commitOf(owner, [entryOf(id!, { consumed })])

      assert.deepStrictEqual(
        yield* poll(owner, [{ id: id!, epoch: 1 }]),
        messages.slice(MESSAGES).map(arrived)
      )
    })
  )

  test(
    "messages keep any text",
    queue,
    Effect.gen(function*() {
      const { deliver, poll } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1)
      const message = messageOf(id!, { name: "a\0b", payload: "\ud800 \uffff" })
      yield* deliver([message])

      assert.deepStrictEqual(yield* poll(owner, [{ id: id!, epoch: 1 }]), [arrived(message)])
    })
  )
}
