/**
 * Throughput of the queue while another transaction holds back the cleaning of dead rows.
 *
 * A long-running reader pins the oldest transaction that anybody may still see: no dead row or
 * index entry goes away until it ends. One client starts instances that nobody owns; one
 * dispatcher claims, loads, commits an event for each, parks and closes them. The same is done
 * in a second database of the server, without a reader, in turns of some seconds: hosts get
 * faster and slower within minutes, and tables grow on both sides.
 *
 * Run: `node scripts/with-sources.mjs test/scale/pinned.ts --seconds 300`
 */
import { Queue } from "@rappel/core/queue/Queue"
import { PgPool } from "@rappel/sql/PgPool"
import { version, withDatabase } from "@rappel/test/kit/Postgres"
import {
  entryOf,
  eventOf,
  newDispatcher,
  newId,
  requestOf
} from "@rappel/test/kit/suites/queue/samples"
import * as Effect from "effect/Effect"
import { parseArgs } from "node:util"
import pg from "pg"

const { values } = parseArgs({
  options: {
    /** Of each of the two; the reader is there for twice as long. */
    seconds: { type: "string", default: "20" }
  }
})
const SECONDS = Number(values.seconds)
const BATCH = 200
const LONG_MILLIS = [20, 100, 500]

/** Each of the two works for so long at a stretch. */
const TURN_MILLIS = 10_000

/** Statements are planned and their code is compiled before anything counts. */
const WARM_UP_MILLIS = 5_000

const median = (numbers: ReadonlyArray<number>) =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0

/** Works on one database: starts, claims, parks, claims again and closes batches. */
const make = Effect.gen(function*() {
  const queue = yield* Queue
  const pool = yield* PgPool
  const owner = yield* newDispatcher
  let claims: Array<number> = []
  let done = 0
  let millis = 0

  const round = Effect.gen(function*() {
    yield* queue.start(Array.from({ length: BATCH }, () => requestOf()))
    for (const seq of [0, 1]) {
      const at = performance.now()
      const { claimed } = yield* queue.claim(owner, BATCH)
      claims.push(performance.now() - at)
      const loaded = yield* queue.load(owner, claimed)
      yield* queue.commit({
        id: newId(),
        dispatcher: owner,
        entries: loaded.map(({ epoch, id, lastSeq }) =>
          entryOf(id, {
            epoch,
            expectedSeq: lastSeq,
            events: [eventOf(lastSeq + 1)],
            ...(seq === 0
              ? { then: { kind: "release", dueAt: 0 } as const }
              : { outcome: { ok: true, value: "1" } as const, then: { kind: "close" } as const })
          })
        )
      })
      done += seq === 1 ? loaded.length : 0
    }
  })

  const work = (forMillis: number) =>
    Effect.gen(function*() {
      const began = performance.now()
      while (performance.now() - began < forMillis) yield* round
      millis += performance.now() - began
    })

  yield* work(WARM_UP_MILLIS)
  claims = []
  done = 0
  millis = 0

  const deadRows = Effect.promise(async () => {
    const { rows: [row] } = await pool.query(
      "select coalesce(sum(n_dead_tup), 0)::float8 as dead from pg_stat_user_tables"
    )
    return row.dead as number
  })

  return {
    work,
    deadRows,
    claims: () => claims,
    done: () => done,
    perSecond: () => done * 1000 / millis
  }
})

type Worker = Effect.Effect.Success<typeof make>

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

const report = (name: string, { claims, perSecond }: Worker) => {
  const all = claims()
  const part = Math.max(Math.floor(all.length / 10), 1)
  const usual = 2 * median(all)
  const beyond = all.reduce((sum, one) => sum + Math.max(0, one - usual), 0)
  const counts = LONG_MILLIS.map((least) =>
    `${all.filter((one) => one >= least).length} of ${least} ms`
  )
  console.log(
    `${name.padEnd(9)} ${perSecond().toFixed(0).padStart(6)} instances/s, a claim of ${BATCH}: ` +
      `${median(all.slice(0, part)).toFixed(1)} ms at first, ${
        median(all.slice(-part)).toFixed(1)
      } ms at last; beyond twice the usual ` +
      `${(beyond / (SECONDS * 10)).toFixed(1)} % of the time (${counts.join(", ")})`
  )
}

const alternate = (free: Worker, pinned: Worker) =>
  Effect.gen(function*() {
    const turns = Math.max(Math.ceil(SECONDS * 1000 / TURN_MILLIS), 1)
    const turnMillis = SECONDS * 1000 / turns
    let before = { free: 0, pinned: 0 }
    for (let turn = 1; turn <= turns; turn++) {
      // Who is first changes, so that a drift of the machine hits both.
      for (const one of turn % 2 === 0 ? [free, pinned] : [pinned, free]) {
        yield* one.work(turnMillis)
      }
      if (turn % 6 !== 0 && turn !== turns) continue
      const now = { free: free.done(), pinned: pinned.done() }
      const ratio = (now.pinned - before.pinned) / (now.free - before.free)
      before = now
      console.log(
        `${(2 * turn * turnMillis / 1000).toFixed(0).padStart(6)} s: ${ratio.toFixed(3)}, ` +
          `${yield* pinned.deadRows} dead rows, ${yield* free.deadRows} without the reader`
      )
    }
  })

const program = withDatabase(Effect.gen(function*() {
  console.log(`Postgres ${version}, fsync off, ${SECONDS} s each, in turns of 10 s`)
  const free = yield* make
  yield* withDatabase(Effect.scoped(Effect.gen(function*() {
    const pinned = yield* make
    yield* reader
    yield* alternate(free, pinned)
    report("free", free)
    report("pinned", pinned)
    console.log(`pinned / free: ${(pinned.perSecond() / free.perSecond()).toFixed(3)}`)
  })))
}))

await Effect.runPromise(program)
