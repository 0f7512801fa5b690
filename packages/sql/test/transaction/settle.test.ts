/**
 * R16: a transactional action and whatever else ends its attempt race for one slot. The action's
 * transaction is a session of the test's own, the others are the queue.
 */
import { assert, describe, it } from "@effect/vitest"
import { type CallKey, type CallVerdict, KILL_GRACE_MILLIS } from "@rappel/core/queue/Calls"
import { decodeVerdict } from "@rappel/core/queue/callVerdict"
import { Queue } from "@rappel/core/queue/Queue"
import { layerPg } from "@rappel/sql/layer"
import * as Postgres from "@rappel/test/kit/Postgres"
import {
  commitOf,
  entryOf,
  eventOf,
  newDispatcher,
  newId,
  newOwner,
  offerOf,
  takeAs
} from "@rappel/test/kit/suites/queue/samples"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Session from "../session.ts"

const staged = <A, E>(
  name: string,
  effect: (
    action: Session.Session,
    other: Session.Session
  ) => Effect.Effect<A, E, Queue | Scope.Scope>
) =>
  it.scopedLive(name, () =>
    Effect.gen(function*() {
      const url = yield* Effect.promise(Postgres.cleanUrl)
      const action = yield* Session.make(url)
      const other = yield* Session.make(url)
      yield* other.run("create table if not exists public.work (n integer)")
      yield* other.run("delete from public.work")
      return yield* Effect.provide(effect(action, other), layerPg({ url: Redacted.make(url) }))
    }), 30_000)

/** A transactional call that a dispatcher has taken. */
const taken = Effect.gen(function*() {
  const { ids: [id], owner } = yield* newOwner(1)
  const offers = [offerOf(1, { transactional: true })]
  yield* commitOf(owner, [entryOf(id!, { events: [eventOf(1)], offers })])
  const taker = yield* newDispatcher
  const { calls: [call] } = yield* takeAs(taker)
  return { id: id!, owner, taker, call: call!, slot: call!.slot! } as const
})

const begin = (action: Session.Session, isolation = "read committed") =>
  Effect.zipRight(
    action.run(`begin isolation level ${isolation}`),
    action.run("insert into public.work values (1)")
  )

const settle = (action: Session.Session, slot: string) =>
  Effect.map(
    action.run("select rappel.settle($1::uuid, '+42') as settled", [slot]),
    ([row]) => row!["settled"] as boolean
  )

const report = (taker: string, verdict: CallVerdict) =>
  Effect.flatMap(Queue, ({ calls }) => calls.report(taker, [verdict]))

const timeoutOf = ({ attempt, effect, instanceId }: CallKey): CallVerdict => ({
  instanceId,
  effect,
  attempt,
  verdict: { kind: "timeout" }
})

/** The messages that the owner finds. */
const heard = (owner: string, id: string) =>
  Effect.map(
    Effect.flatMap(Queue, ({ poll }) => poll(owner, [{ id, epoch: 1 }])),
    (messages) => messages.map(({ payload }) => decodeVerdict(payload!))
  )

const workOf = (session: Session.Session) =>
  Effect.map(session.run("select from public.work"), (rows) => rows.length)

const SUCCESS = { attempt: 1, verdict: { kind: "succeeded", value: "42" } } as const
const TIMEOUT = { attempt: 1, verdict: { kind: "timeout" } } as const

describe("R16: the slot of a transactional call", () => {
  staged(
    "is filled by the commit of the action, with its work",
    (action, other) =>
      Effect.gen(function*() {
        const { call, id, owner, slot, taker } = yield* taken
        yield* begin(action)
        assert.isTrue(yield* settle(action, slot))
        assert.deepStrictEqual(yield* heard(owner, id), [], "not before the commit")
        yield* action.run("commit")

        assert.deepStrictEqual(yield* heard(owner, id), [SUCCESS])
        assert.strictEqual(yield* workOf(other), 1)
        yield* report(taker, timeoutOf(call))
        assert.deepStrictEqual(yield* heard(owner, id), [SUCCESS], "what comes later is dropped")
      })
  )

  staged("is lost to a timeout that was told first", (action) =>
    Effect.gen(function*() {
      const { call, id, owner, slot, taker } = yield* taken
      yield* begin(action)
      yield* report(taker, timeoutOf(call))

      assert.isFalse(yield* settle(action, slot))
      assert.deepStrictEqual(yield* heard(owner, id), [TIMEOUT])
    }))

  staged(
    "is won against a timeout that is told before the commit",
    (action) =>
      Effect.gen(function*() {
        const { call, id, owner, slot, taker } = yield* taken
        yield* begin(action)
        assert.isTrue(yield* settle(action, slot))
        const telling = yield* Effect.fork(report(taker, timeoutOf(call)))
        yield* Session.untilBlocked(action)
        yield* action.run("commit")
        yield* Fiber.join(telling)

        assert.deepStrictEqual(yield* heard(owner, id), [SUCCESS])
      })
  )

  staged(
    "is free again when the action's transaction is rolled back",
    (action, other) =>
      Effect.gen(function*() {
        const { call, id, owner, slot, taker } = yield* taken
        yield* begin(action)
        assert.isTrue(yield* settle(action, slot))
        const telling = yield* Effect.fork(report(taker, timeoutOf(call)))
        yield* Session.untilBlocked(action)
        yield* action.run("rollback")
        yield* Fiber.join(telling)

        assert.deepStrictEqual(yield* heard(owner, id), [TIMEOUT])
        assert.strictEqual(yield* workOf(other), 0)
      })
  )

  staged(
    "is gone once the owner has gone on, and the next attempt has one of its own",
    (action) =>
      Effect.gen(function*() {
        const { call, id, owner, slot, taker } = yield* taken
        yield* report(taker, timeoutOf(call))
        const { poll } = yield* Queue
        const [message] = yield* poll(owner, [{ id, epoch: 1 }])
        yield* commitOf(owner, [entryOf(id, {
          expectedSeq: 1,
          events: [eventOf(2, { kind: "attempt", effect: 1, message: message!.id })],
          consumed: [message!.id],
          offers: [offerOf(1, { attempt: 2, transactional: true })]
        })])
        const { calls: [second] } = yield* takeAs(taker)

        yield* begin(action)
        assert.isFalse(yield* settle(action, slot), "the first attempt comes too late")
        assert.isTrue(yield* settle(action, second!.slot!))
      })
  )

  staged("is gone once a cancellation is stored", (action) =>
    Effect.gen(function*() {
      const { call, id, owner, slot } = yield* taken
      yield* begin(action)
      yield* commitOf(owner, [entryOf(id, { expectedSeq: 1, withdrawn: [call] })])

      assert.isFalse(yield* settle(action, slot))
    }))

  staged(
    "waits for a cancellation that is being stored",
    (action, other) =>
      Effect.gen(function*() {
        const { slot } = yield* taken
        yield* other.run("begin")
        yield* other.run("delete from rappel.call where id = $1", [slot])
        yield* begin(action)
        const settling = yield* Effect.fork(settle(action, slot))
        yield* Session.untilBlocked(other)
        yield* other.run("commit")

        assert.isFalse(yield* Fiber.join(settling))
      })
  )

  staged(
    "keeps a cancellation out, and nobody waits, while the action is about to commit",
    (action, other) =>
      Effect.gen(function*() {
        const { ids: [id, neighbour], owner } = yield* newOwner(2)
        const offers = [offerOf(1, { transactional: true })]
        yield* commitOf(owner, [entryOf(id!, { events: [eventOf(1)], offers })])
        const { calls: [call] } = yield* takeAs(yield* newDispatcher)
        const { deliver, history, load } = yield* Queue
        const cancel = newId()
        const message = { kind: "cancel", effect: 0, name: null, payload: null } as const
        yield* deliver([{ id: cancel, instanceId: id!, ...message }])
        const cancelled = entryOf(id!, {
          expectedSeq: 1,
          events: [eventOf(2)],
          withdrawn: [call!],
          consumed: [cancel]
        })
        yield* begin(action)
        assert.isTrue(yield* settle(action, call!.slot!))

        const meanwhile = yield* commitOf(owner, [
          cancelled,
          entryOf(neighbour!, { events: [eventOf(1)] })
        ])
        assert.deepStrictEqual([...meanwhile.busy], [id], "it is sent again")
        assert.deepStrictEqual([...meanwhile.accepted], [neighbour], "and R2: alone")

        yield* action.run("commit")
        const { accepted, busy } = yield* commitOf(owner, [cancelled])
        assert.deepStrictEqual([...accepted, ...busy], [], "its owner reads the outcome first")
        assert.lengthOf(yield* history(id!), 1)
        const [loaded] = yield* load(owner, [{ id: id!, epoch: 1 }])
        assert.deepStrictEqual(
          loaded!.inbox.map(({ id }) => id),
          [call!.slot, cancel],
          "and takes it before the cancellation"
        )
        assert.strictEqual(yield* workOf(other), 1)
      })
  )

  staged(
    "lets a cancellation through whose action was rolled back",
    (action) =>
      Effect.gen(function*() {
        const { call, id, owner, slot } = yield* taken
        const cancelled = entryOf(id, { expectedSeq: 1, events: [eventOf(2)], withdrawn: [call] })
        yield* begin(action)
        assert.isTrue(yield* settle(action, slot))
        assert.deepStrictEqual([...(yield* commitOf(owner, [cancelled])).busy], [id])
        yield* action.run("rollback")

        assert.deepStrictEqual([...(yield* commitOf(owner, [cancelled])).accepted], [id])
      })
  )

  staged(
    "keeps a cancellation out when its dispatcher was declared dead after the commit",
    (action) =>
      Effect.gen(function*() {
        const { call, id, owner, slot, taker } = yield* taken
        yield* begin(action)
        assert.isTrue(yield* settle(action, slot))
        yield* action.run("commit")
        const { beat, expire } = yield* Queue
        const { peers } = yield* beat(owner, { slots: 1, queues: ["default"] })
        yield* expire(peers.filter((peer) => peer.id === taker))
        const cancelled = entryOf(id, { expectedSeq: 1, events: [eventOf(2)], withdrawn: [call] })

        const refused = yield* commitOf(owner, [cancelled])
        assert.deepStrictEqual([...refused.accepted, ...refused.busy], [])

        const taking = entryOf(id, {
          expectedSeq: 1,
          events: [eventOf(2, { message: slot })],
          consumed: [slot]
        })
        assert.deepStrictEqual([...(yield* commitOf(owner, [taking])).accepted], [id])
      })
  )

  for (const isSettled of [true, false]) {
    staged(
      `is ${isSettled ? "won" : "lost"} when the dispatcher is declared dead ${
        isSettled ? "before the commit" : "before it"
      }`,
      (action, other) =>
        Effect.gen(function*() {
          const { id, owner, slot, taker } = yield* taken
          const { beat, expire } = yield* Queue
          const { peers } = yield* beat(owner, { slots: 1, queues: ["default"] })
          const dead = peers.filter((peer) => peer.id === taker)
          assert.lengthOf(dead, 1)
          yield* begin(action)
          if (isSettled) assert.isTrue(yield* settle(action, slot))

          const expiring = yield* Effect.fork(expire(dead))
          if (isSettled) {
            yield* Session.untilBlocked(other)
            yield* action.run("commit")
          }
          yield* Fiber.join(expiring)

          if (!isSettled) assert.isFalse(yield* settle(action, slot))
          assert.deepStrictEqual(
            (yield* heard(owner, id)).map(({ verdict }) => verdict.kind),
            [isSettled ? "succeeded" : "lost"]
          )
        })
    )
  }

  staged(
    "belongs to one of two transactions that both end the same attempt",
    (action, other) =>
      Effect.gen(function*() {
        const { id, owner, slot } = yield* taken
        yield* begin(action)
        yield* begin(other)
        assert.isTrue(yield* settle(action, slot))
        const settling = yield* Effect.fork(settle(other, slot))
        yield* Session.untilBlocked(action)
        yield* action.run("commit")

        assert.isFalse(yield* Fiber.join(settling))
        yield* other.run("rollback")
        assert.deepStrictEqual(yield* heard(owner, id), [SUCCESS])
        assert.strictEqual(yield* workOf(other), 1)
      })
  )

  staged(
    "cannot be taken from an old snapshot: serialisation fails",
    (action, other) =>
      Effect.gen(function*() {
        const { call, id, owner, slot } = yield* taken
        yield* begin(action, "repeatable read")
        yield* action.run("select from rappel.call")
        yield* commitOf(owner, [entryOf(id, { expectedSeq: 1, withdrawn: [call] })])

        const exit = yield* Effect.exit(settle(action, slot))

        assert.isTrue(Exit.isFailure(exit))
        if (Exit.isFailure(exit)) assert.include(Cause.pretty(exit.cause), "could not serialize")
        yield* action.run("rollback")
        assert.strictEqual(yield* workOf(other), 0)
      })
  )

  staged(
    "is given up by the server when the process stops before its commit",
    (action, other) =>
      Effect.gen(function*() {
        const { call, id, owner, slot, taker } = yield* taken
        yield* begin(action)
        assert.isTrue(yield* settle(action, slot))

        const startedAt = performance.now()
        yield* report(taker, timeoutOf(call))

        assert.isBelow(performance.now() - startedAt, KILL_GRACE_MILLIS + 2000)
        assert.deepStrictEqual(yield* heard(owner, id), [TIMEOUT])
        assert.strictEqual(yield* workOf(other), 0)
      })
  )
})
