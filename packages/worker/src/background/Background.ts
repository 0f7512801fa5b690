/**
 * The process that runs a project's instances in development while its apps only start
 * and await them: embedded Postgres, dispatcher and worker processes.
 *
 * It is started by the first app and ends a while after the last. When the project's
 * sources have changed since the workers were started, they are replaced before the next
 * app is greeted, so that nobody runs yesterday's actions.
 *
 * @since 0.1.0
 */
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import type { LocalDispatcher } from "@rappel/core/dispatcher/LocalDispatcher"
import type { Queue } from "@rappel/core/queue/Queue"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import { statSync } from "node:fs"
import * as ProcessPool from "../ProcessPool.ts"
import type { Settings } from "../project/Environment.ts"
import { sourceFiles } from "../project/ProjectFiles.ts"
import * as Database from "../runtime/Database.ts"
import * as Engine from "../runtime/Engine.ts"
import * as Meeting from "./Meeting.ts"
import { socketOf } from "./place.ts"

export interface BackgroundOptions {
  readonly projectRoot: string
  readonly settings: Settings
  /** Ends this long after the last app has gone; never when absent. */
  readonly idleMillis?: number
  /** Runs beside the apps, from the time when they are served. */
  readonly onReady?: (running: Running) => Effect.Effect<unknown, unknown>
}

/** A background process that serves. */
export interface Running {
  readonly workers: number
  /** Replaces the workers when a source is newer than they are. */
  readonly refresh: Effect.Effect<void, unknown>
}

/** The first app connects as soon as the socket is there. */
const FIRST_APP_MILLIS = 20_000

const newestSource = (projectRoot: string): number => {
  let newest = 0
  for (const file of sourceFiles(projectRoot)) {
    newest = Math.max(newest, statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0)
  }
  return newest
}

/** Dispatcher and workers over a queue that is there already. */
const layerEngine = (
  { projectRoot, settings }: BackgroundOptions
): Layer.Layer<LocalDispatcher, unknown, Queue> =>
  Engine.layer(Engine.dispatcherOptions(settings), settings).pipe(
    Layer.provide(Layer.mergeAll(
      Layer.succeed(ProgramSource.ProgramSource, ProgramSource.make({})),
      ProcessPool.layer({
        workers: settings.workerCount,
        spares: settings.spareWorkers ?? 0,
        concurrency: settings.concurrentPerWorker,
        userModules: settings.userModules,
        projectRoot,
        ...(settings.maxActionLifecycle === undefined
          ? {}
          : { maxActions: settings.maxActionLifecycle })
      })
    ))
  )

/**
 * Serves a project until nobody needs it any more.
 *
 * **Errors** Those of the database and of the workers, when they cannot be started.
 *
 * @since 0.1.0
 * @category running
 */
export const serve = (options: BackgroundOptions) =>
  Effect.scoped(Effect.gen(function*() {
    const { idleMillis, projectRoot, settings } = options
    const url = yield* Database.urlOf({ kind: "embedded", projectRoot })
    const queue = yield* Layer.build(Database.layerQueue({ kind: "url", url }, {
      maxConnections: Database.DISPATCHER_CONNECTIONS,
      pollMillis: settings.pollIntervalMillis,
      listen: settings.listens
    }))
    const outer = yield* Effect.scope
    const lock = yield* Effect.makeSemaphore(1)
    const idle = yield* Deferred.make<unknown, unknown>()
    const run = Runtime.runPromise(yield* Effect.runtime<never>())

    let engine: Scope.CloseableScope | undefined
    let startedFor = -1

    /** Starts the engine, or replaces it when the sources are newer than it. */
    const refresh = lock.withPermits(1)(Effect.gen(function*() {
      const newest = newestSource(projectRoot)
      if (engine !== undefined && newest <= startedFor) return
      if (engine !== undefined) yield* Scope.close(engine, Exit.void)
      engine = yield* Scope.fork(outer, ExecutionStrategy.sequential)
      yield* Layer.buildWithScope(
        Layer.provide(layerEngine(options), Layer.succeedContext(queue)),
        engine
      )
      startedFor = newest
    }))
    yield* refresh

    let ending: NodeJS.Timeout | undefined
    const endIn = (millis: number) => {
      ending = setTimeout(() => Deferred.unsafeDone(idle, Exit.void), millis)
    }
    const onCount = (count: number) => {
      clearTimeout(ending)
      if (count === 0 && idleMillis !== undefined) endIn(idleMillis)
    }
    if (idleMillis !== undefined) endIn(FIRST_APP_MILLIS)
    yield* Effect.addFinalizer(() => Effect.sync(() => clearTimeout(ending)))

    const greet = () =>
      run(Effect.as(refresh, { pid: process.pid, databaseUrl: Redacted.value(url) }))
    yield* Meeting.listen(socketOf(projectRoot), greet, onCount)
    if (options.onReady !== undefined) {
      const running: Running = { workers: settings.workerCount, refresh }
      yield* Effect.forkScoped(Effect.intoDeferred(options.onReady(running), idle))
    }
    yield* Deferred.await(idle)
  }))
