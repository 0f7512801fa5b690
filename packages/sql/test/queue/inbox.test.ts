/**
 * What happens to messages while somebody else is at work: staged with a second connection.
 */
import { assert, describe } from "@effect/vitest"
import { Queue } from "@rappel/core/queue/Queue"
import {
  commitOf,
  entryOf,
  eventOf,
  messageOf,
  newDispatcher,
  newOwner
} from "@rappel/test/kit/suites/queue/samples"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Session from "../session.ts"
import { staged } from "../staged.ts"

const park = { kind: "release", dueAt: null } as const

describe("R2: whoever sends only inserts", () => {
  staged(
    "a signal and the release of its instance wait for each other in neither order",
    (session) =>
      Effect.gen(function*() {
        const { claim, deliver } = yield* Queue
        const { ids: [id], owner } = yield* newOwner(1)
        // The owner parks: its statement has locked and written the row, and has not ended.
        yield* session.run("begin")
        yield* session.run(
          "update rappel.due set owner = null, due_at = null where instance_id = $1",
          [id]
        )

        assert.deepStrictEqual(
          yield* deliver([messageOf(id!)]).pipe(Effect.timeout("5 seconds")),
          ["delivered"]
        )
        assert.deepStrictEqual((yield* claim(yield* newDispatcher, 10)).claimed, [])
        yield* session.run("commit")

        assert.deepStrictEqual((yield* claim(owner, 10)).claimed, [{ id: id!, epoch: 2 }])
      })
  )

  staged(
    "an instance parks while a transaction that signals it is open",
    (session) =>
      Effect.gen(function*() {
        const { claim } = yield* Queue
        const { ids: [id], owner } = yield* newOwner(1)
        const { id: messageId } = messageOf(id!)
        yield* session.run("begin")
        yield* session.run(
          "insert into rappel.inbox (id, instance_id, kind, name, payload) values ($1, $2, 'signal', 'a', '1')",
          [messageId, id]
        )

        const { accepted } = yield* commitOf(owner, [entryOf(id!, { then: park })]).pipe(
          Effect.timeout("5 seconds")
        )
        assert.isTrue(accepted.has(id!))
        assert.deepStrictEqual((yield* claim(owner, 10)).claimed, [])
        yield* session.run("commit")

        assert.deepStrictEqual((yield* claim(owner, 10)).claimed, [{ id: id!, epoch: 2 }])
      })
  )

  staged(
    "and an instance that is set aside sleeps on, with its message",
    (session) =>
      Effect.gen(function*() {
        const { claim, deliver } = yield* Queue
        const { ids: [id], owner } = yield* newOwner(1)
        yield* session.run(
          "update rappel.due set owner = null, due_at = null, aside = 'why' where instance_id = $1",
          [id]
        )

        yield* deliver([messageOf(id!)])

        assert.deepStrictEqual((yield* claim(owner, 10)).claimed, [])
        assert.lengthOf(yield* session.run("select from rappel.inbox"), 1)
      })
  )
})

describe("R18: an inbox has no cursor", () => {
  staged(
    "a message of a lower number that is committed later is taken later",
    (session) =>
      Effect.gen(function*() {
        const { deliver, poll } = yield* Queue
        const { ids: [id], owner } = yield* newOwner(1)
        const [slow, fast] = [messageOf(id!, { payload: "slow" }), messageOf(id!)]
        yield* session.run("begin")
        yield* session.run(
          "insert into rappel.inbox (id, instance_id, kind, name, payload) values ($1, $2, 'signal', 'approval', 'slow')",
          [slow.id, id]
        )
        yield* deliver([fast])
        const owned = [{ id: id!, epoch: 1 }]

        assert.deepStrictEqual((yield* poll(owner, owned)).map(({ id }) => id), [fast.id])
        const events = [eventOf(1, { kind: "received", message: fast.id })]
        yield* commitOf(owner, [entryOf(id!, { events, consumed: [fast.id] })])
        yield* session.run("commit")

        assert.deepStrictEqual(yield* poll(owner, owned), [{ ...slow, repeated: false }])
      })
  )

  staged(
    "a message that is sent again while it is taken is known as a repetition",
    (session) =>
      Effect.gen(function*() {
        const { deliver, poll } = yield* Queue
        const { ids: [id], owner } = yield* newOwner(1)
        const message = messageOf(id!)
        yield* deliver([message])
        // The commit that takes it, stopped before its end.
        yield* session.run("begin")
        yield* session.run("delete from rappel.inbox where id = $1", [message.id])
        yield* session.run(
          `insert into rappel.event (instance_id, at, seq, effect, machine, digest, kind, message)
         values ($1, 0, 1, 0, 1, 0, 'received', $2)`,
          [id, message.id]
        )
        yield* session.run("update rappel.due set last_seq = 1 where instance_id = $1", [id])

        const again = yield* Effect.fork(deliver([message]))
        yield* Session.untilBlocked(session)
        yield* session.run("commit")

        assert.deepStrictEqual(yield* Fiber.join(again), ["delivered"])
        assert.deepStrictEqual(yield* poll(owner, [{ id: id!, epoch: 1 }]), [
          { ...message, repeated: true }
        ])
        yield* commitOf(owner, [entryOf(id!, { expectedSeq: 1, consumed: [message.id] })])
        assert.deepStrictEqual(yield* poll(owner, [{ id: id!, epoch: 1 }]), [])
      })
  )

  staged(
    "what was sent while its instance was closed is removed",
    (session) =>
      Effect.gen(function*() {
        const { claim } = yield* Queue
        const { ids: [id], owner } = yield* newOwner(1)
        yield* session.run("begin")
        yield* session.run(
          "insert into rappel.inbox (id, instance_id, kind, name) values ($1, $2, 'signal', 'a')",
          [messageOf(id!).id, id]
        )
        const outcome = { ok: true, value: "1" } as const
        yield* commitOf(owner, [entryOf(id!, { outcome, then: { kind: "close" } })])
        yield* session.run("commit")

        assert.deepStrictEqual((yield* claim(owner, 10)).claimed, [])
        assert.deepStrictEqual(yield* session.run("select from rappel.inbox"), [])
      })
  )
})
