/**
 * The examples that start workflows: by a schedule, in virtual time, and in a transaction of
 * Drizzle's, on Postgres.
 */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { schedules, setDefaultRuntime } from "@rappel/core"
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import type { RappelClient } from "@rappel/core/client/RappelClient"
import * as Rappel from "@rappel/core/Rappel"
import { layerInline } from "@rappel/core/worker/WorkerPoolInline"
import { layerPg } from "@rappel/sql/layer"
import { drizzle } from "drizzle-orm/node-postgres"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import * as TestClock from "effect/TestClock"
import pg from "pg"
import { copies, install } from "../../examples/nightly-sync/nightlySync.ts"
import { placeOrder, TooExpensive } from "../../examples/orders/orders.ts"
import * as Postgres from "../kit/Postgres.ts"

afterAll(() => setDefaultRuntime(undefined))

/** The Promise API on the client of the surrounding effect. */
const useClient = Effect.map(Effect.runtime<RappelClient>(), (runtime) =>
  setDefaultRuntime({
    runExit: (effect) => Runtime.runPromiseExit(runtime)(effect),
    skipsWait: false,
    close: async () => {}
  }))

describe("nightly sync", () => {
  it.effect(
    "runs once a night, and a night that takes too long skips the next",
    () =>
      Effect.gen(function*() {
        yield* useClient
        yield* TestClock.setTime(Date.parse("2027-03-26T12:00Z"))
        yield* Effect.promise(() => install("crm", 1))
        yield* Effect.promise(() => install("archive", 20))

        // Three nights, the last one after the clock has changed.
        yield* TestClock.adjust("3 days")

        const [archive, crm] = yield* Effect.promise(() => schedules.list())
        assert.deepInclude(crm, { name: "sync of crm", fired: 3, skipped: 0, unfinished: 0 })
        assert.deepInclude(archive, { name: "sync of archive", fired: 2, skipped: 1 })
        assert.deepStrictEqual(
          copies.filter((id) => id.startsWith("c")),
          ["c1", "c2", "c3", "c1", "c2", "c3", "c1", "c2", "c3"]
        )
      }).pipe(Effect.provide(Rappel.layerMemory)),
    60_000
  )
})

describe("orders", () => {
  it.scopedLive(
    "an order and its workflow are there together, or not at all",
    () =>
      Effect.gen(function*() {
        const url = yield* Effect.promise(Postgres.freshUrl)
        const client = Rappel.layer().pipe(
          Layer.provideMerge(Layer.mergeAll(
            layerPg({ url: Redacted.make(url) }),
            layerInline(),
            Rappel.layerDecisions,
            ProgramSource.layer()
          ))
        )
        yield* Effect.gen(function*() {
          yield* useClient
          yield* Effect.promise(async () => {
            const pool = new pg.Pool({ connectionString: url, max: 2 })
            const db = drizzle(pool)
            const rows = async (text: string) => (await pool.query(text)).rows
            await pool.query(
              "create table orders (id text primary key, amount integer not null, state text not null)"
            )

            const handle = await placeOrder(db, { id: "o1", amount: 10 })
            const refused = await placeOrder(db, { id: "o2", amount: 5000 }).catch((error) => error)

            assert.deepStrictEqual(await handle.result(), ["payment of 10 for o1", "parcel of o1"])
            assert.instanceOf(refused, TooExpensive)
            assert.deepStrictEqual(await rows("select id, state from orders"), [
              { id: "o1", state: `fulfilled by ${handle.id}` }
            ])
            assert.deepStrictEqual(await rows("select id, key from rappel.instance"), [
              { id: handle.id, key: "o1" }
            ])
            await pool.end()
          })
        }).pipe(Effect.provide(client))
      }),
    60_000
  )
})
