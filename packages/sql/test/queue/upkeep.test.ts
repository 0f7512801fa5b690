/**
 * What keeps the tables small: updates that leave the indexes alone, and removal.
 */
import { assert, describe, it } from "@effect/vitest"
import { Queue } from "@rappel/core/queue/Queue"
import { layerPg } from "@rappel/sql/layer"
import * as Postgres from "@rappel/test/kit/Postgres"
import { commitOf, entryOf, eventOf, newOwner } from "@rappel/test/kit/suites/queue/samples"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Session from "../session.ts"

const staged = <A, E>(
  name: string,
  effect: (session: Session.Session) => Effect.Effect<A, E, Queue | Scope.Scope>
) =>
  it.scopedLive(name, () =>
    Effect.gen(function*() {
      const url = yield* Effect.promise(Postgres.cleanUrl)
      const session = yield* Session.make(url)
      const layer = layerPg({ url: Redacted.make(url), maxConnections: 1, listen: false })
      return yield* Effect.provide(effect(session), layer)
    }))

describe("the ownership rows", () => {
  staged("are moved on without a new entry in any index", (session) =>
    Effect.gen(function*() {
      const { ids, owner } = yield* newOwner(50)
      const statistics = session.run(
        `select n_tup_upd::integer as updates, n_tup_hot_upd::integer as hot
         from pg_stat_all_tables where relid = 'rappel.due'::regclass`
      )
      const counted = (atLeast: number) =>
        Session.untilRow(
          session,
          `select from pg_stat_all_tables
           where relid = 'rappel.due'::regclass and n_tup_upd >= ${atLeast}`
        )
      const [before] = yield* statistics
      const commits = 40
      for (let seq = 0; seq < commits; seq++) {
        yield* commitOf(
          owner,
          ids.map((id) => entryOf(id, { expectedSeq: seq, events: [eventOf(seq + 1)] }))
        )
      }
      yield* counted((before!["updates"] as number) + commits * ids.length)
      const [after] = yield* statistics

      const updates = (after!["updates"] as number) - (before!["updates"] as number)
      const hot = (after!["hot"] as number) - (before!["hot"] as number)
      assert.isAbove(hot / updates, 0.9, `${hot} of ${updates} updates`)
    }))
})

describe("the removal of finished instances", () => {
  const finished = Effect.gen(function*() {
    const { ids, owner } = yield* newOwner(20)
    yield* commitOf(
      owner,
      ids.map((id) =>
        entryOf(id, {
          events: [eventOf(1)],
          logs: ["{}"],
          snapshot: { seq: 1, body: "s" },
          outcome: { ok: true, value: "1" },
          then: { kind: "close" }
        })
      )
    )
  })
  const removal = { name: "greeting", status: "completed", keepMillis: 0, limit: 100 } as const

  staged("leaves no row behind", (session) =>
    Effect.gen(function*() {
      const { remove } = yield* Queue
      yield* finished

      assert.strictEqual(yield* remove(removal), 20)

      for (const table of ["instance", "due", "event", "log", "snapshot", "inbox"]) {
        assert.deepStrictEqual(yield* session.run(`select from rappel.${table}`), [], table)
      }
    }))

  staged("begins with what finished first", (session) =>
    Effect.gen(function*() {
      const { remove } = yield* Queue
      const { ids, owner } = yield* newOwner(3)
      for (const id of ids.toReversed()) {
        yield* commitOf(owner, [
          entryOf(id, { outcome: { ok: true, value: "1" }, then: { kind: "close" } })
        ])
      }

      yield* remove({ ...removal, limit: 2 })

      assert.deepStrictEqual(yield* session.run("select id from rappel.instance"), [{ id: ids[0] }])
    }))

  staged("is left to the process that is at it", (session) =>
    Effect.gen(function*() {
      const { remove } = yield* Queue
      yield* finished
      yield* session.run("begin")
      yield* session.run(`select pg_advisory_xact_lock(${0x72657461696e}::bigint)`)

      assert.strictEqual(yield* remove(removal), 0)
      yield* session.run("commit")
      assert.strictEqual(yield* remove(removal), 20)
    }))
})
