/**
 * One instance that asks for many calls at once: what it costs in time, bytes and memory.
 *
 * Run: `node --conditions=@rappel/source --import tsx test/scale/fanOut.ts [calls] [memory|postgres] [workers]`
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
import pg from "pg"
import * as Postgres from "../kit/Postgres.ts"
import { double } from "./flows.ts"

export interface FanOutCost {
  readonly calls: number
  readonly seconds: number
  /** Median time between commits of outcomes, per call, of the first and the last thousand. */
  readonly firstMicros: number
  readonly lastMicros: number
  readonly peakRssMiB: number
  /** Bytes that Postgres wrote to its log; null in memory. */
  readonly walMiB: number | null
}

export interface FanOutOptions {
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

export const measure = ({ calls, database, workers }: FanOutOptions): Promise<FanOutCost> => {
  const { workflows } = compileFile({ file: `${root}/flows.ts`, projectRoot: root, strict: true })
  const file = workflows.find((one) => one.export === "fanOut")!.program!
  const run = (url: string | null) =>
    Effect.gen(function*() {
      const client = yield* RappelClient
      const queue = yield* Queue
      const bytes = url === null ? null : yield* walOf(url)
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
      return {
        calls,
        seconds,
        firstMicros: per(0, Math.min(1000, last)),
        lastMicros: per(Math.max(0, last - 1000), last),
        peakRssMiB: process.resourceUsage().maxRSS / 2 ** 10,
        walMiB: url === null ? null : ((yield* walOf(url)) - bytes!) / 2 ** 20
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

const walOf = (url: string) =>
  Effect.promise(async () => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const { rows } = await client.query("select pg_current_wal_lsn() - '0/0' as bytes")
    await client.end()
    return Number(rows[0].bytes)
  })

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [calls = "100000", database = "postgres", workers = "0"] = process.argv.slice(2)
  const cost = await measure({
    calls: Number(calls),
    database: database as FanOutOptions["database"],
    workers: Number(workers)
  })
  process.stdout.write(`${JSON.stringify(cost)}\n`)
  process.exit(0)
}
