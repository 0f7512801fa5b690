import { assert, describe, it } from "@effect/vitest"
import { Queue } from "@rappel/core/queue/Queue"
import * as Doctor from "@rappel/sql/doctor/Doctor"
import * as Postgres from "@rappel/test/kit/Postgres"
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
import type * as Scope from "effect/Scope"
import * as Session from "../session.ts"

type Needs = Effect.Effect.Context<ReturnType<typeof Doctor.examine>> | Queue | Scope.Scope

/** A case on an empty database, with a session beside it. */
const examined = <E>(
  name: string,
  effect: (session: Session.Session) => Effect.Effect<void, E, Needs>
) =>
  it.scopedLive(name, () =>
    Effect.gen(function*() {
      const session = yield* Session.make(yield* Effect.promise(Postgres.cleanUrl))
      yield* effect(session)
    }).pipe(Effect.provide(Postgres.layer)))

/** Tests run without fsync, which is no news here. */
const codes = Effect.map(
  Doctor.examine(10_000),
  ({ findings }) =>
    findings.map(({ code }) => code).filter((code) =>
      !["fsync-off", "full-page-writes-off", "connections"].includes(code)
    )
)

const found = (code: string) =>
  Effect.map(
    Doctor.examine(10_000),
    ({ findings }) => findings.find((finding) => finding.code === code)
  )

describe("doctor", () => {
  examined(
    "finds nothing in a system that moves, and says what is there",
    () =>
      Effect.gen(function*() {
        const { start } = yield* Queue
        const { ids: [id], owner } = yield* newOwner(2)
        yield* commitOf(owner, [entryOf(id!, { events: [eventOf(1, { at: Date.now() })] })])
        yield* start([requestOf(), requestOf({ delayMillis: 3_600_000 })])

        const { facts } = yield* Doctor.examine(10_000)

        assert.deepStrictEqual(yield* codes, [])
        assert.deepStrictEqual(facts.instances, { due: 1, waiting: 1, running: 2, aside: 0 })
        assert.deepStrictEqual(facts.dispatchers.map(({ id, owned }) => [id, owned]), [[owner, 2]])
        assert.match(facts.postgres, /^PostgreSQL 1\d/)
      })
  )

  examined(
    "an instance that is due for long and that nobody claims",
    (session) =>
      Effect.gen(function*() {
        const { start } = yield* Queue
        yield* newDispatcher
        const request = requestOf()
        yield* start([request, requestOf()])
        assert.deepStrictEqual(yield* codes, [])

        yield* session.run(
          `update rappel.due set due_at = now() - interval '11 seconds'
         where instance_id = '${request.id}'`
        )

        const finding = yield* found("unclaimed")
        assert.strictEqual(finding?.level, "problem")
        assert.match(finding!.message, /^1 instances are due for over 10 s/)
        assert.include(finding!.examples[0]!, request.id)
      })
  )

  examined(
    "an instance of a dispatcher that is dead, or that nobody knows",
    (session) =>
      Effect.gen(function*() {
        const { ids, owner } = yield* newOwner(2)
        yield* session.run(`update rappel.dispatcher set died_at = now() where id = '${owner}'`)
        yield* session.run(
          `update rappel.due set owner = gen_random_uuid() where instance_id = '${ids[1]}'`
        )
        yield* newDispatcher

        const finding = yield* found("orphaned")

        assert.match(finding!.message, /^2 instances/)
        assert.deepStrictEqual(yield* codes, ["orphaned"])
      })
  )

  examined("a dispatcher that does not beat, and none at all", (session) =>
    Effect.gen(function*() {
      const { start } = yield* Queue
      assert.deepStrictEqual(yield* codes, ["no-dispatcher"])
      assert.strictEqual((yield* found("no-dispatcher"))?.level, "warning")
      yield* start([requestOf()])
      assert.strictEqual((yield* found("no-dispatcher"))?.level, "problem")
      const dispatcher = yield* newDispatcher
      yield* session.run("update rappel.dispatcher set beat_at = now() - interval '11 seconds'")

      const finding = yield* found("silent-dispatcher")

      assert.include(finding!.examples[0]!, dispatcher)
    }))

  examined("an instance that was set aside, with its reason", () =>
    Effect.gen(function*() {
      const { ids: [id], owner } = yield* newOwner(1)
      yield* commitOf(owner, [entryOf(id!, { then: { kind: "aside", reason: "it is odd" } })])

      const finding = yield* found("set-aside")

      assert.include(finding!.examples[0]!, id!)
      assert.include(finding!.examples[0]!, "it is odd")
    }))

  examined("a message that nobody reads", (session) =>
    Effect.gen(function*() {
      const { deliver } = yield* Queue
      const { ids: [instanceId] } = yield* newOwner(1)
      const message = { kind: "signal", effect: 0, name: "x", payload: "1" } as const
      yield* deliver([{ ...message, id: newId(), instanceId: instanceId! }])
      assert.deepStrictEqual(yield* codes, [])

      yield* session.run("update rappel.inbox set created_at = now() - interval '11 seconds'")

      assert.include((yield* found("unread"))!.examples[0]!, instanceId!)
    }))

  examined("a session that holds locks on instances for long", (session) =>
    Effect.gen(function*() {
      yield* newOwner(1)
      yield* session.run("begin")
      yield* session.run("select from rappel.due for update")
      assert.deepStrictEqual(yield* codes, [])

      const finding = yield* Effect.map(
        Doctor.examine(0),
        ({ findings }) => findings.find(({ code }) => code === "locked")
      )

      assert.match(finding!.examples[0]!, /idle in transaction/)
      yield* session.run("rollback")
    }))

  examined("an instance in memory that had no event for ten minutes", () =>
    Effect.gen(function*() {
      const { ids: [id], owner } = yield* newOwner(1)
      const at = Date.now() - 11 * 60_000
      yield* commitOf(owner, [entryOf(id!, { events: [eventOf(1, { at })] })])

      const finding = yield* found("quiet")

      assert.strictEqual(finding?.level, "warning")
      assert.include(finding!.examples[0]!, id!)
    }))

  examined(
    "a server that does not keep what it says, and sessions that do not wait for it",
    () =>
      Effect.gen(function*() {
        const { findings } = yield* Doctor.examine(10_000)

        assert.includeMembers(findings.map(({ code, level }) => `${level} ${code}`), [
          "problem fsync-off",
          "warning full-page-writes-off"
        ])
      })
  )
})
