/**
 * Throughput of the queue while another transaction holds back the cleaning of dead rows.
 *
 * A long-running reader pins the oldest transaction that anybody may still see: no dead row or
 * index entry goes away until it ends. One client starts instances that nobody owns; one
 * dispatcher claims, loads, commits an event for each, parks and closes them. The same is
 * measured without the reader, before it and after it.
 *
 * Run: `node scripts/with-sources.mjs test/scale/pinned.ts --seconds 600 --free 120`
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
import type * as Scope from "effect/Scope"
import { parseArgs } from "node:util"
import pg from "pg"

const { values } = parseArgs({
  options: {
    /** Of each of the two. */
    seconds: { type: "string", default: "20" }
  }
})
const SECONDS = Number(values.seconds)
const BATCH = 200
const LONG_MILLIS = [20, 100, 500]

interface Phase {
  readonly perSecond: number
  readonly claimMillis: { readonly first: number; readonly last: number; readonly max: number }
  /** The part of the time that claims took beyond twice their median, and how many took so long. */
  readonly longClaims: { readonly share: number; readonly counts: ReadonlyArray<number> }
  readonly samples: ReadonlyArray<Sample>
}

/** What stood after each minute, or at the end of a shorter phase. */
interface Sample {
  readonly seconds: number
  readonly perSecond: number
  readonly deadRows: number
}

const SAMPLE_MILLIS = 60_000

const deadRows = Effect.flatMap(PgPool, (pool) =>
  Effect.promise(async () => {
    const { rows: [row] } = await pool.query(
      "select coalesce(sum(n_dead_tup), 0)::float8 as dead from pg_stat_user_tables"
    )
    return row.dead as number
  }))

const median = (numbers: ReadonlyArray<number>) =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0

/** Starts, claims, parks, claims again and closes batches until the time is over. */
const phase = (owner: string, seconds: number) =>
  Effect.gen(function*() {
    const queue = yield* Queue
    const claims: Array<number> = []
    const samples: Array<Sample> = []
    let done = 0
    const began = performance.now()
    const since = { at: began, done: 0 }
    const sample = Effect.gen(function*() {
      const now = performance.now()
      samples.push({
        seconds: (now - began) / 1000,
        perSecond: (done - since.done) * 1000 / (now - since.at),
        deadRows: yield* deadRows
      })
      Object.assign(since, { at: now, done })
    })
    while (performance.now() - began < seconds * 1000) {
      if (performance.now() - since.at > SAMPLE_MILLIS) yield* sample
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
                : {
                  outcome: { ok: true, value: "1" } as const,
                  then: { kind: "close" } as const
                })
            })
          )
        })
        done += seq === 1 ? loaded.length : 0
      }
    }
    const millis = performance.now() - began
    if (done > since.done) yield* sample
    const part = Math.max(Math.floor(claims.length / 10), 1)
    const usual = 2 * median(claims)
    return {
      perSecond: done * 1000 / millis,
      claimMillis: {
        first: median(claims.slice(0, part)),
        last: median(claims.slice(-part)),
        max: claims.reduce((most, one) => Math.max(most, one), 0)
      },
      longClaims: {
        share: claims.reduce((sum, one) => sum + Math.max(0, one - usual), 0) / millis,
        counts: LONG_MILLIS.map((least) => claims.filter((one) => one >= least).length)
      },
      samples
    } satisfies Phase
  })

const report = (name: string, { claimMillis, longClaims, perSecond, samples }: Phase) => {
  console.log(
    `${name.padEnd(9)} ${perSecond.toFixed(0).padStart(6)} instances/s, a claim of ${BATCH}: ` +
      `${claimMillis.first.toFixed(1)} ms at first, ${claimMillis.last.toFixed(1)} ms at last, ` +
      `${claimMillis.max.toFixed(0)} ms at most; long ones took ` +
      `${(longClaims.share * 100).toFixed(1)} % (${
        LONG_MILLIS.map((least, i) => `${longClaims.counts[i]} of ${least} ms`).join(", ")
      })`
  )
  for (const { deadRows, perSecond, seconds } of samples) {
    console.log(
      `${seconds.toFixed(0).padStart(13)} s ${perSecond.toFixed(0).padStart(6)} instances/s, ` +
        `${deadRows} dead rows`
    )
  }
}

/** Statements are planned and their code is compiled before anything counts. */
const WARM_UP_SECONDS = 5

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

const measure = (name: string, before: Effect.Effect<unknown, never, PgPool | Scope.Scope>) =>
  withDatabase(Effect.scoped(Effect.gen(function*() {
    const owner = yield* newDispatcher
    yield* phase(owner, WARM_UP_SECONDS)
    yield* before
    const measured = yield* phase(owner, SECONDS)
    report(name, measured)
    return measured.perSecond
  })))

const program = Effect.gen(function*() {
  console.log(`Postgres ${version}, fsync off, ${SECONDS} s each`)
  const free = yield* measure("free", Effect.void)
  const pinned = yield* measure("pinned", reader)
  console.log(`pinned / free: ${(pinned / free).toFixed(3)}`)
})

await Effect.runPromise(program)
