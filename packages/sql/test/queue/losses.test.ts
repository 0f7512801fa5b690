/**
 * Connections that are lost at the worst moment: the statement was carried out and its answer
 * never came, or the server ended it half-way.
 */
import { assert, describe, it } from "@effect/vitest"
import { type CommitEntry, Queue } from "@rappel/core/queue/Queue"
import { QueueUnavailable } from "@rappel/core/queue/QueueError"
import { layerPg } from "@rappel/sql/layer"
import * as Postgres from "@rappel/test/kit/Postgres"
import {
  commitOf,
  entryOf,
  eventOf,
  newDispatcher,
  newOwner,
  requestOf
} from "@rappel/test/kit/suites/queue/samples"
import { wakes } from "@rappel/test/kit/wakes"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as EffectQueue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Proxy from "../proxy.ts"
import * as Session from "../session.ts"

interface Stage {
  readonly proxy: Proxy.Proxy
  readonly session: Session.Session
}

/** A case whose queue goes through a proxy, beside a session that does not. */
const staged = <A, E>(
  name: string,
  effect: (stage: Stage) => Effect.Effect<A, E, Queue | Scope.Scope>
) =>
  it.scopedLive(name, () =>
    Effect.gen(function*() {
      const url = yield* Effect.promise(Postgres.cleanUrl)
      const proxy = yield* Proxy.make(url)
      const session = yield* Session.make(url)
      return yield* Effect.provide(
        effect({ proxy, session }),
        layerPg({ url: Redacted.make(proxy.url), pollMillis: 1000 })
      )
    }))

describe("R4: a commit whose answer is lost", () => {
  const fates: ReadonlyArray<CommitEntry["then"]> = [
    { kind: "keep" },
    { kind: "release", dueAt: null },
    { kind: "close" }
  ]
  for (const then of fates) {
    staged(
      `is recognised when it is sent again (${then.kind})`,
      ({ proxy, session }) =>
        Effect.gen(function*() {
          const { find, history } = yield* Queue
          const { ids, owner } = yield* newOwner(3)
          proxy.loseAnswerTo("insert into rappel.event")

          const { accepted } = yield* commitOf(
            owner,
            ids.map((id) =>
              entryOf(id, {
                events: [eventOf(1)],
                logs: ["{}"],
                outcome: { ok: true, value: "1" },
                then
              })
            )
          )

          assert.strictEqual(proxy.lost(), 1)
          assert.sameMembers([...accepted], ids)
          for (const id of ids) assert.lengthOf(yield* history(id), 1)
          assert.lengthOf(yield* session.run("select from rappel.log"), 3)
          for (const { status } of yield* find(ids)) assert.strictEqual(status, "completed")
        })
    )
  }

  staged("is sent until the server is back", ({ proxy }) =>
    Effect.gen(function*() {
      const { history } = yield* Queue
      const { ids: [id], owner } = yield* newOwner(1)
      proxy.close()

      const commit = yield* Effect.fork(commitOf(owner, [entryOf(id!, { events: [eventOf(1)] })]))
      yield* Effect.sleep("1500 millis")
      proxy.open()

      assert.isTrue((yield* Fiber.join(commit)).accepted.has(id!))
      assert.lengthOf(yield* history(id!), 1)
    }))

  staged("that the server ends half-way is written once", ({ session }) =>
    Effect.gen(function*() {
      const { history } = yield* Queue
      const { ids, owner } = yield* newOwner(2)
      yield* session.run("begin")
      yield* session.run("lock table rappel.event in exclusive mode")

      const commit = yield* Effect.fork(
        commitOf(
          owner,
          ids.map((id) => entryOf(id, { events: [eventOf(1)], then: { kind: "close" } }))
        )
      )
      yield* Session.untilBlocked(session)
      yield* session.run(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`
      )
      yield* session.run("commit")

      assert.sameMembers([...(yield* Fiber.join(commit)).accepted], ids)
      for (const id of ids) assert.lengthOf(yield* history(id), 1)
    }))
})

describe("a claim or start whose answer is lost", () => {
  staged("a claim gives what it took when it is sent again", ({ proxy }) =>
    Effect.gen(function*() {
      const { claim, load, start } = yield* Queue
      const dispatcher = yield* newDispatcher
      const requests = Array.from({ length: 5 }, () => requestOf())
      yield* start(requests)
      proxy.loseAnswerTo("for no key update skip locked")

      const { claimed } = yield* claim(dispatcher, 3)

      assert.strictEqual(proxy.lost(), 1)
      assert.lengthOf(claimed, 3)
      assert.deepStrictEqual(new Set(claimed.map(({ epoch }) => epoch)), new Set([1]))
      assert.lengthOf(yield* load(dispatcher, claimed), 3)
      assert.lengthOf((yield* claim(dispatcher, 10)).claimed, 2)
    }))

  staged(
    "a start says that it created, as the first answer did",
    ({ proxy, session }) =>
      Effect.gen(function*() {
        const { claim, start } = yield* Queue
        const owner = yield* newDispatcher
        const [request, keyed] = [requestOf(), requestOf({ key: "k" })]
        proxy.loseAnswerTo("insert into rappel.instance")

        const started = yield* start([request, keyed], owner)

        assert.strictEqual(proxy.lost(), 1)
        assert.deepStrictEqual(started, [
          { id: request.id, created: true },
          { id: keyed.id, created: true }
        ])
        assert.lengthOf((yield* claim(owner, 10)).claimed, 2)
        assert.lengthOf(yield* session.run("select from rappel.instance"), 2)
        assert.deepStrictEqual(yield* start([keyed], owner), [{ id: keyed.id, created: false }])
      })
  )

  staged(
    "an owner finds later what a start gave that never answered",
    ({ proxy }) =>
      Effect.gen(function*() {
        const { claim, start } = yield* Queue
        const owner = yield* newDispatcher
        const request = requestOf()
        proxy.loseAnswerTo("insert into rappel.instance", true)

        const error = yield* Effect.flip(start([request], owner))

        assert.strictEqual(proxy.lost(), 1)
        assert.instanceOf(error, QueueUnavailable)
        assert.isTrue(error.retryable)
        proxy.open()

        assert.deepStrictEqual((yield* claim(owner, 10)).claimed, [{ id: request.id, epoch: 1 }])
        assert.deepStrictEqual((yield* claim(owner, 10)).claimed, [])
      })
  )
})

describe("a connection whose other end is gone without a word", () => {
  it.scopedLive("is given up, and what it carried is sent again on another", () =>
    Effect.gen(function*() {
      const proxy = yield* Proxy.make(yield* Effect.promise(Postgres.cleanUrl))
      const layer = layerPg({ url: Redacted.make(proxy.url), listen: false, statementMillis: 300 })
      const startedAt = Date.now()
      yield* Effect.gen(function*() {
        const { beat, expire, find, history } = yield* Queue
        const { ids, owner } = yield* newOwner(1)
        const heir = yield* newDispatcher
        proxy.silence()

        const { accepted } = yield* commitOf(owner, [entryOf(ids[0]!, { events: [eventOf(1)] })])

        assert.sameMembers([...accepted], ids)
        assert.lengthOf(yield* history(ids[0]!), 1)
        proxy.silence()
        assert.lengthOf(yield* find(ids), 1)
        const { peers } = yield* beat(heir)
        proxy.silence()
        assert.strictEqual(yield* expire(peers), 1)
        proxy.silence()
        assert.isTrue((yield* beat(heir)).alive)
        // A commit has five seconds, a beat two and a half, and the others what was asked for.
        assert.isBelow(Date.now() - startedAt, 14_000)
      }).pipe(Effect.provide(layer))
    }))
})

describe("every other statement whose answer is lost", () => {
  staged(
    "a registration, a hand-back and a resumption are done once",
    ({ proxy, session }) =>
      Effect.gen(function*() {
        const { beat, giveBack, claim, register, resume } = yield* Queue
        const { ids: [id, other], owner } = yield* newOwner(2)
        const late = requestOf().id
        // Known to the connection already, so that only its name is sent.
        proxy.loseAnswerTo("rappel_dispatcher_register")
        yield* register({ id: late, host: "here", pid: 1 })
        assert.isTrue((yield* beat(late)).alive)

        proxy.loseAnswerTo("then 0 else claims end")
        yield* giveBack(owner, [{ id: id!, epoch: 1 }])
        assert.deepStrictEqual((yield* claim(late, 10)).claimed, [{ id: id!, epoch: 2 }])

        yield* commitOf(owner, [entryOf(other!, { then: { kind: "aside", reason: "why" } })])
        proxy.loseAnswerTo("set aside = null")
        yield* resume([other!])
        assert.deepStrictEqual((yield* claim(late, 10)).claimed, [{ id: other!, epoch: 2 }])

        assert.strictEqual(proxy.lost(), 3)
        assert.lengthOf(yield* session.run("select from rappel.dispatcher"), 2)
      })
  )

  staged(
    "a removal removes no more than it was asked to",
    ({ proxy, session }) =>
      Effect.gen(function*() {
        const { remove } = yield* Queue
        const { ids, owner } = yield* newOwner(3)
        yield* commitOf(
          owner,
          ids.map((id) =>
            entryOf(id, { outcome: { ok: true, value: "1" }, then: { kind: "close" } })
          )
        )
        proxy.loseAnswerTo("pg_try_advisory_xact_lock")

        yield* remove({ name: "greeting", status: "completed", keepMillis: 0, limit: 100 })

        assert.strictEqual(proxy.lost(), 1)
        assert.deepStrictEqual(yield* session.run("select from rappel.instance"), [])
      })
  )
})

describe("everything else", () => {
  staged(
    "rides out a connection that is lost, and says so when the server stays away",
    ({ proxy, session }) =>
      Effect.gen(function*() {
        const { beat, find, leave } = yield* Queue
        const { ids, owner } = yield* newOwner(1)
        yield* session.run(
          `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()`
        )
        assert.lengthOf(yield* find(ids), 1)
        assert.isTrue((yield* beat(owner)).alive)

        proxy.close()
        const error = yield* Effect.flip(find(ids))
        assert.instanceOf(error, QueueUnavailable)
        assert.isTrue(error.retryable)
        assert.match(error.message, /could not read instances/)
        proxy.open()
        yield* leave(owner)
        assert.isFalse((yield* beat(owner)).alive)
      })
  )

  staged(
    "a listener whose connection is lost says so, and hears again",
    ({ session }) =>
      Effect.gen(function*() {
        const { start } = yield* Queue
        const heard = yield* wakes
        const next = EffectQueue.take(heard).pipe(Effect.timeout("10 seconds"))
        assert.deepStrictEqual(yield* next, { kind: "resync" })

        yield* session.run(
          `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and query like 'listen%'`
        )

        assert.deepStrictEqual(yield* next, { kind: "resync" })
        yield* start([requestOf()])
        assert.deepStrictEqual(yield* next, { kind: "due" })
      })
  )

  staged(
    "a listener that heard does not pause for longer than after the first loss",
    ({ session }) =>
      Effect.gen(function*() {
        const heard = yield* wakes
        const hearAgain = Effect.gen(function*() {
          assert.deepStrictEqual(yield* EffectQueue.take(heard), { kind: "resync" })
          yield* session.run(
            `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and query like 'listen%'`
          )
        })

        // Pauses that grew from loss to loss would take 12 seconds.
        yield* Effect.repeatN(hearAgain, 8).pipe(Effect.timeout("8 seconds"))
      })
  )
})
