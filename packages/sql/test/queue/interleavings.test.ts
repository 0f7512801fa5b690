/**
 * The interleavings of docs/durability.md that need a second connection to stage.
 */
import { assert, describe } from "@effect/vitest"
import { Queue } from "@rappel/core/queue/Queue"
import { KeyTaken } from "@rappel/core/queue/QueueError"
import {
  commitOf,
  entryOf,
  eventOf,
  newDispatcher,
  newId,
  newOwner,
  requestOf
} from "@rappel/test/kit/suites/queue/samples"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Session from "../session.ts"
import { staged } from "../staged.ts"

const lockDue = (session: Session.Session, id: string) =>
  Effect.zipRight(
    session.run("begin"),
    session.run("select from rappel.due where instance_id = $1 for update", [id])
  )

describe("R2: a row that somebody else has locked", () => {
  staged("is answered as busy, and nobody waits for it", (session) =>
    Effect.gen(function*() {
      const { history } = yield* Queue
      const { ids, owner } = yield* newOwner(3)
      const entries = ids.map((id) => entryOf(id, { events: [eventOf(1)] }))
      yield* lockDue(session, ids[1]!)

      const first = yield* commitOf(owner, entries)
      yield* session.run("commit")
      const second = yield* commitOf(owner, [entries[1]!])

      assert.sameMembers([...first.accepted], [ids[0], ids[2]])
      assert.deepStrictEqual([...first.busy], [ids[1]])
      assert.deepStrictEqual([...second.accepted], [ids[1]])
      for (const id of ids) assert.lengthOf(yield* history(id), 1)
    }))

  staged("by a commit that was answered already is no matter", (session) =>
    Effect.gen(function*() {
      const { commit } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1)
      const batch = {
        id: newId(),
        dispatcher: owner,
        entries: [entryOf(id!, { logs: ["{}"], snapshot: { seq: 0, body: "s" } })]
      }
      yield* commit(batch)
      yield* lockDue(session, id!)

      const again = yield* commit(batch)

      assert.deepStrictEqual([...again.accepted], [id])
      assert.strictEqual(again.busy.size, 0)
      assert.lengthOf(yield* session.run("select from rappel.log"), 1)
    }))

  staged("while somebody else takes over is lost in the end", (session) =>
    Effect.gen(function*() {
      const { history } = yield* Queue
      const { ids, owner } = yield* newOwner(2)
      const entries = ids.map((id) => entryOf(id, { events: [eventOf(1)] }))
      yield* lockDue(session, ids[0]!)
      yield* session.run(
        "update rappel.due set owner = $2, epoch = epoch + 1 where instance_id = $1",
        [ids[0], newId()]
      )

      const first = yield* commitOf(owner, entries)
      yield* session.run("commit")
      const second = yield* commitOf(owner, [entries[0]!])

      assert.deepStrictEqual([...first.accepted], [ids[1]])
      assert.deepStrictEqual([...first.busy], [ids[0]])
      assert.strictEqual(second.accepted.size + second.busy.size, 0)
      assert.deepStrictEqual(yield* history(ids[0]!), [])
    }))

  staged("is passed over by a claim", (session) =>
    Effect.gen(function*() {
      const { claim, start } = yield* Queue
      const dispatcher = yield* newDispatcher
      const [locked, free] = [requestOf(), requestOf()]
      yield* start([locked, free])
      yield* lockDue(session, locked.id)

      const first = yield* claim(dispatcher, 10)
      assert.deepStrictEqual(first.claimed, [{ id: free.id, epoch: 1 }])
      assert.isNull(first.nextDueAt, "nobody needs to hurry back for what another one claims")
      yield* session.run("rollback")
      assert.deepStrictEqual((yield* claim(dispatcher, 10)).claimed, [{ id: locked.id, epoch: 1 }])
    }))
})

describe("R1: reading is later than locking", () => {
  staged(
    "an event that is committed while a claim waits its turn is loaded",
    (session) =>
      Effect.gen(function*() {
        const { claim, load } = yield* Queue
        const { ids: [id], owner } = yield* newOwner(1)
        const heir = yield* newDispatcher
        yield* session.run("begin isolation level repeatable read")
        assert.lengthOf(yield* session.run("select from rappel.due where last_seq = 0"), 1)

        yield* commitOf(owner, [
          entryOf(id!, { events: [eventOf(1)], then: { kind: "release", dueAt: 0 } })
        ])
        const { claimed } = yield* claim(heir, 10)

        const [loaded] = yield* load(heir, claimed)
        assert.strictEqual(loaded!.lastSeq, 1)
        assert.deepStrictEqual(loaded!.events, [eventOf(1)])
        // The old snapshot of the other session still sees the instance as it was.
        assert.lengthOf(yield* session.run("select from rappel.due where last_seq = 0"), 1)
      })
  )

  staged(
    "a commit that waited for its lock sees what happened meanwhile",
    (session) =>
      Effect.gen(function*() {
        const { history } = yield* Queue
        const { ids: [id], owner } = yield* newOwner(1)
        const heir = yield* newDispatcher
        yield* session.run("begin")
        yield* session.run("lock table rappel.due in access exclusive mode")

        const commit = yield* Effect.fork(commitOf(owner, [entryOf(id!, { events: [eventOf(1)] })]))
        yield* Session.untilBlocked(session)
        yield* session.run(
          "update rappel.due set owner = $2, epoch = 2, last_seq = 1 where instance_id = $1",
          [id, heir]
        )
        yield* session.run("commit")

        assert.strictEqual((yield* Fiber.join(commit)).accepted.size, 0)
        assert.deepStrictEqual(yield* history(id!), [])
      })
  )
})

describe("R3: data that Postgres refuses", () => {
  staged(
    "cost their own instance only, which is set aside with the reason",
    (session) =>
      Effect.gen(function*() {
        const { claim, history, load } = yield* Queue
        const { ids, owner } = yield* newOwner(9)
        const guilty = [ids[2]!, ids[7]!]

        const { accepted } = yield* commitOf(
          owner,
          ids.map((id) =>
            entryOf(id, { events: [eventOf(1, guilty.includes(id) ? { effect: 2 ** 31 } : {})] })
          )
        )

        const innocent = ids.filter((id) => !guilty.includes(id))
        assert.sameMembers([...accepted], innocent)
        for (const id of innocent) assert.lengthOf(yield* history(id), 1)
        const aside = yield* session.run(
          "select instance_id, aside from rappel.due where aside is not null"
        )
        assert.sameMembers(aside.map((row) => row["instance_id"] as string), guilty)
        assert.match(aside[0]!["aside"] as string, /Postgres refuses its data: .*out of range/)
        assert.deepStrictEqual(yield* load(owner, guilty.map((id) => ({ id, epoch: 1 }))), [])
        const { claimed, nextDueAt } = yield* claim(owner, 10)
        assert.deepStrictEqual(claimed, [])
        assert.isNull(nextDueAt)
      })
  )
})

describe("R5: the end of a dispatcher", () => {
  staged(
    "waits for its claim in flight, and frees what that gave",
    (session) =>
      Effect.gen(function*() {
        const { beat, claim, expire, start } = yield* Queue
        const dead = yield* newDispatcher
        const heir = yield* newDispatcher
        const request = requestOf()
        yield* start([request])
        // What the statement of a claim does, stopped before its end.
        yield* session.run("begin")
        yield* session.run(
          "select from rappel.dispatcher where id = $1 and died_at is null for share",
          [dead]
        )
        yield* session.run(
          "update rappel.due set owner = $2, epoch = epoch + 1 where instance_id = $1",
          [request.id, dead]
        )

        const { peers } = yield* beat(heir)
        const expiry = yield* Effect.fork(expire(peers))
        yield* Session.untilBlocked(session)
        yield* session.run("commit")

        assert.strictEqual(yield* Fiber.join(expiry), 1)
        assert.deepStrictEqual((yield* claim(heir, 10)).claimed, [{ id: request.id, epoch: 2 }])
      })
  )

  staged(
    "comes before a claim that waited for it, which gets nothing",
    (session) =>
      Effect.gen(function*() {
        const { claim, find, start } = yield* Queue
        const dead = yield* newDispatcher
        const [waiting, own] = [requestOf(), requestOf()]
        yield* start([waiting])
        yield* session.run("begin")
        yield* session.run("update rappel.dispatcher set died_at = now() where id = $1", [dead])

        const claiming = yield* Effect.fork(claim(dead, 10))
        const starting = yield* Effect.fork(start([own], dead))
        yield* Session.untilBlocked(session)
        yield* session.run("commit")

        assert.deepStrictEqual((yield* Fiber.join(claiming)).claimed, [])
        assert.deepStrictEqual(yield* Fiber.join(starting), [{ id: own.id, created: true }])
        for (const { status } of yield* find([waiting.id, own.id])) {
          assert.strictEqual(status, "waiting")
        }
      })
  )

  staged(
    "declared by two observers at once frees each instance once",
    () =>
      Effect.gen(function*() {
        const { beat, expire } = yield* Queue
        yield* newOwner(50)
        yield* newOwner(50)
        const heirs = [yield* newDispatcher, yield* newDispatcher]
        const { peers } = yield* beat(heirs[0]!)
        const dead = peers.filter(({ id }) => !heirs.includes(id))

        const freed = yield* Effect.all(
          [expire(dead), expire(dead.toReversed()), expire(dead)],
          { concurrency: 3 }
        )

        assert.strictEqual(freed.reduce((sum, one) => sum + one, 0), 100)
      })
  )
})

describe("R22: a key whose holder is not committed yet", () => {
  const hold = (session: Session.Session, id: string) =>
    Effect.zipRight(
      session.run("begin"),
      session.run(
        `insert into rappel.instance (id, name, program, seed, key, input)
         values ($1, 'greeting', 'p', '', 'k', '["u1"]')`,
        [id]
      )
    )

  staged("is the holder's once that is there", (session) =>
    Effect.gen(function*() {
      const { start } = yield* Queue
      const holder = newId()
      yield* hold(session, holder)

      const starting = yield* Effect.fork(start([requestOf({ key: "k" })]))
      yield* Session.untilBlocked(session)
      yield* session.run("commit")

      assert.deepStrictEqual(yield* Fiber.join(starting), [{ id: holder, created: false }])
      const error = yield* Effect.flip(start([requestOf({ key: "k", input: "[]" })]))
      assert.instanceOf(error, KeyTaken)
    }))

  staged("is free once that is rolled back", (session) =>
    Effect.gen(function*() {
      const { start } = yield* Queue
      yield* hold(session, newId())
      const request = requestOf({ key: "k" })

      const starting = yield* Effect.fork(start([request]))
      yield* Session.untilBlocked(session)
      yield* session.run("rollback")

      assert.deepStrictEqual(yield* Fiber.join(starting), [{ id: request.id, created: true }])
    }))

  staged(
    "keeps nobody from committing and beating, however many wait for it",
    (session) =>
      Effect.gen(function*() {
        const { beat, start } = yield* Queue
        const { ids: [id], owner } = yield* newOwner(1)
        yield* hold(session, newId())
        const requests = Array.from({ length: 10 }, () => requestOf({ key: "k" }))
        const starts = yield* Effect.fork(
          Effect.all(requests.map((request) => start([request], owner)), { concurrency: 10 })
        )
        yield* Session.untilBlocked(session)

        const { alive } = yield* beat(owner).pipe(Effect.timeout("3 seconds"))
        assert.isTrue(alive)
        const { accepted } = yield* commitOf(owner, [entryOf(id!)]).pipe(
          Effect.timeout("3 seconds")
        )
        assert.isTrue(accepted.has(id!))

        yield* session.run("rollback")
        const started = (yield* Fiber.join(starts)).flat()
        assert.lengthOf(started.filter(({ created }) => created), 1)
      })
  )
})
