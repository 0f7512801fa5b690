import type * as PgClient from "@effect/sql-pg/PgClient"
import type * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Queue } from "@rappel/core/queue/Queue"
import { QueueUnavailable, SchemaTooNew } from "@rappel/core/queue/QueueError"
import { layerClient, layerPg } from "@rappel/sql/layer"
import { all, KNOWN } from "@rappel/sql/migrations/all"
import * as Migrator from "@rappel/sql/migrations/Migrator"
import { dumpSchema } from "@rappel/test/kit/dumpSchema"
import * as Postgres from "@rappel/test/kit/Postgres"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import pg from "pg"
import * as Session from "../session.ts"

const emptyUrl = Effect.promise(Postgres.emptyUrl)

const on = <A, E>(
  url: string,
  effect: Effect.Effect<A, E, PgClient.PgClient | SqlClient.SqlClient>
) => Effect.provide(effect, layerClient({ url: Redacted.make(url), maxConnections: 1 }))

const DISPATCHER = "018f0000-0000-7000-8000-0000000000dd"

describe("Migrator", () => {
  it.scopedLive("brings an empty database up to date, once", () =>
    Effect.gen(function*() {
      const url = yield* emptyUrl

      assert.deepStrictEqual(yield* on(url, Migrator.run), { from: 0, to: KNOWN })
      assert.deepStrictEqual(yield* on(url, Migrator.run), { from: KNOWN, to: KNOWN })

      yield* on(url, Migrator.check)
    }))

  it.scopedLive("works for many processes that start at once on an empty database", () =>
    Effect.gen(function*() {
      const url = yield* emptyUrl

      const runs = yield* Effect.all(
        Array.from({ length: 6 }, () => on(url, Migrator.run)),
        { concurrency: "unbounded" }
      )

      assert.deepStrictEqual(new Set(runs.map(({ to }) => to)), new Set([KNOWN]))
      assert.lengthOf(runs.filter(({ from }) => from === 0), 1)
    }))

  it.scopedLive("makes the schema that schema.sql shows", () =>
    Effect.gen(function*() {
      const client = new pg.Client({ connectionString: yield* Effect.promise(Postgres.freshUrl) })
      const dump = yield* Effect.promise(async () => {
        await client.connect()
        const text = await dumpSchema(client)
        await client.end()
        return text
      })

      const file = resolve(import.meta.dirname, "../../schema.sql")
      assert.strictEqual(dump, readFileSync(file, "utf8"), "run `npm run schema`")
    }))

  it.scopedLive("keeps what instances got at their end in columns that move", () =>
    Effect.gen(function*() {
      const url = yield* emptyUrl
      const session = yield* Session.make(url)
      yield* session.run("create schema rappel")
      const until = (last: number, first = 1) =>
        on(
          url,
          Effect.forEach(all.filter(({ id }) => id >= first && id <= last), ({ run }) => run)
        )
      yield* until(25)
      yield* session.run(`
        insert into rappel.instance (
          id, seed, program, name, input, ok, outcome, verdict, attempts, closed_by, started_at, finished_at
        ) values
          (gen_random_uuid(), '', '', 'open', '[1]', null, null, null, null, null, null, null),
          (gen_random_uuid(), '', '', 'runs', '[2]', null, null, null, null, null, now(), null),
          (gen_random_uuid(), '', '', 'ends', '[3]', false, 'e', 'cancelled', 2, gen_random_uuid(), now(), now())`)
      const text = `
        select name, input, ok, outcome, verdict, attempts, closed_by, started_at, finished_at, created_at
        from rappel.instance
        order by name`
      const before = yield* session.run(text)

      yield* until(26, 26)

      assert.lengthOf(before, 3)
      assert.deepStrictEqual(yield* session.run(text), before)
    }))

  it.scopedLive("refuses a schema that a newer release made, everywhere", () =>
    Effect.gen(function*() {
      const url = yield* Effect.promise(Postgres.freshUrl)
      const session = yield* Session.make(url)
      const layer = layerPg({ url: Redacted.make(url), migrate: true })
      yield* Effect.gen(function*() {
        const { register } = yield* Queue
        yield* session.run("insert into rappel.migration (id, name) values (9999, 'later')")

        const error = yield* Effect.flip(register({ id: DISPATCHER, host: "h", pid: 1 }))
        assert.deepStrictEqual(error, new SchemaTooNew({ found: 9999, known: KNOWN }))
      }).pipe(Effect.provide(layer))

      for (
        const effect of [
          on(url, Migrator.run),
          on(url, Migrator.check),
          Effect.provide(Queue, layer),
          Effect.provide(Queue, layerPg({ url: Redacted.make(url) }))
        ]
      ) {
        const error: unknown = yield* Effect.flip(effect as Effect.Effect<unknown, unknown>)
        assert.instanceOf(error, SchemaTooNew)
        assert.deepInclude(error, { found: 9999, known: KNOWN })
      }
      assert.lengthOf(yield* session.run("select from rappel.migration"), all.length + 1)
    }))

  it.scopedLive("lives with a newer schema that says that it can", () =>
    Effect.gen(function*() {
      const url = yield* Effect.promise(Postgres.freshUrl)
      const session = yield* Session.make(url)
      yield* session.run(
        "insert into rappel.migration (id, name, breaking) values (9999, 'later', false)"
      )

      assert.deepStrictEqual(yield* on(url, Migrator.run), { from: 9999, to: 9999 })
      yield* on(url, Migrator.check)
    }))

  it.scopedLive("a database that was not migrated is named as such", () =>
    Effect.gen(function*() {
      const url = yield* emptyUrl

      const error = yield* Effect.flip(Effect.provide(Queue, layerPg({ url: Redacted.make(url) })))

      assert.instanceOf(error, QueueUnavailable)
      assert.isFalse(error.retryable)
      assert.include(error.message, `schema is at 0, and this program needs ${KNOWN};`)
      assert.include(error.message, "rappel migrate")
    }))

  it.scopedLive("leaves nothing behind when it may not create", () =>
    Effect.gen(function*() {
      const url = yield* emptyUrl
      const session = yield* Session.make(url)
      yield* session.run("create role reader login")
      yield* session.run("create schema rappel")
      yield* session.run("grant usage on schema rappel to reader")

      const error = yield* Effect.flip(on(url.replace("postgres@", "reader@"), Migrator.run))

      assert.instanceOf(error, QueueUnavailable)
      assert.isFalse(error.retryable)
      assert.match(error.message, /could not migrate the database: permission denied/)
      assert.deepStrictEqual(
        yield* session.run("select from pg_class where relnamespace = 'rappel'::regnamespace"),
        []
      )
    }))
})
