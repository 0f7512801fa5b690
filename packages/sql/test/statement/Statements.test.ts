import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { Queue } from "@rappel/core/queue/Queue"
import { layerPg } from "@rappel/sql/layer"
import { PgPool } from "@rappel/sql/PgPool"
import * as PgQueue from "@rappel/sql/queue/PgQueue"
import * as Postgres from "@rappel/test/kit/Postgres"
import {
  commitOf,
  entryOf,
  eventOf,
  newDispatcher,
  requestOf
} from "@rappel/test/kit/suites/queue/samples"
import { wakes } from "@rappel/test/kit/wakes"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as EffectQueue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as EffectString from "effect/String"
import { isUnanswered } from "../../src/statement/failure.ts"
import * as Statements from "../../src/statement/Statements.ts"
import * as Proxy from "../proxy.ts"
import * as Session from "../session.ts"

/** Start, claim, load, commit, find: every hot statement once. */
const throughLife = Effect.gen(function*() {
  const { claim, find, history, load, start } = yield* Queue
  const dispatcher = yield* newDispatcher
  const request = requestOf()
  yield* start([request])
  const { claimed } = yield* claim(dispatcher, 10)
  assert.lengthOf(yield* load(dispatcher, claimed), 1)
  yield* commitOf(dispatcher, [
    entryOf(request.id, {
      events: [eventOf(1)],
      outcome: { ok: true, value: "1" },
      then: { kind: "close" }
    })
  ])
  assert.deepStrictEqual(yield* history(request.id), [eventOf(1)])
  assert.strictEqual((yield* find([request.id]))[0]!.status, "completed")
})

const freshUrl = Effect.promise(Postgres.freshUrl)

describe("statements", () => {
  it.scopedLive(
    "work on an app's own PgClient, whatever it does to names",
    () =>
      Effect.gen(function*() {
        const session = yield* Session.make(yield* freshUrl)
        const [row] = yield* session.run("select current_database() as name")
        const client = PgClient.layer({
          url: Redacted.make(yield* Effect.promise(() => Postgres.urlOf(row!["name"] as string))),
          transformQueryNames: EffectString.camelToSnake,
          transformResultNames: EffectString.snakeToCamel,
          maxConnections: 2
        })

        yield* Effect.gen(function*() {
          yield* throughLife
          const { start } = yield* Queue
          const heard = yield* wakes
          assert.deepStrictEqual(yield* EffectQueue.take(heard), { kind: "resync" })
          yield* start([requestOf()])
          assert.deepStrictEqual(yield* EffectQueue.take(heard), { kind: "due" })
        }).pipe(Effect.provide(Layer.provide(PgQueue.layer, client)))
      }),
    20_000
  )

  it.scopedLive("are prepared by name, and not where a pooler forgets names", () =>
    Effect.gen(function*() {
      const url = yield* freshUrl
      const layer = layerPg({ url: Redacted.make(url), maxConnections: 1, listen: false })

      yield* Effect.gen(function*() {
        const pool = yield* PgPool
        const prepared = () =>
          Effect.promise(async () =>
            (await pool.query("select from pg_prepared_statements where name like 'rappel_%'"))
              .rowCount
          )
        yield* throughLife
        assert.isAtLeast((yield* prepared())!, 5)

        yield* Effect.promise(() => pool.query("deallocate all"))
        yield* throughLife

        assert.strictEqual(yield* prepared(), 0)
      }).pipe(Effect.provide(layer))
    }))

  it.scopedLive("use no more connections than allowed, and none before they are needed", () =>
    Effect.gen(function*() {
      const url = yield* freshUrl
      const session = yield* Session.make(url)
      const connections = session.run(
        `select query from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()`
      )

      yield* Effect.gen(function*() {
        const { find } = yield* Queue
        assert.lengthOf(yield* connections, 1, "one for the look at the schema")
        yield* Effect.all(
          Array.from({ length: 20 }, () => find([requestOf().id])),
          { concurrency: "unbounded" }
        )
        assert.isAtMost((yield* connections).length, 3)
        yield* EffectQueue.take(yield* wakes)
        assert.lengthOf((yield* connections).filter(({ query }) => query === "listen rappel"), 1)
      }).pipe(Effect.provide(layerPg({ url: Redacted.make(url), maxConnections: 3 })))

      yield* connections.pipe(
        Effect.repeat({ until: (rows) => rows.length === 0 }),
        Effect.timeout("5 seconds")
      )
    }))

  it.scopedLive("are tried once on connections that have fallen silent, however many there are", () =>
    Effect.gen(function*() {
      const proxy = yield* Proxy.make(yield* freshUrl)
      const layer = layerPg({ url: Redacted.make(proxy.url), maxConnections: 4, listen: false })
      yield* Effect.gen(function*() {
        const run = yield* Statements.make(500)
        const ask = (text: string) => run({ name: null, text }, [])
        yield* Effect.all(Array.from({ length: 4 }, () => ask("select pg_sleep(0.1)")), {
          concurrency: "unbounded"
        })

        proxy.silence()

        const failure = yield* Effect.flip(ask("select 1"))
        assert.isTrue(isUnanswered(failure), String(failure))
        const answers = yield* Effect.all(Array.from({ length: 8 }, () => ask("select 1 as one")), {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(answers, Array.from({ length: 8 }, () => [{ one: 1 }]))
      }).pipe(Effect.provide(layer))
    }))

  it.effect("get more time with each answer in a row that is missing, and less when one came", () =>
    Effect.gen(function*() {
      const limits: Array<number | undefined> = []
      let isSilent = true
      const run = Statements.growingPatience(({ limitMillis }) => {
        limits.push(limitMillis)
        return isSilent ? Effect.fail(new Error("Query read timeout")) : Effect.succeed([])
      })
      const ask = Effect.ignore(run({ name: null, text: "select" }, []))
      yield* Effect.repeatN(ask, 4)
      isSilent = false
      yield* ask
      isSilent = true
      yield* ask
      yield* Effect.ignore(run({ name: null, text: "select", limitMillis: 7 }, []))
      yield* ask
      assert.deepStrictEqual(limits, [
        5000,
        10_000,
        20_000,
        30_000,
        30_000,
        30_000,
        5000,
        7,
        10_000
      ])
    }))

  it.scopedLive("without listening nobody is told, and nothing is held open", () =>
    Effect.gen(function*() {
      const url = yield* freshUrl
      yield* Effect.gen(function*() {
        const { pollMillis, start } = yield* Queue
        const heard = yield* wakes
        yield* start([requestOf()])
        assert.strictEqual(pollMillis, 200)
        assert.isTrue(yield* EffectQueue.isEmpty(heard))
      }).pipe(Effect.provide(layerPg({ url: Redacted.make(url), listen: false, pollMillis: 200 })))
    }))
})
