/**
 * The interleavings of offered calls that need a second connection to stage.
 */
import { assert, describe } from "@effect/vitest"
import { Queue } from "@rappel/core/queue/Queue"
import {
  commitOf,
  entryOf,
  newDispatcher,
  newOwner,
  offerOf,
  takeAs
} from "@rappel/test/kit/suites/queue/samples"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Session from "../session.ts"
import { staged } from "../staged.ts"

const limit = { lane: "send\nada", concurrency: 2, rate: null }

const offering = (count: number) =>
  Effect.gen(function*() {
    const { ids: [id], owner } = yield* newOwner(1)
    const offers = Array.from({ length: count }, (_, i) => offerOf(i + 1, { limit }))
    yield* commitOf(owner, [entryOf(id!, { offers })])
    return { id: id!, owner } as const
  })

describe("R14, R15: a take", () => {
  staged(
    "passes over a lane that another one is counting, and waits for nobody",
    (session) =>
      Effect.gen(function*() {
        const { owner } = yield* offering(3)
        const { calls } = yield* takeAs(owner)
        assert.lengthOf(calls, 2)
        yield* session.run("begin")
        yield* session.run("select from rappel.lane where lane = $1 for no key update", [
          limit.lane
        ])
        yield* Effect.flatMap(Queue, (queue) =>
          queue.calls.report(owner, [{ ...calls[0]!, verdict: { kind: "succeeded", value: "1" } }]))

        assert.lengthOf((yield* takeAs(owner)).calls, 0)
        yield* session.run("rollback")
        assert.lengthOf((yield* takeAs(owner)).calls, 1)
      })
  )

  staged(
    "and a sweep of lanes pass over what the other holds, and the lane is made anew",
    (session) =>
      Effect.gen(function*() {
        const { calls } = yield* Queue
        const { owner } = yield* offering(1)
        const taken = yield* takeAs(owner)
        yield* calls.report(owner, [
          { ...taken.calls[0]!, verdict: { kind: "succeeded", value: "1" } }
        ])
        yield* session.run("begin")
        yield* session.run("select from rappel.lane for no key update")
        const sweep = calls.sweep({ after: "", limit: 10, idleMillis: 0 })
        assert.strictEqual((yield* sweep).removed, 0, "a take counts it")
        yield* session.run("rollback")
        yield* offering(3)
        yield* session.run("begin")
        yield* session.run("delete from rappel.lane")
        assert.lengthOf((yield* takeAs(owner)).calls, 0, "it is about to go")
        yield* session.run("commit")

        assert.lengthOf((yield* takeAs(owner)).calls, 2)
        assert.lengthOf((yield* takeAs(owner)).calls, 0, "the limit holds")
        assert.strictEqual((yield* sweep).removed, 0, "permits count")
      })
  )

  staged(
    "counts what was committed before it got the lane, not before it began (R1)",
    (session) =>
      Effect.gen(function*() {
        const { owner } = yield* offering(6)
        const other = yield* newDispatcher
        yield* session.run("begin")
        const taken = yield* session.run(
          "select (o_call).effect from rappel.take($1, $1, '{default}', 2, '') where (o_call).id is not null",
          [other]
        )
        const early = yield* takeAs(owner)
        yield* session.run("commit")
        const late = yield* takeAs(owner)

        assert.lengthOf(taken, 2)
        assert.lengthOf(early.calls, 0, "the lane is locked")
        assert.lengthOf(late.calls, 0, "the lane is full")
      })
  )

  staged(
    "that is on its way when its dispatcher is declared dead is lost, not forgotten",
    (session, url) =>
      Effect.gen(function*() {
        const { beat, calls, expire, poll } = yield* Queue
        const { id, owner } = yield* offering(2)
        const dying = yield* newDispatcher
        yield* session.run("begin")
        yield* session.run("select from rappel.take($1, $1, '{default}', 2, '')", [dying])
        const { peers } = yield* beat(owner)
        const observer = yield* Session.make(url)

        const expiring = yield* Effect.fork(expire(peers.filter((peer) => peer.id === dying)))
        yield* Session.untilBlocked(observer)
        yield* session.run("commit")
        yield* Fiber.join(expiring)

        assert.deepStrictEqual(yield* calls.held(dying), [])
        const messages = yield* poll(owner, [{ id, epoch: 1 }])
        assert.deepStrictEqual(messages.map(({ payload }) => payload), [
          "1lits dispatcher ended",
          "1lits dispatcher ended"
        ])
        const rows = yield* session.run("select ends_at > now() as held from rappel.permit")
        assert.deepStrictEqual(rows, [{ held: true }, { held: true }])
      })
  )
})
