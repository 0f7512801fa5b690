/**
 * One instance that makes many calls, at once (`fanOut`) or one after another (`loop`): what it
 * costs in time, bytes and memory.
 *
 * Run: `node scripts/with-sources.mjs test/scale/steps.ts --shape loop --calls 100000`
 */
import { compileFile } from "@rappel/compiler"
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import { RappelClient } from "@rappel/core/client/RappelClient"
import { Queue } from "@rappel/core/queue/Queue"
import * as QueueMemory from "@rappel/core/queue/QueueMemory"
import * as Rappel from "@rappel/core/Rappel"
import type { WorkerPool } from "@rappel/core/worker/WorkerPool"
import { layerInline } from "@rappel/core/worker/WorkerPoolInline"
import * as ProcessPool from "@rappel/worker/ProcessPool"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { parseArgs } from "node:util"
import pg from "pg"
import * as Postgres from "../kit/Postgres.ts"
import { double } from "./flows.ts"

export interface StepsCost {
  readonly shape: StepsOptions["shape"]
  readonly calls: number
  readonly seconds: number
  /** Time between the first and the last outcome of the first, and of the last, thousand calls, per call. */
  readonly firstMicros: number
  readonly lastMicros: number
  readonly peakRssMiB: number
  /** Bytes that Postgres wrote to its log; null in memory. */
  readonly walMiB: number | null
  /** Of the instance's rows with their indexes; null in memory. */
  readonly tablesMiB: number | null
}

export interface StepsOptions {
  readonly shape: "fanOut" | "loop"
  readonly calls: number
  readonly database: "memory" | "postgres"
  /** 0: actions run in this process. */
  readonly workers: number
}

const root = new URL(".", import.meta.url).pathname.replace(/\/$/, "")

const poolOf = (workers: number): Layer.Layer<WorkerPool, unknown> =>
  workers === 0
    ? layerInline({ slots: 20, resolve: () => double })
    : ProcessPool.layer({ workers, projectRoot: root })

export const measure = (options: StepsOptions): Promise<StepsCost> => {
  const { calls, database, shape, workers } = options
  const { workflows } = compileFile({ file: `${root}/flows.ts`, projectRoot: root, strict: true })
  const file = workflows.find((one) => one.export === shape)!.program!
  const run = (url: string | null) =>
    Effect.gen(function*() {
      const client = yield* RappelClient
      const queue = yield* Queue
      const before = url === null ? null : yield* bytesOf(url)
      const started = performance.now()
      const id = yield* client.start({ kind: "program", file }, [calls])
      const result = yield* client.result(id)
      const seconds = (performance.now() - started) / 1000
      if (result !== calls) {
        throw new Error(`${String(result)} of ${calls} calls came back in order`)
      }
      const settled = (yield* queue.history(id)).filter(({ kind }) => kind === "settled")
      if (settled.length !== calls) throw new Error(`${settled.length} events of ${calls} calls`)
      const per = (from: number, to: number) =>
        (settled[to]!.at - settled[from]!.at) * 1000 / (to - from)
      const last = settled.length - 1
      const after = url === null ? null : yield* bytesOf(url)
      const mebibytes = (key: "wal" | "tables") =>
        after === null ? null : (after[key] - before![key]) / 2 ** 20
      return {
        shape,
        calls,
        seconds,
        firstMicros: per(0, Math.min(1000, last)),
        lastMicros: per(Math.max(0, last - 1000), last),
        peakRssMiB: process.resourceUsage().maxRSS / 2 ** 10,
        walMiB: mebibytes("wal"),
        tablesMiB: mebibytes("tables")
      }
    })
  const over = (queue: Layer.Layer<Queue, unknown>) =>
    Rappel.layer().pipe(
      Layer.provideMerge(Layer.mergeAll(
        queue,
        poolOf(workers),
        Rappel.layerDecisions,
        Layer.succeed(ProgramSource.ProgramSource, ProgramSource.make({}))
      ))
    )
  if (database === "memory") {
    return Effect.runPromise(Effect.provide(run(null), over(QueueMemory.layer)))
  }
  return Postgres.url().then((url) =>
    Effect.runPromise(Effect.provide(run(url), over(Postgres.layer)))
  )
}

const bytesOf = (url: string) =>
  Effect.promise(async () => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const { rows: [row] } = await client.query(
      `select (pg_current_wal_lsn() - '0/0')::float8 as wal,
         (
           select sum(pg_total_relation_size(oid))::float8 from pg_class
           where relnamespace = 'rappel'::regnamespace and relkind = 'r'
         ) as tables`
    )
    await client.end()
    return row as { readonly wal: number; readonly tables: number }
  })

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const { values } = parseArgs({
    options: {
      shape: { type: "string", default: "loop" },
      calls: { type: "string", default: "100000" },
      database: { type: "string", default: "postgres" },
      workers: { type: "string", default: "0" }
    }
  })
  const cost = await measure({
    shape: values.shape as StepsOptions["shape"],
    calls: Number(values.calls),
    database: values.database as StepsOptions["database"],
    workers: Number(values.workers)
  })
  process.stdout.write(`${JSON.stringify(cost)}\n`)
  process.exit(0)
}
