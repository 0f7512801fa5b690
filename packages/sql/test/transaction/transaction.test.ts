/**
 * A start in a transaction of each library, on the real one: rolled back there is no instance,
 * committed there is one.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { PrismaPg } from "@prisma/adapter-pg"
import { KeyTaken, NotCommitted, Rappel, RappelClient, setDefaultRuntime } from "@rappel/core"
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import type { Transaction } from "@rappel/core/client/Transaction"
import { layerInline } from "@rappel/core/worker/WorkerPoolInline"
import { layerPg } from "@rappel/sql/layer"
import { inDrizzle } from "@rappel/sql/transaction/drizzle"
import { inEffectSql } from "@rappel/sql/transaction/effectSql"
import { inKysely } from "@rappel/sql/transaction/kysely"
import { inPg } from "@rappel/sql/transaction/pg"
import { inPostgres } from "@rappel/sql/transaction/postgres"
import { inPrisma } from "@rappel/sql/transaction/prisma"
import * as Postgres from "@rappel/test/kit/Postgres"
import { installCurrentCall } from "@rappel/worker/AsyncCurrentCall"
import { sql as rawSql } from "drizzle-orm"
import { drizzle as drizzleOnPg } from "drizzle-orm/node-postgres"
import { drizzle as drizzleOnPostgres } from "drizzle-orm/postgres-js"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import { CompiledQuery, Kysely, PostgresDialect } from "kysely"
import pg from "pg"
import postgres from "postgres"
import { PrismaClient } from "./prismaClient.ts"
import { booked, bookedAsEffect, greeting, services, work } from "./workflows.ts"

installCurrentCall()

class RolledBack extends Error {}

interface PrismaRaw {
  readonly $executeRawUnsafe: (text: string) => Promise<unknown>
}

/** Runs `body` in a transaction; what it throws rolls back and is thrown on. */
type Begin = (
  body: (tx: Transaction, run: (statement: string) => PromiseLike<unknown>) => Promise<void>
) => Promise<void>

interface Library {
  readonly begin: Begin
  /** The adapter called with what holds no transaction. */
  readonly outside: () => unknown
}

const url = await Postgres.freshUrl()
const pool = new pg.Pool({ connectionString: url, max: 4 })
// Its own reader of addresses knows no sockets of files.
const { host, port, user, database } = new pg.Client({ connectionString: url })
const sql = postgres({ host, port, user: user!, database: database!, max: 2 })
const onPg = drizzleOnPg(pool)
const onPostgres = drizzleOnPostgres(sql)
const kysely = new Kysely<Record<string, never>>({
  dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 2 }) })
})
const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 2 }) })

const client = Rappel.layer().pipe(
  Layer.provideMerge(Layer.mergeAll(
    layerPg({ url: Redacted.make(url), pollMillis: 50 }),
    layerInline(),
    Rappel.layerDecisions,
    ProgramSource.layer()
  ))
)
const runtime = ManagedRuntime.make(client)
const effectSql = ManagedRuntime.make(PgClient.layer({ url: Redacted.make(url) }))

const libraries: Readonly<Record<string, Library>> = {
  pg: {
    begin: async (body) => {
      const client = await pool.connect()
      try {
        await client.query("begin")
        await body(inPg(client), (text) => client.query(text))
        await client.query("commit")
      } catch (error) {
        await client.query("rollback")
        throw error
      } finally {
        client.release()
      }
    },
    outside: () => inPg(pool)
  },
  "postgres.js": {
    begin: async (body) => {
      await sql.begin((tx) => body(inPostgres(tx), (text) => tx.unsafe(text)))
    },
    outside: () => inPostgres(sql as never)
  },
  "drizzle on pg": {
    begin: (body) =>
      onPg.transaction((tx) => body(inDrizzle(tx), (text) => tx.execute(rawSql.raw(text)))),
    outside: () => inDrizzle(onPg as never)
  },
  "drizzle on postgres.js": {
    begin: (body) =>
      onPostgres.transaction((tx) => body(inDrizzle(tx), (text) => tx.execute(rawSql.raw(text)))),
    outside: () => inDrizzle(onPostgres as never)
  },
  kysely: {
    begin: (body) =>
      kysely.transaction().execute((trx) =>
        body(inKysely(trx), (text) => trx.executeQuery(CompiledQuery.raw(text)))
      ),
    outside: () => inKysely(kysely)
  },
  prisma: {
    begin: (body) =>
      prisma.$transaction((tx: never) =>
        body(inPrisma(tx), (text) => (tx as PrismaRaw).$executeRawUnsafe(text))
      ),
    outside: () => inPrisma(prisma)
  },
  "@effect/sql": {
    begin: async (body) => {
      const inTransaction = Effect.gen(function*() {
        const client = yield* SqlClient.SqlClient
        const tx = Effect.flatMap(
          inEffectSql,
          (tx) =>
            Effect.flatMap(Effect.runtime<never>(), (context) =>
              Effect.tryPromise({
                try: () => body(tx, (text) => Runtime.runPromise(context)(client.unsafe(text))),
                catch: (error) => error
              }))
        )
        yield* client.withTransaction(tx)
      })
      const exit = await effectSql.runPromiseExit(inTransaction)
      if (exit._tag === "Failure") throw Cause.squash(exit.cause)
    },
    outside: () => effectSql.runSync(inEffectSql)
  }
}

const instances = async (): Promise<ReadonlyArray<Record<string, unknown>>> =>
  (await pool.query("select id, key, tags from rappel.instance order by id")).rows

const bookings = async (): Promise<ReadonlyArray<Record<string, unknown>>> =>
  (await pool.query("delete from public.booking returning name")).rows

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(() => undefined, (error: unknown) => error)

beforeAll(async () => {
  await runtime.runtime()
  await pool.query("create table public.booking (name text)")
  setDefaultRuntime({
    runExit: (effect) => runtime.runPromiseExit(effect),
    skipsWait: false,
    close: () => runtime.dispose()
  })
})

afterAll(async () => {
  setDefaultRuntime(undefined)
  await runtime.dispose()
  await effectSql.dispose()
  await prisma.$disconnect()
  await kysely.destroy()
  await sql.end()
  await pool.end()
})

for (const [name, { begin, outside }] of Object.entries(libraries)) {
  describe(`a start in a transaction of ${name}`, () => {
    it("is gone when that is rolled back, the program included", async () => {
      await pool.query("delete from rappel.program")
      const before = await instances()
      let id = ""

      const error = await failureOf(begin(async (tx) => {
        id = (await greeting.startIn(tx, "Ada")).id
        throw new RolledBack()
      }))

      assert.instanceOf(error, RolledBack)
      assert.notStrictEqual(id, "")
      assert.deepStrictEqual(await instances(), before)
      assert.lengthOf((await pool.query("select from rappel.program")).rows, 0)
    })

    it("runs when that is committed, and cannot be awaited before", async () => {
      let early: unknown
      let result: (() => Promise<string>) | undefined
      await begin(async (tx) => {
        const handle = await greeting.with({ tags: [name, "ü\"\\"] }).startIn(tx, "Ada")
        early = await failureOf(handle.result())
        result = handle.result
      })

      assert.instanceOf(early, NotCommitted)
      assert.strictEqual(await result!(), "Hello Ada")
      const [record] = (await instances()).slice(-1)
      assert.deepStrictEqual(record!["tags"], [name, "ü\"\\"])
    })

    it("finds its key, and a key with other input leaves the transaction usable", async () => {
      const key = `${name} key`
      const held = await greeting.with({ key }).start("Ada")
      const ids: Array<string> = []
      let taken: unknown

      await begin(async (tx) => {
        taken = await failureOf(greeting.with({ key }).startIn(tx, "Bob"))
        ids.push((await greeting.with({ key }).startIn(tx, "Ada")).id)
        ids.push((await greeting.with({ key: `${key} 2` }).startIn(tx, "Bob")).id)
      })

      assert.instanceOf(taken, KeyTaken)
      assert.strictEqual((taken as KeyTaken).instanceId, held.id)
      assert.strictEqual(ids[0], held.id)
      assert.lengthOf((await instances()).filter((one) => one["id"] === ids[1]), 1)
    })

    it("ends an action together with its work", async () => {
      work.begin = begin
      services.runtime = effectSql
      const flow = name === "@effect/sql" ? bookedAsEffect : booked
      const first = await flow.run("Ada", 1)
      const failed = await failureOf(flow.run("Bob", 2))

      assert.deepStrictEqual(first, { name: "Ada", "ü\0": 1n })
      assert.strictEqual((failed as Error).message, "the card is declined")
      assert.deepStrictEqual(await bookings(), [{ name: "Ada" }])
    })

    it("is refused outside of one", () => {
      assert.throws(outside, /holds no transaction, so what is written would stay/)
    })
  })
}

describe("a start in a transaction", () => {
  it("wakes a dispatcher only when asked", async () => {
    const listener = await pool.connect()
    const heard: Array<string> = []
    listener.on("notification", ({ payload }) => heard.push(payload ?? ""))
    await listener.query("listen rappel")
    const start = (options: object) =>
      libraries["pg"]!.begin(async (tx) => {
        await greeting.with({ delay: "1 hour", ...options }).startIn(tx, "Ada")
      })

    await start({})
    await listener.query("select 1")
    assert.deepStrictEqual(heard.filter((payload) => payload === "d"), [])
    await start({ notify: true })
    await listener.query("select 1")

    assert.deepStrictEqual(heard.filter((payload) => payload === "d"), ["d"])
    listener.release(true)
  })

  it("that commits late is found without any mark over time", async () => {
    let result: (() => Promise<string>) | undefined
    await libraries["pg"]!.begin(async (tx) => {
      result = (await greeting.startIn(tx, "late")).result
      // Others come and go meanwhile.
      assert.strictEqual(await greeting.run("early"), "Hello early")
    })

    assert.strictEqual(await result!(), "Hello late")
  })

  it("can be made by the client of Effect programs", async () => {
    const id = await runtime.runPromise(Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { startIn } = yield* RappelClient
      return yield* sql.withTransaction(
        Effect.flatMap(
          inEffectSql,
          (tx) => startIn(tx, { kind: "name", name: "greeting" }, ["Ada"])
        )
      )
    }))

    assert.strictEqual((await instances()).at(-1)!["id"], id)
  })
})
