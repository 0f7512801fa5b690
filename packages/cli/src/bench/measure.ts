/**
 * Runs workloads on a database, a dispatcher and workers of their own, and measures them.
 *
 * @since 0.1.0
 */
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import { RappelClient } from "@rappel/core/client/RappelClient"
import { WorkerPool } from "@rappel/core/worker/WorkerPool"
import { layerInline } from "@rappel/core/worker/WorkerPoolInline"
import * as Sql from "@rappel/sql/layer"
import * as Migrator from "@rappel/sql/migrations/Migrator"
import * as ActionModules from "@rappel/worker/ActionModules"
import { installCurrentCall } from "@rappel/worker/AsyncCurrentCall"
import * as ProcessPool from "@rappel/worker/ProcessPool"
import type { Settings } from "@rappel/worker/project/Environment"
import { DISPATCHER_CONNECTIONS } from "@rappel/worker/runtime/Database"
import * as Engine from "@rappel/worker/runtime/Engine"
import { WorkerProcesses } from "@rappel/worker/WorkerProcesses"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { copyFileSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { compileWorkflow } from "../compileWorkflow.ts"
import { drive } from "./drive.ts"
import * as Machine from "./Machine.ts"
import { latencyOf, Meter, type Progress, round } from "./Meter.ts"
import type { Report } from "./Report.ts"
import type { Server } from "./Server.ts"
import type { Workload } from "./Workload.ts"

export interface MeasureOptions {
  readonly server: Server
  readonly settings: Pick<Settings, "workerCount" | "concurrentPerWorker">
  readonly isInline: boolean
  readonly logSeconds: number
  readonly onProgress: (progress: Progress) => void
  readonly workloads: ReadonlyArray<Workload>
  /** What `throughput_per_s` counts. */
  readonly unit: "steps" | "instances"
}

export type Measured = Omit<Report, "workload" | "options" | "versions" | "durable">

/** Instances before the measured ones: workers load their modules, code gets compiled. */
const WARM_UP = 100

/** The project that the workers serve: a folder with the workloads' file alone. */
const project = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "rappel-bench-")))
    writeFileSync(join(folder, "package.json"), `{ "name": "rappel-bench", "type": "module" }`)
    const file = join(folder, "workflows.ts")
    // The source is published beside what was built from it.
    copyFileSync(fileURLToPath(new URL("../../src/bench/workflows.ts", import.meta.url)), file)
    return { folder, file }
  }),
  ({ folder }) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const layerPool = (
  { isInline, settings }: MeasureOptions,
  projectRoot: string
): Layer.Layer<WorkerPool, unknown> => {
  const { concurrentPerWorker, workerCount } = settings
  if (isInline) installCurrentCall()
  return isInline
    ? Layer.provide(
      layerInline({ slots: workerCount * concurrentPerWorker }),
      ActionModules.layer({ projectRoot, userModules: [], manifest: null })
    )
    : ProcessPool.layer({
      workers: workerCount,
      concurrency: concurrentPerWorker,
      projectRoot,
      stdout: "stderr"
    })
}

/** What processes have used until now, in milliseconds. */
const usage = (server: Server, pids: ReadonlyArray<number>) =>
  Effect.map(server.counters, ({ cpuMillis, walBytes }) => ({
    walBytes,
    dispatcher: Machine.cpuMillis(process.pid),
    workers: pids.reduce((sum, pid) => sum + Machine.cpuMillis(pid), 0),
    postgres: cpuMillis,
    host: Machine.hostCpuMillis()
  }))

type Usage = Effect.Effect.Success<ReturnType<typeof usage>>

const cpuOf = (before: Usage, after: Usage, steps: number, seconds: number) => {
  const per = (millis: number) => round(millis / steps, 4)
  const dispatcher = after.dispatcher - before.dispatcher
  const workers = after.workers - before.workers
  const postgres = before.postgres === undefined || after.postgres === undefined
    ? undefined
    : after.postgres - before.postgres
  const own = dispatcher + workers + (postgres ?? 0)
  return {
    cpu_ms_per_step: {
      dispatcher: per(dispatcher),
      workers: per(workers),
      postgres: postgres === undefined ? null : per(postgres),
      total: postgres === undefined ? null : per(own)
    },
    foreign_cpu: before.host === undefined || after.host === undefined
      ? null
      : round(
        Math.max(after.host - before.host - own, 0) / (seconds * 1000 * availableParallelism()),
        3
      )
  }
}

/** Until all workers serve: on a busy host they take seconds to start. */
const allServe = (pool: WorkerPool["Type"], slots: number) =>
  Effect.sync(() => pool.slots() >= slots).pipe(
    Effect.repeat({ until: (serving) => serving, schedule: Schedule.spaced("20 millis") })
  )

/**
 * Measures workloads one after another as one.
 *
 * **Errors** `WrongResult` when an instance returns what it must not; what the database, the
 * workers or the compiler say.
 *
 * @since 0.1.0
 * @category running
 */
export const measure = (options: MeasureOptions): Effect.Effect<Measured, unknown> =>
  Effect.scoped(Effect.gen(function*() {
    const { logSeconds, onProgress, server, settings, unit, workloads } = options
    const { file, folder } = yield* project
    const [chain, fanOut] = yield* Effect.all([
      compileWorkflow(file, "chain"),
      compileWorkflow(file, "fanOut")
    ])
    const programs = { chain: chain.program, fanOut: fanOut.program }
    yield* Effect.provide(
      Migrator.run,
      Sql.layerClient({ url: server.url, maxConnections: 1 })
    )
    yield* quiet(server)
    const transactions = yield* server.transactions

    // Its own scope: the database counts all transactions once its connections are closed.
    const engineScope = yield* Scope.make()
    yield* Effect.addFinalizer((exit) => Scope.close(engineScope, exit))
    const context = yield* Layer.buildWithScope(
      Layer.provideMerge(
        Engine.layer(Engine.dispatcherOptions(settings as Settings), { defaultPolicy: {} }),
        Layer.mergeAll(
          Sql.layerPg({ url: server.url, maxConnections: DISPATCHER_CONNECTIONS }),
          layerPool(options, folder),
          Layer.succeed(ProgramSource.ProgramSource, ProgramSource.make({}))
        )
      ),
      engineScope
    )
    const client = Context.get(context, RappelClient)
    const processes = Context.getOption(
      context as Context.Context<never>,
      WorkerProcesses as Context.Tag<WorkerProcesses, WorkerProcesses["Type"]>
    )
    const pids = () => processes._tag === "None" ? [] : processes.value.list().map(({ pid }) => pid)
    yield* allServe(
      Context.get(context, WorkerPool),
      settings.workerCount * settings.concurrentPerWorker
    )

    const warmUp = new Meter(WARM_UP, performance.now())
    for (const workload of workloads) {
      const instances = Math.min(workload.instances, WARM_UP)
      yield* drive({ client, programs, meter: warmUp }, { ...workload, instances })
    }

    const of = workloads.reduce((sum, { instances }) => sum + instances, 0)
    const before = yield* usage(server, pids())
    const startedAt = performance.now()
    const meter = new Meter(of, startedAt)
    /** The most that one of the workers holds by this measure; null without any. */
    const largest = (mib: (pid: number) => number) =>
      round(Math.max(0, ...pids().map(mib)), 0) || null
    const report = () =>
      onProgress(meter.progress(performance.now(), {
        dispatcher_rss_mib: round(process.memoryUsage.rss() / 1024 ** 2, 0),
        worker_rss_mib: largest(Machine.rssMib)
      }))
    let connections = 0
    const look = Effect.map(server.connections, (now) => {
      connections = Math.max(connections, now)
    })
    const watching = yield* Effect.forkScoped(Effect.all([
      Effect.repeat(look, Schedule.spaced("250 millis")),
      Effect.repeat(
        Effect.sync(report),
        Schedule.spaced(`${logSeconds} seconds`)
      ).pipe(Effect.delay(`${logSeconds} seconds`))
    ], { concurrency: 2 }))
    for (const workload of workloads) yield* drive({ client, programs, meter }, workload)
    const seconds = meter.elapsed(performance.now())
    const after = yield* usage(server, pids())
    yield* look
    yield* Fiber.interrupt(watching)
    report()
    const worker = largest(Machine.peakRssMib)

    yield* Scope.close(engineScope, Exit.void)
    yield* quiet(server)
    const steps = meter.steps
    const commits = (yield* server.transactions) - transactions
    return {
      elapsed_s: round(seconds, 3),
      instances: of,
      steps,
      throughput_per_s: round((unit === "steps" ? steps : of) / seconds, 1),
      steps_per_s: round(steps / seconds, 1),
      latency: latencyOf(meter.latencies),
      commits_per_step: round(commits / (steps + warmUp.steps), 4),
      wal_bytes_per_step: round((after.walBytes - before.walBytes) / steps, 0),
      ...cpuOf(before, after, steps, seconds),
      connections,
      peak_rss_mib: {
        dispatcher: round(process.resourceUsage().maxRSS / 1024, 0),
        worker
      },
      results_checked: meter.latencies.length
    }
  }))

/**
 * Until nobody is connected to the database: only then it has counted everything. A pooler
 * keeps its connections, which is not waited for.
 */
const quiet = (server: Server) =>
  Effect.repeat(server.connections, {
    until: (count) => count === 0,
    schedule: Schedule.intersect(Schedule.spaced("20 millis"), Schedule.recurs(100))
  })
