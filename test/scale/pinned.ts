/**
 * Throughput while another transaction holds back the cleaning of dead rows.
 *
 * A long-running reader pins the oldest transaction that anybody may still see: no dead row or
 * index entry goes away until it ends. The same work is done in a second database of the server,
 * without a reader, in turns of some seconds: hosts get faster and slower within minutes, and
 * tables grow on both sides.
 *
 * Run: `node scripts/with-sources.mjs test/scale/pinned.ts --seconds 300`, of the whole system,
 * or with `--of queue` of the queue alone.
 */
import { PgPool } from "@rappel/sql/PgPool"
import { version, withDatabase } from "@rappel/test/kit/Postgres"
import * as Effect from "effect/Effect"
import { parseArgs } from "node:util"
import pg from "pg"
import * as OfQueue from "./pinned/queue.ts"
import type { Site } from "./pinned/Site.ts"
import * as OfSystem from "./pinned/system.ts"

const { values } = parseArgs({
  options: {
    /** Of each of the two; the reader is there for twice as long. */
    seconds: { type: "string", default: "20" },
    of: { type: "string", default: "system" }
  }
})
const SECONDS = Number(values.seconds)
const make = values.of === "queue" ? OfQueue.make : OfSystem.make

/** Each of the two works for so long at a stretch. */
const TURN_MILLIS = 10_000

/** Statements are planned and their code is compiled before anything counts. */
const WARM_UP_MILLIS = 5_000

/** Turns between two lines of what stood. */
const LINE_TURNS = 6

const LONG_MILLIS = [20, 100, 500]

/** Somebody who has begun to read and does not come to an end. */
const reader = Effect.acquireRelease(
  Effect.flatMap(PgPool, ({ options }) =>
    Effect.promise(async () => {
      const client = new pg.Client({ ...options, password: options.password })
      await client.connect()
      await client.query("begin isolation level repeatable read")
      await client.query("select count(*) from rappel.due")
      return client
    })),
  (client) => Effect.promise(() => client.end())
)

const median = (numbers: ReadonlyArray<number>) =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0

const report = (name: string, { claims, perSecond }: Site) => {
  console.log(`${name.padEnd(8)} ${perSecond().toFixed(0).padStart(6)} instances/s`)
  const all = claims()
  if (all.length === 0) return
  const part = Math.max(Math.floor(all.length / 10), 1)
  const usual = 2 * median(all)
  const beyond = all.reduce((sum, one) => sum + Math.max(0, one - usual), 0)
  const counts = LONG_MILLIS.map((least) =>
    `${all.filter((one) => one >= least).length} of ${least} ms`
  )
  console.log(
    `  a claim: ${median(all.slice(0, part)).toFixed(1)} ms at first, ${
      median(all.slice(-part)).toFixed(1)
    } ms at last; beyond twice the usual ${(beyond / (SECONDS * 10)).toFixed(1)} % of the time (${
      counts.join(", ")
    })`
  )
}

const alternate = (free: Site, pinned: Site) =>
  Effect.gen(function*() {
    const turns = Math.max(Math.ceil(SECONDS * 1000 / TURN_MILLIS), 1)
    const turnMillis = SECONDS * 1000 / turns
    let before = { free: free.done(), pinned: pinned.done() }
    for (let turn = 1; turn <= turns; turn++) {
      // Who is first changes, so that a drift of the machine hits both.
      for (const one of turn % 2 === 0 ? [free, pinned] : [pinned, free]) {
        yield* one.work(turnMillis)
      }
      if (turn % LINE_TURNS !== 0 && turn !== turns) continue
      const now = { free: free.done(), pinned: pinned.done() }
      const ratio = (now.pinned - before.pinned) / (now.free - before.free)
      before = now
      console.log(
        `${(2 * turn * turnMillis / 1000).toFixed(0).padStart(6)} s: ${
          ratio.toFixed(3)
        }, ${yield* pinned
          .deadRows} dead rows, ${yield* free.deadRows} without the reader`
      )
    }
  })

const program = withDatabase(Effect.scoped(Effect.gen(function*() {
  console.log(`Postgres ${version}, fsync off, ${SECONDS} s each, in turns of 10 s`)
  const free = yield* make(WARM_UP_MILLIS)
  yield* withDatabase(Effect.scoped(Effect.gen(function*() {
    const pinned = yield* make(WARM_UP_MILLIS)
    yield* reader
    yield* alternate(free, pinned)
    report("free", free)
    report("pinned", pinned)
    console.log(`pinned / free: ${(pinned.perSecond() / free.perSecond()).toFixed(3)}`)
  })))
})))

await Effect.runPromise(program)
process.exit(0)
