/**
 * `rappel start-workers`: a dispatcher and its worker processes until a signal ends them.
 *
 * @since 0.1.0
 */
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import { LocalDispatcher } from "@rappel/core/dispatcher/LocalDispatcher"
import * as Retention from "@rappel/core/retention/Retention"
import * as ProcessPool from "@rappel/worker/ProcessPool"
import { MANIFEST, projectRootOf, readManifest } from "@rappel/worker/project/ProjectFiles"
import * as Database from "@rappel/worker/runtime/Database"
import * as Engine from "@rappel/worker/runtime/Engine"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type { ExitCode } from "../CliError.ts"
import { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { settingsWith, targetOf } from "../runtime/options.ts"

export interface StartWorkersInput {
  readonly databaseUrl: Option.Option<Redacted.Redacted<string>>
  readonly workers: Option.Option<number>
  readonly concurrency: Option.Option<number>
  readonly userModule: Option.Option<string>
}

/** A worker that dies is then replaced without the time of a start. */
const SPARES = 1

export const execute = (
  input: StartWorkersInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.scoped(Effect.gen(function*() {
    const { folder } = yield* Invocation
    const { note } = yield* Output
    const settings = yield* settingsWith(input)
    const target = targetOf(settings, folder)
    if (target.kind === "embedded") {
      note("DATABASE_URL is not set: this project's embedded Postgres is used.")
    }
    const projectRoot = projectRootOf(folder)
    const manifest = readManifest(projectRoot)
    const engine = Layer.merge(
      Engine.layer(Engine.dispatcherOptions(settings), settings),
      Retention.layer(settings.retention)
    ).pipe(
      Layer.provide(Layer.mergeAll(
        Database.layerQueue(target, {
          maxConnections: Database.DISPATCHER_CONNECTIONS,
          pollMillis: settings.pollIntervalMillis,
          listen: settings.listens
        }),
        ProcessPool.layer({
          workers: settings.workerCount,
          spares: settings.spareWorkers ?? SPARES,
          concurrency: settings.concurrentPerWorker,
          projectRoot,
          userModules: settings.userModules,
          ...(manifest === undefined ? {} : { manifest: manifest.generated }),
          ...(settings.maxActionLifecycle === undefined
            ? {}
            : { maxActions: settings.maxActionLifecycle })
        }),
        Layer.succeed(ProgramSource.ProgramSource, ProgramSource.make({}))
      ))
    )
    const context = yield* Layer.build(engine)
    const { id } = yield* Effect.provide(
      Effect.map(LocalDispatcher, (dispatcher) => dispatcher.status()),
      context
    )
    note(
      `Ready: dispatcher ${id} with ${settings.workerCount} worker processes of ` +
        `${settings.concurrentPerWorker} actions each, for ${projectRoot}` +
        (manifest === undefined ? "" : ` (${MANIFEST})`)
    )
    return yield* Effect.never
  }))
