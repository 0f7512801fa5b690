/**
 * What `greeting.run()` runs on in Node: a client, and nothing else in this process.
 *
 * With `DATABASE_URL` it is a client of that database, which `rappel start-workers` serves.
 * Without, in development, it is a client of the project's background process. Neither
 * keeps the process alive when nothing is awaited.
 *
 * @since 0.1.0
 */
import type { DefaultRuntime } from "@rappel/core/client/DefaultRuntime"
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import * as RappelClient from "@rappel/core/client/RappelClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { attachOrStart } from "./background/attachOrStart.ts"
import type { Attached } from "./background/Meeting.ts"
import { type Settings, settingsOf, variablesOf } from "./project/Environment.ts"
import { projectRootOf } from "./project/ProjectFiles.ts"
import * as Database from "./runtime/Database.ts"

/** One for statements, one to listen. */
const CLIENT_CONNECTIONS = 2

const layerClient = (
  url: Redacted.Redacted<string>,
  projectRoot: string,
  settings: Settings
) =>
  RappelClient.layer.pipe(
    Layer.provide(Layer.mergeAll(
      Database.layerQueue({ kind: "url", url }, {
        maxConnections: CLIENT_CONNECTIONS,
        pollMillis: settings.pollIntervalMillis,
        listen: settings.listens
      }),
      ProgramSource.layer({ projectRoot, isProduction: settings.isProduction })
    ))
  )

const ofDatabase = (
  url: Redacted.Redacted<string>,
  projectRoot: string,
  settings: Settings
): DefaultRuntime => {
  const make = () => ManagedRuntime.make(layerClient(url, projectRoot, settings))
  let runtime = make()
  return {
    skipsWait: settings.skipsWait,
    runExit: async (effect) => {
      const used = runtime
      const built = await Effect.runPromiseExit(used.runtimeEffect)
      if (Exit.isSuccess(built)) return await used.runPromiseExit(effect)
      // A runtime remembers that it could not be built; the next call has a new one.
      if (runtime === used) runtime = make()
      await used.dispose()
      return Exit.failCause(built.cause)
    },
    close: () => runtime.dispose()
  }
}

/** A client of the background process; when that goes while somebody waits, the next is started. */
const ofBackground = async (projectRoot: string, settings: Settings): Promise<DefaultRuntime> => {
  let attached: Attached | undefined
  let waiting = 0
  let isClosed = false

  const reattach = async (): Promise<void> => {
    if (isClosed || attached?.isOpen() === true) return
    attached = await attachOrStart(projectRoot)
    attached.onClose(() => {
      if (waiting > 0) reattach().catch(() => {})
    })
  }
  await reattach()
  const url = Redacted.make(attached!.greeting.databaseUrl)
  const client = ofDatabase(url, projectRoot, settings)
  return {
    skipsWait: settings.skipsWait,
    runExit: async (effect) => {
      await reattach()
      waiting++
      try {
        return await client.runExit(effect)
      } finally {
        waiting--
      }
    },
    close: async () => {
      isClosed = true
      await client.close()
      attached?.close()
    }
  }
}

/**
 * The runtime that the environment of this process asks for.
 *
 * **Errors** Rejects when a variable has a wrong value, when production names no database,
 * and when the background process cannot be started.
 *
 * @since 0.1.0
 * @category constructors
 */
export const defaultRuntime = async (): Promise<DefaultRuntime> => {
  const folder = process.cwd()
  const settings = settingsOf(variablesOf(process.env, folder))
  const projectRoot = projectRootOf(folder)
  if (settings.databaseUrl !== undefined) {
    return ofDatabase(settings.databaseUrl, projectRoot, settings)
  }
  if (settings.isProduction) {
    throw new Error(
      "DATABASE_URL is not set, and with NODE_ENV=production no database is started by itself. " +
        "Set it to the Postgres that `rappel start-workers` serves."
    )
  }
  return await ofBackground(projectRoot, settings)
}
