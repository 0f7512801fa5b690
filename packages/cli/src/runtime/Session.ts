/**
 * What a command runs workflows on: a database, and for each project root among the
 * requests a dispatcher with workers of its own.
 *
 * @since 0.1.0
 */
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import { RappelClient } from "@rappel/core/client/RappelClient"
import type { WorkerPool } from "@rappel/core/worker/WorkerPool"
import { layerInline } from "@rappel/core/worker/WorkerPoolInline"
import * as ActionModules from "@rappel/worker/ActionModules"
import { installCurrentCall } from "@rappel/worker/AsyncCurrentCall"
import * as ProcessPool from "@rappel/worker/ProcessPool"
import type { Settings } from "@rappel/worker/project/Environment"
import * as Database from "@rappel/worker/runtime/Database"
import * as Engine from "@rappel/worker/runtime/Engine"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"

export interface SessionOptions {
  readonly target: Database.DatabaseTarget
  readonly settings: Settings
  /** Actions run in this process. */
  readonly isInline: boolean
}

/** Keeps stdout for results: what actions print goes to stderr. */
const layerPool = (
  { isInline, settings }: SessionOptions,
  projectRoot: string
): Layer.Layer<WorkerPool, unknown> => {
  const { concurrentPerWorker, maxActionLifecycle, userModules, workerCount } = settings
  if (isInline) installCurrentCall()
  return isInline
    ? Layer.provide(
      layerInline({ slots: workerCount * concurrentPerWorker }),
      ActionModules.layer({ projectRoot, userModules, manifest: null })
    )
    : ProcessPool.layer({
      workers: workerCount,
      concurrency: concurrentPerWorker,
      projectRoot,
      userModules,
      stdout: "stderr",
      ...(maxActionLifecycle === undefined ? {} : { maxActions: maxActionLifecycle })
    })
}

export interface Session {
  /** Ends when the database can be used; fails when there is none. */
  readonly ready: Effect.Effect<void, Database.DatabaseError>
  /** The client whose dispatcher runs the actions of a project root; made at its first use. */
  readonly clientOf: (projectRoot: string) => Effect.Effect<RappelClient["Type"], unknown>
}

/**
 * Begins to connect, and to start the database if it is ours; workers start meanwhile.
 *
 * @category constructors
 */
export const make = (options: SessionOptions): Effect.Effect<Session, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { settings, target } = options
    const scope = yield* Effect.scope
    const queue = yield* Effect.forkScoped(Layer.buildWithScope(
      Database.layerQueue(target, {
        maxConnections: Database.DISPATCHER_CONNECTIONS,
        pollMillis: settings.pollIntervalMillis,
        listen: settings.listens
      }),
      scope
    ))
    const clientOf = yield* Effect.cachedFunction((projectRoot: string) =>
      Effect.gen(function*() {
        const [pool, database] = yield* Effect.all(
          [Layer.build(layerPool(options, projectRoot)), Fiber.join(queue)],
          { concurrency: 2 }
        )
        const engine = Engine.layer(
          Engine.ownWorkOnly(Engine.dispatcherOptions(settings)),
          settings
        )
        const parts = Layer.mergeAll(
          Layer.succeedContext(Context.merge(pool, database)),
          Layer.succeed(ProgramSource.ProgramSource, ProgramSource.make({}))
        )
        return Context.get(yield* Layer.build(Layer.provide(engine, parts)), RappelClient)
      }).pipe(Scope.extend(scope))
    )
    return { ready: Effect.asVoid(Fiber.join(queue)), clientOf }
  })
