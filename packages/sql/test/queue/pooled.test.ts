/**
 * Behind a pooler that gives each statement or transaction another session, nothing may rest on
 * a session: no lock, no setting, no listener, no prepared statement.
 *
 * Here a pool closes a connection after each use, which is stricter than a pooler in transaction
 * mode: no two statements ever meet the same session, and nobody listens.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import { PgPool } from "@rappel/sql/PgPool"
import * as PgQueue from "@rappel/sql/queue/PgQueue"
import * as Postgres from "@rappel/test/kit/Postgres"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { readdirSync, readFileSync } from "node:fs"
import { resolve } from "node:path"
import pg from "pg"
import { behindPooler } from "./behindPooler.ts"

const poolOfOnce = Layer.scoped(
  PgPool,
  Effect.acquireRelease(
    Effect.promise(async () => {
      const pool = new pg.Pool({ connectionString: await Postgres.cleanUrl(), max: 4, maxUses: 1 })
      pool.on("error", () => {})
      return pool
    }),
    (pool) => Effect.promise(() => pool.end())
  )
)

const client = Layer.unwrapEffect(
  Effect.map(PgPool, (pool) => PgClient.layerFromPool({ acquire: Effect.succeed(pool) }))
)

const layer = PgQueue.layerWith({ listen: false }).pipe(
  Layer.provide(client),
  Layer.provide(poolOfOnce)
)

describe("Queue (a session for each statement)", () => {
  behindPooler(layer)
})

describe("the statements", () => {
  it("use nothing that belongs to a session", () => {
    const folder = resolve(import.meta.dirname, "../../src")
    const files = readdirSync(folder, { recursive: true }).map(String)
      .filter((file) => file.endsWith(".ts"))
    assert.isAbove(files.length, 10)
    for (const file of files) {
      const text = readFileSync(resolve(folder, file), "utf8")
      const found = /pg_(try_)?advisory_lock\b|\bcreate temp|\bdeclare \w+ cursor|`set (?!local)/i
        .exec(text)
      assert.isNull(found, `${file}: ${found?.[0]}`)
      // The listener has a connection of its own, which `listen: false` never opens.
      if (!file.endsWith("PgWakes.ts")) assert.notMatch(text, /`listen /)
    }
  })
})
