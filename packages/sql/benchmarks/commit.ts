/**
 * What one commit of 500 instances with one event of 1 KiB each costs, beside the barest
 * statement that stores the same events.
 *
 * Run: `node --conditions=@rappel/source --import tsx packages/sql/benchmarks/commit.ts`
 */
import { type CommitEntry, Queue } from "@rappel/core/queue/Queue"
import { PgPool } from "@rappel/sql/PgPool"
import { layer, version } from "@rappel/test/kit/Postgres"
import {
  entryOf,
  eventOf,
  newDispatcher,
  newId,
  requestOf
} from "@rappel/test/kit/suites/queue/samples"
import * as Effect from "effect/Effect"
import { randomBytes } from "node:crypto"

const INSTANCES = 500
const ROUNDS = 60
const payload = JSON.stringify({
  ok: true,
  value: JSON.stringify(randomBytes(750).toString("base64"))
})

/** Wall time and this process's own CPU, in microseconds per entry, of the median round. */
const measure = <E>(name: string, round: (i: number) => Effect.Effect<unknown, E>) =>
  Effect.gen(function*() {
    const walls: Array<number> = []
    const cpus: Array<number> = []
    for (let i = 0; i < ROUNDS; i++) {
      const [wall, cpu] = [performance.now(), process.cpuUsage()]
      yield* round(i)
      const { system, user } = process.cpuUsage(cpu)
      walls.push((performance.now() - wall) * 1000 / INSTANCES)
      cpus.push((user + system) / INSTANCES)
    }
    const [wall, cpu] = [walls, cpus].map((all) => all.sort((a, b) => a - b)[ROUNDS >> 1]!)
    const perSecond = Math.round(1e6 / wall!)
    console.log(
      `${name.padEnd(34)} ${wall!.toFixed(1).padStart(6)} µs an entry, ${
        cpu!.toFixed(1).padStart(5)
      } of them here; ${perSecond} entries/s`
    )
  })

const program = Effect.gen(function*() {
  const queue = yield* Queue
  const pool = yield* PgPool
  const owner = yield* newDispatcher
  const started = yield* queue.start(Array.from({ length: INSTANCES }, () => requestOf()), owner)
  const ids = started.map(({ id }) => id)
  const commit = (entries: ReadonlyArray<CommitEntry>) =>
    queue.commit({ id: newId(), dispatcher: owner, entries })

  console.log(
    `Postgres ${version}, fsync off, ${INSTANCES} entries of one event of 1 KiB, median of ${ROUNDS}`
  )
  yield* Effect.promise(() =>
    pool.query("create table bare (id uuid, seq integer, payload text, primary key (id, seq))")
  )
  yield* measure("bare insert by unnest, named", (i) =>
    Effect.promise(() =>
      pool.query({
        name: "bare",
        text: "insert into bare select * from unnest($1::uuid[], $2::integer[], $3::text[])",
        values: [ids, ids.map(() => i), ids.map(() => payload)]
      })
    ))
  yield* measure(
    "commit",
    (i) =>
      commit(
        ids.map((id) => entryOf(id, { expectedSeq: i, events: [eventOf(i + 1, { payload })] }))
      )
  )
  yield* measure(
    "start with owner",
    () => queue.start(Array.from({ length: INSTANCES }, () => requestOf({ input: payload })), owner)
  )
  const batches: Array<ReadonlyArray<string>> = []
  for (let i = 0; i < ROUNDS; i++) {
    const batch = Array.from({ length: INSTANCES }, () => requestOf({ input: payload }))
    batches.push((yield* queue.start(batch, owner)).map(({ id }) => id))
  }
  yield* measure("commit with result and close", (i) =>
    commit(batches[i]!.map((id) =>
      entryOf(id, {
        events: [eventOf(1, { payload })],
        outcome: { ok: true, value: payload },
        then: { kind: "close" }
      })
    )))
  yield* queue.start(
    Array.from({ length: INSTANCES * ROUNDS }, () => requestOf({ input: payload }))
  )
  yield* measure(
    "claim and load",
    () => Effect.flatMap(queue.claim(owner, INSTANCES), ({ claimed }) => queue.load(owner, claimed))
  )
})

await Effect.runPromise(Effect.provide(program, layer))
