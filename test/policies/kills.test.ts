/**
 * Processes are killed while policies are at work: waits, counts and details survive, and the work
 * of transactional actions is there once.
 */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { decodeAttempt, decodeLost } from "@rappel/core/dispatcher/EventCodec"
import * as Effect from "effect/Effect"
import { symlinkSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import pg from "pg"
import * as Killable from "../kit/Killable.ts"
import * as Processes from "../kit/Processes.ts"
import { eventually } from "../messages/suite.ts"

afterAll(Processes.cleanUp)

const SOURCE = `
import { action, currentCall, heartbeat, settleIn, workflow } from "@rappel/core"
import { inPg } from "@rappel/sql/transaction/pg"
import { appendFileSync } from "node:fs"
import pg from "pg"

const pool = new pg.Pool({ connectionString: process.env["DATABASE_URL"] })
const write = (text: string) => appendFileSync(process.env["LEDGER"]!, text + "\\n")
const forever = () => new Promise<never>((resolve) => setTimeout(resolve, 1e8))

/** Stops for ever in the first attempt: before its commit, or between that and its answer. */
export const pay = action({ transactional: true }, async (n: number, stops: string) => {
  const { attempt } = currentCall()!
  const client = await pool.connect()
  try {
    await client.query("begin")
    await client.query("insert into public.payment (n) values ($1)", [n])
    write("began " + n + " " + attempt)
    if (stops === "late" && attempt === 1) {
      await new Promise((resolve) => setTimeout(resolve, 1500))
    }
    if (stops === "before" && attempt === 1) {
      write("stops " + n)
      await forever()
    }
    await settleIn(inPg(client), n * 2)
    await client.query("commit")
  } catch (error) {
    await client.query("rollback")
    if (stops === "late") write("late " + (error as Error).name)
    throw error
  } finally {
    client.release()
  }
  if (stops === "after" && attempt === 1) {
    write("stops " + n)
    await forever()
  }
  return n * 2
})
export const payAll = workflow(async (count: number, stops: string) => {
  const paid: number[] = []
  for (let n = 0; n < count; n++) paid.push(await pay.with({ retry: 3 })(n, stops))
  return paid
})
export const payLate = workflow(async () =>
  await pay.with({ timeout: "700ms" })(1, "late")
)

export const fail = action(async () => {
  const { attempt } = currentCall()!
  write("fail " + attempt)
  throw new Error("no " + attempt)
})
export const patient = workflow(async () => {
  try {
    return await fail.with({ retry: { attempts: 3, backoff: "4s" } })()
  } catch (error: any) {
    return [error.message, error.attempts]
  }
})

export const climb = action(async (steps: number) => {
  const { details } = currentCall()!
  const from = (details as number | undefined) ?? 0
  write("climb from " + from)
  for (let step = from; step < steps; step++) {
    heartbeat(step)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return steps
})
export const climbs = workflow(async (steps: number) =>
  await climb.with({ heartbeat: "5s", timeout: null })(steps)
)
`

interface World extends Killable.Killable {
  /** What is in the table of payments. */
  readonly payments: Effect.Effect<ReadonlyArray<number>>
}

const NODE_MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url))

const query = (url: string, text: string) =>
  Effect.promise(async () => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const { rows } = await client.query(text)
    await client.end()
    return rows as ReadonlyArray<Record<string, unknown>>
  })

const world = (use: (world: World) => Effect.Effect<unknown, unknown>) =>
  Killable.run(
    SOURCE,
    (one) =>
      use({
        ...one,
        payments: Effect.map(
          query(one.url, "select n from public.payment order by n"),
          (rows) => rows.map(({ n }) => n as number)
        )
      }),
    (url, cwd) => {
      symlinkSync(NODE_MODULES, join(cwd, "node_modules"))
      return query(url, "create table public.payment (n integer)")
    }
  )

describe("the production process is killed", () => {
  it.live(
    "between the commit of a transactional action and its answer: its outcome stands",
    () =>
      world(({ client, kill, lines, payments, sees, start }) =>
        Effect.gen(function*() {
          const id = yield* start("payAll", 1, "after")
          yield* sees("stops 0")
          yield* kill

          assert.deepStrictEqual(yield* client.result(id), [0])
          assert.deepStrictEqual(yield* payments, [0])
          assert.deepStrictEqual(lines(), ["began 0 1", "stops 0"])
        })
      ),
    120_000
  )

  it.live(
    "before the commit of a transactional action: it runs again, and its work is there once",
    () =>
      world(({ client, kill, lines, payments, sees, start }) =>
        Effect.gen(function*() {
          const id = yield* start("payAll", 1, "before")
          yield* sees("stops 0")
          yield* kill

          assert.deepStrictEqual(yield* client.result(id), [0])
          assert.deepStrictEqual(yield* payments, [0])
          assert.deepStrictEqual(lines(), ["began 0 1", "stops 0", "began 0 2"])
          const kinds = (yield* client.history(id)).map(({ kind }) => kind)
          assert.deepStrictEqual(kinds, ["lost", "settled"])
        })
      ),
    120_000
  )

  it.live(
    "again and again while instances pay: each payment is there once",
    () =>
      world(({ client, kill, lines, payments, start }) =>
        Effect.gen(function*() {
          const ids = yield* Effect.all(Array.from({ length: 6 }, () => start("payAll", 15, "no")))
          for (const count of [10, 30, 55]) {
            yield* eventually(Effect.sync(lines), (found) => found.length >= count)
            yield* kill
          }

          const results = yield* Effect.all(ids.map((id) => client.result(id)))

          const once = Array.from({ length: 15 }, (_, n) => n)
          for (const paid of results) assert.deepStrictEqual(paid, once.map((n) => n * 2))
          assert.deepStrictEqual(yield* payments, once.flatMap((n) => ids.map(() => n)))
          assert.isAbove(lines().length, 0)
        })
      ),
    180_000
  )

  it.live(
    "during a backoff: it ends when it was to end, and the attempts go on being counted",
    () =>
      world(({ client, kill, lines, sees, start }) =>
        Effect.gen(function*() {
          const id = yield* start("patient")
          yield* sees("fail 1")
          yield* eventually(client.history(id), (events) => events.length === 1)
          yield* kill
          yield* sees("fail 2")
          yield* eventually(client.history(id), (events) => events.length === 2)
          yield* kill

          assert.deepStrictEqual(yield* client.result(id), ["no 3", 3])
          assert.deepStrictEqual(lines(), ["fail 1", "fail 2", "fail 3"])
          const history = yield* client.history(id)
          assert.deepStrictEqual(history.map(({ kind }) => kind), ["attempt", "attempt", "settled"])
          const [first, second, settled] = history
          assert.isAtLeast(second!.at, decodeAttempt(first!.payload!).retryAt)
          assert.isAtLeast(settled!.at, decodeAttempt(second!.payload!).retryAt)
        })
      ),
    120_000
  )

  it.live(
    "while an action gives heartbeats: the next attempt goes on near where it was",
    () =>
      world(({ client, kill, lines, start }) =>
        Effect.gen(function*() {
          const id = yield* start("climbs", 60)
          yield* eventually(
            client.history(id),
            (events) => events.filter(({ kind }) => kind === "heartbeat").length >= 2
          )
          yield* kill

          assert.strictEqual(yield* client.result(id), 60)
          const [first, second, ...rest] = lines()
          assert.strictEqual(first, "climb from 0")
          assert.match(second!, /^climb from [1-9]/)
          assert.isEmpty(rest)
          const lost = (yield* client.history(id)).find(({ kind }) => kind === "lost")
          assert.deepInclude(decodeLost(lost!.payload!), { count: 1 })
        })
      ),
    120_000
  )
})

describe("a transactional action", () => {
  it.live(
    "that comes after its timeout is rolled back",
    () =>
      world(({ client, lines, payments, sees, start }) =>
        Effect.gen(function*() {
          const id = yield* start("payLate")

          assert.strictEqual(yield* client.result(id), 2)
          yield* sees("late AttemptOver")
          assert.deepStrictEqual(yield* payments, [1])
          assert.include(lines(), "began 1 2")
        })
      ),
    120_000
  )
})
