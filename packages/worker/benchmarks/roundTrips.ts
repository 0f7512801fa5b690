/**
 * How many calls a second go through a pool of worker processes, and how long one takes alone.
 *
 *     node scripts/with-sources.mjs packages/worker/benchmarks/roundTrips.ts \
 *       --workers 2 --concurrency 64 --calls 40000 --payload 1024
 *
 * The action gives back its argument, so that what is measured is the way there and back:
 * assignment, two messages, encoding and decoding on the worker's side.
 */
import { type CallRequest, WorkerPool } from "@rappel/core/worker/WorkerPool"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as ProcessPool from "../src/ProcessPool.ts"

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => !arg.endsWith(".ts")),
  options: {
    workers: { type: "string", default: "2" },
    concurrency: { type: "string", default: "64" },
    calls: { type: "string", default: "40000" },
    payload: { type: "string", default: "1024" }
  }
})
const [workers, concurrency, calls, payload] = [
  values.workers,
  values.concurrency,
  values.calls,
  values.payload
].map(Number) as [number, number, number, number]

const ROUNDS = 4
const LATENCY_SAMPLES = 300

const args = JSON.stringify(["x".repeat(payload)])
let lastId = 0
const call = (): CallRequest => ({
  id: ++lastId,
  instanceId: "benchmark",
  effect: 1,
  action: "src/actions.ts#echo",
  file: "src/actions.ts",
  exportName: "echo",
  args,
  attempt: 1
})

const round = (count: number) =>
  Effect.gen(function*() {
    const { reports, submit } = yield* WorkerPool
    const startedAt = performance.now()
    const cpu = process.cpuUsage()
    let given = 0
    const give = (more: number) => {
      const batch = Array.from({ length: Math.min(more, count - given) }, call)
      given += batch.length
      submit(batch)
    }
    give(concurrency)
    for (let done = 0; done < count;) {
      const [batch] = yield* reports.takeAll
      done += Chunk.size(batch)
      give(Chunk.size(batch))
    }
    const { system, user } = process.cpuUsage(cpu)
    return {
      perSecond: Math.round(count / (performance.now() - startedAt) * 1000),
      poolMicrosPerCall: Number(((system + user) / count).toFixed(1))
    }
  })

const latencies = Effect.gen(function*() {
  const { reports, submit } = yield* WorkerPool
  const millis: Array<number> = []
  while (millis.length < LATENCY_SAMPLES) {
    const startedAt = performance.now()
    submit([call()])
    yield* reports.takeAll
    millis.push(performance.now() - startedAt)
    yield* Effect.sleep(2)
  }
  millis.sort((a, b) => a - b)
  const at = (share: number) => Number(millis[Math.floor(share * millis.length)]!.toFixed(2))
  return { p50: at(0.5), p95: at(0.95) }
})

const main = Effect.gen(function*() {
  const pool = yield* WorkerPool
  yield* Effect.repeat(Effect.sleep(20), { until: () => pool.slots() >= concurrency })
  yield* round(Math.min(3000, calls))
  for (let i = 0; i < ROUNDS; i++) console.log(JSON.stringify(yield* round(calls)))
  console.log(JSON.stringify({ idleLatencyMillis: yield* latencies }))
})

await Effect.runPromise(Effect.provide(
  main,
  ProcessPool.layer({
    workers,
    concurrency: Math.ceil(concurrency / workers),
    projectRoot: fileURLToPath(new URL("../test/fixtures/project", import.meta.url))
  })
))
