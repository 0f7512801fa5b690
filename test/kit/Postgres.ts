/**
 * A real Postgres for tests: one server per test run, one database per test file.
 *
 * The first file that asks starts the server, the others attach, and it ends with the run,
 * however that ends. Databases are copies of one migrated template. The version is 17, or
 * what RAPPEL_TEST_POSTGRES says; the caller's DATABASE_URL is never read.
 *
 * @since 0.1.0
 */
import type * as PgClient from "@effect/sql-pg/PgClient"
import type * as SqlClient from "@effect/sql/SqlClient"
import type { Queue } from "@rappel/core/queue/Queue"
import type { QueueUnavailable, SchemaTooNew } from "@rappel/core/queue/QueueError"
import type { Schedules } from "@rappel/core/schedule/Schedules"
import * as Embedded from "@rappel/embedded/Embedded"
import { layerClient, layerPg } from "@rappel/sql/layer"
import * as Migrator from "@rappel/sql/migrations/Migrator"
import type * as PgPool from "@rappel/sql/PgPool"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { randomBytes } from "node:crypto"
import { resolve } from "node:path"
import pg from "pg"

export const version = Number(process.env["RAPPEL_TEST_POSTGRES"] ?? 17)

/** Test files run in children of the process that is the run. */
const runPid = process.env["VITEST"] !== undefined && process.send !== undefined
  ? process.ppid
  : process.pid

const TEMPLATE = "rappel_template"

/** Any number; the template is made under it. */
const TEMPLATE_LOCK = 7270

const serverUrl = once(() =>
  Effect.runPromise(Effect.map(
    Embedded.ensure({
      projectRoot: resolve(import.meta.dirname, "../.."),
      shared: { folder: `/tmp/rappel-test-${runPid}-${version}`, ownerPid: runPid },
      fsync: false,
      version
    }),
    (database) => database.url
  ))
)

const templated = once(async () => {
  const client = new pg.Client({ connectionString: await serverUrl() })
  await client.connect()
  try {
    await client.query(`select pg_advisory_lock(${TEMPLATE_LOCK})`)
    const found = await client.query(`select from pg_database where datname = '${TEMPLATE}'`)
    if (found.rowCount === 0) {
      const building = `${TEMPLATE}_building`
      await client.query(`drop database if exists ${building}`)
      await client.query(`create database ${building}`)
      const layer = layerClient({ url: Redacted.make(await urlOf(building)), maxConnections: 1 })
      await Effect.runPromise(Effect.provide(Migrator.run, layer))
      await client.query(`alter database ${building} rename to ${TEMPLATE}`)
    }
  } finally {
    await client.end()
  }
})

/** Same server, another database; it need not exist. */
export const urlOf = async (database: string): Promise<string> =>
  (await serverUrl()).replace(/@\/\w+/, `@/${database}`)

const createDatabase = async (template: string): Promise<string> => {
  const name = `test_${randomBytes(6).toString("hex")}`
  await administer(
    `create database ${name} template ${template}${version >= 15 ? " strategy file_copy" : ""}`
  )
  return name
}

const administer = async (statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: await serverUrl() })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** The address of a new, migrated database. */
export const freshUrl = async (): Promise<string> => {
  await templated()
  return await urlOf(await createDatabase(TEMPLATE))
}

/** The address of a new database without anything of rappel. */
export const emptyUrl = async (): Promise<string> => await urlOf(await createDatabase("template0"))

/** The address of this test file's database: migrated, and the same at every call. */
export const url: () => Promise<string> = once(freshUrl)

type Services = Queue | Schedules | PgPool.PgPool | PgClient.PgClient | SqlClient.SqlClient

/** The queue and its client on this file's database. */
export const layer: Layer.Layer<Services, QueueUnavailable | SchemaTooNew> = Layer.unwrapEffect(
  Effect.map(Effect.promise(url), (address) => layerPg({ url: Redacted.make(address) }))
)

/** The address of this file's database, after everything in it was removed. */
export const cleanUrl = async (): Promise<string> => {
  const address = await url()
  const client = new pg.Client({ connectionString: address })
  await client.connect()
  try {
    await client.query(CLEAN)
  } finally {
    await client.end()
  }
  return address
}

/**
 * Everything but what migrations were applied. Deletes, as `truncate` takes ten times as long
 * on small tables.
 */
const CLEAN = `
  do $$
  declare
    name text;
  begin
    for name in select relname from pg_class
      where relnamespace = 'rappel'::regnamespace and relkind = 'r' and relname <> 'migration'
    loop
      execute format('delete from rappel.%I', name);
    end loop;
  end $$`

/** The queue and its client on this file's database, which is emptied at each build. */
export const layerClean: Layer.Layer<Services, QueueUnavailable | SchemaTooNew> = Layer
  .unwrapEffect(
    Effect.map(Effect.promise(cleanUrl), (address) => layerPg({ url: Redacted.make(address) }))
  )

/** The queue and its client on a database of its own, a new one at each build. */
export const layerFresh: Layer.Layer<Services, QueueUnavailable | SchemaTooNew> = Layer
  .unwrapEffect(
    Effect.map(Effect.promise(freshUrl), (address) => layerPg({ url: Redacted.make(address) }))
  )

/** The queue and its client on the database of this address. */
export const layerOf = (
  address: string
): Layer.Layer<Services, QueueUnavailable | SchemaTooNew> =>
  layerPg({ url: Redacted.make(address) })

/** Runs an effect on a database of its own, which is dropped afterwards. */
export const withDatabase = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | QueueUnavailable | SchemaTooNew, Exclude<R, Services>> =>
  Effect.acquireUseRelease(
    Effect.promise(freshUrl),
    (address) => Effect.provide(effect, layerPg({ url: Redacted.make(address) })),
    (address) => {
      const name = /@\/(\w+)/.exec(address)![1]
      return Effect.promise(() => administer(`drop database ${name} with (force)`))
    }
  )

function once<A>(make: () => Promise<A>): () => Promise<A> {
  let made: Promise<A> | undefined
  return () => made ??= make()
}
