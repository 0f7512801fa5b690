/**
 * The saga and the approval, on a real Postgres.
 */
import { afterAll, assert, beforeEach, describe, it } from "@effect/vitest"
import { setDefaultRuntime } from "@rappel/core"
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import { RappelClient } from "@rappel/core/client/RappelClient"
import * as Rappel from "@rappel/core/Rappel"
import { layerInline } from "@rappel/core/worker/WorkerPoolInline"
import { layerPg } from "@rappel/sql/layer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import { decide, expense, mails } from "../../examples/approval/approval.ts"
import { bookings, SoldOut, trip } from "../../examples/trip/trip.ts"
import * as Postgres from "../kit/Postgres.ts"
import { eventually } from "../messages/suite.ts"

afterAll(() => setDefaultRuntime(undefined))

/** The Promise API and the client on a database of its own. */
const onPostgres = <A>(use: (client: RappelClient["Type"]) => Effect.Effect<A, unknown>) =>
  Effect.gen(function*() {
    const url = yield* Effect.promise(Postgres.freshUrl)
    const run = Effect.gen(function*() {
      const runtime = yield* Effect.runtime<RappelClient>()
      setDefaultRuntime({
        runExit: (effect) => Runtime.runPromiseExit(runtime)(effect),
        skipsWait: false,
        close: async () => {}
      })
      return yield* Effect.flatMap(RappelClient, use)
    })
    return yield* Effect.provide(
      run,
      Layer.provide(
        Rappel.layer(),
        Layer.mergeAll(
          layerPg({ url: Redacted.make(url) }),
          layerInline(),
          Rappel.layerDecisions,
          ProgramSource.layer()
        )
      )
    )
  })

describe("trip", () => {
  beforeEach(() => bookings.clear())

  it.live(
    "a trip with all its bookings takes place",
    () =>
      onPostgres(() =>
        Effect.promise(async () => {
          assert.strictEqual(await trip.run(["flight", "hotel"], 0), "travelled with flight, hotel")
          assert.deepStrictEqual(Array.from(bookings.values()), ["flight", "hotel"])
        })
      ),
    60_000
  )

  it.live(
    "what was booked is undone when a booking fails, and the caller gets its error",
    () =>
      onPostgres((client) =>
        Effect.gen(function*() {
          const handle = yield* Effect.promise(() => trip.start(["flight", "hotel", "no car"], 0))
          const error = yield* Effect.promise(() => handle.result().catch((thrown) => thrown))

          assert.instanceOf(error, SoldOut)
          assert.strictEqual(bookings.size, 0)
          const settled = (yield* client.history(handle.id)).filter(({ kind }) =>
            kind === "settled"
          )
          // Three bookings, and three that undo.
          assert.lengthOf(settled, 6)
        })
      ),
    60_000
  )

  it.live(
    "a traveller who cancels in time gets everything undone",
    () =>
      onPostgres(() =>
        Effect.gen(function*() {
          const handle = yield* Effect.promise(() => trip.start(["flight", "hotel"], 30))
          yield* eventually(Effect.sync(() => bookings.size), (size) => size === 2)
          yield* eventually(
            Effect.promise(() => handle.status()),
            (status) => status === "waiting"
          )
          yield* Effect.promise(() => handle.cancel("ill"))

          assert.strictEqual(yield* Effect.promise(() => handle.result()), "cancelled in time")
          assert.strictEqual(bookings.size, 0)
        })
      ),
    60_000
  )
})

describe("approval", () => {
  beforeEach(() => {
    mails.length = 0
  })

  it.live(
    "an expense is paid once somebody approves",
    () =>
      onPostgres(() =>
        Effect.promise(async () => {
          const options = { reminders: 2, patienceMillis: 3_600_000 }
          const handle = await expense.start("Ada", 100, options)
          await decide(handle.id, true, "Grace")

          assert.strictEqual(await handle.result(), "paid 100 to Ada")
          assert.deepStrictEqual(mails, ["boss: Ada spent 100: please decide"])
        })
      ),
    60_000
  )

  it.live("it is reminded of, and given up", () =>
    onPostgres(() =>
      Effect.promise(async () => {
        const outcome = await expense.run("Ada", 100, { reminders: 2, patienceMillis: 50 })

        assert.strictEqual(outcome, "nobody decided")
        assert.deepStrictEqual(mails, [
          "boss: Ada spent 100: please decide",
          "boss: Ada still waits for 100",
          "boss: Ada still waits for 100",
          "Ada: nobody decided: ask again"
        ])
      })
    ), 60_000)

  it.live("a refusal comes with a name", () =>
    onPostgres(() =>
      Effect.promise(async () => {
        const options = { reminders: 0, patienceMillis: 3_600_000 }
        const handle = await expense.start("Ada", 5000, options)
        const nameless = await decide(handle.id, false, "").catch((error) => error)
        assert.strictEqual(nameless.name, "SignalSchemaMismatch")
        await decide(handle.id, false, "Grace")

        assert.strictEqual(await handle.result(), "refused by Grace")
      })
    ), 60_000)
})
