/**
 * The server's processes: making a cluster, starting, finding and stopping its server.
 */
import { execFile, execFileSync, spawn } from "node:child_process"
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync
} from "node:fs"
import { basename, dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { promisify } from "node:util"
import { type Account, spawnOptions } from "./account.ts"
import type { Binaries } from "./binaries.ts"
import { EmbeddedError } from "./EmbeddedError.ts"
import { isAlive } from "./lock.ts"
import { ping, USER } from "./ping.ts"

export interface Running {
  readonly pid: number
  readonly socketDirectory: string
}

/** Recovery after a crash replays up to `max_wal_size` (1 GB); the rest is for slow disks. */
const START_MILLIS = 60_000

const PAUSE_MILLIS = 15

/** A log beyond this is begun anew with the next start. */
const LOG_BYTES = 4 * 1024 * 1024

/**
 * Makes a cluster in `data`. It grows beside that name and gets it by a rename, so that
 * a start that was killed leaves no half cluster and two at once leave one whole one.
 */
export const makeCluster = async (
  binaries: Binaries,
  data: string,
  account: Account,
  fsync: boolean
): Promise<void> => {
  removeHalfMade(data)
  const building = `${data}.new-${process.pid}`
  mkdirSync(building, { mode: 0o700 })
  try {
    if (account !== null) chownSync(building, account.uid, account.gid)
    await promisify(execFile)(binaries.initdb, [
      `--pgdata=${building}`,
      `--username=${USER}`,
      "--auth=trust",
      "--no-locale",
      "--encoding=UTF8",
      ...(fsync ? [] : ["--no-sync"])
    ], spawnOptions(account))
    renameSync(building, data)
  } catch (cause) {
    if (existsSync(`${data}/PG_VERSION`)) return
    throw new EmbeddedError({
      state: `\`initdb\` could not make a cluster in ${data}: ${lastLines(outputOf(cause))}.`,
      remedy: "Remove what it names, or set DATABASE_URL to a Postgres of yours."
    })
  } finally {
    rmSync(building, { recursive: true, force: true })
  }
}

/** Removes what starts left that were killed, and what this process left. */
const removeHalfMade = (data: string): void => {
  const prefix = `${basename(data)}.new-`
  for (const name of readdirSync(dirname(data))) {
    if (!name.startsWith(prefix)) continue
    const pid = Number(name.slice(prefix.length))
    if (pid !== process.pid && isAlive(pid)) continue
    rmSync(join(dirname(data), name), { recursive: true, force: true })
  }
}

/** The major version that wrote the cluster; null when there is none yet. */
export const versionOfData = (data: string): number | null =>
  existsSync(`${data}/PG_VERSION`) ? Number(readFileSync(`${data}/PG_VERSION`, "utf8")) : null

/** Starts the server and answers when it takes connections. It lives on when this process ends. */
export const start = async (options: {
  readonly binaries: Binaries
  readonly data: string
  readonly socketDirectory: string
  readonly logFile: string
  readonly account: Account
  readonly fsync: boolean
}): Promise<Running> => {
  const { data, logFile, socketDirectory } = options
  if (existsSync(logFile) && statSync(logFile).size > LOG_BYTES) rmSync(logFile)
  const log = openSync(logFile, "a")
  const server = spawn(options.binaries.postgres, ["-D", data, ...settings(options)], {
    ...spawnOptions(options.account),
    stdio: ["ignore", log, log],
    detached: true
  })
  closeSync(log)
  let ended: string | null = null
  server.once("error", (cause) => ended = cause.message)
  server.once("exit", (code, signal) => ended = `it ended with ${signal ?? `code ${code}`}`)
  server.unref()

  const deadline = Date.now() + START_MILLIS
  while (ended === null && Date.now() < deadline) {
    if (server.pid !== undefined && await ping(socketDirectory)) {
      return { pid: server.pid, socketDirectory }
    }
    await sleep(PAUSE_MILLIS)
  }
  server.kill("SIGQUIT")
  throw new EmbeddedError({
    state: `Postgres did not start on ${data}: ${ended ?? "it does not answer"} (${
      lastLines(readFileSync(logFile, "utf8"))
    }).`,
    remedy: `See ${logFile}, or set DATABASE_URL to a Postgres of yours.`
  })
}

/**
 * No TCP port that could clash or be reached from outside, and nothing in /dev/shm, of which
 * containers have little. Without `fsync` the cluster is for data that nobody misses.
 */
const settings = (options: { readonly socketDirectory: string; readonly fsync: boolean }) =>
  [
    "listen_addresses=",
    `unix_socket_directories="${options.socketDirectory}"`,
    "unix_socket_permissions=0700",
    "port=5432",
    "dynamic_shared_memory_type=mmap",
    `shared_buffers=${options.fsync ? 128 : 64}MB`,
    "max_connections=100",
    "logging_collector=off",
    "timezone=UTC",
    "log_timezone=UTC",
    // The npm package has no LLVM, and plans that are short to run gain nothing from it.
    "jit=off",
    ...(options.fsync ? [] : ["fsync=off", "full_page_writes=off"])
  ].flatMap((setting) => ["-c", setting])

/** The server on `data`, or null when there is none; waits for one that is starting. */
export const attach = async (data: string): Promise<Running | null> => {
  const deadline = Date.now() + START_MILLIS
  for (;;) {
    const running = statusOf(data)
    if (running === null) return null
    if (running.socketDirectory !== "" && await ping(running.socketDirectory)) return running
    if (Date.now() > deadline) {
      throw new EmbeddedError({
        state: `The Postgres on ${data} (process ${running.pid}) runs but takes no connections.`,
        remedy: `End that process and try again, or set DATABASE_URL to a Postgres of yours.`
      })
    }
    await sleep(PAUSE_MILLIS)
  }
}

/** The server that another process is about to start on `data`. */
export const awaitStart = async (data: string): Promise<Running> => {
  const deadline = Date.now() + START_MILLIS
  while (Date.now() < deadline) {
    const running = await attach(data)
    if (running !== null) return running
    await sleep(PAUSE_MILLIS)
  }
  throw new EmbeddedError({
    state: `The process that makes the cluster in ${data} has not started it.`,
    remedy: "Remove that folder and try again."
  })
}

/** What `postmaster.pid` says, if the process that wrote it still runs. */
export const statusOf = (data: string): Running | null => {
  const lines = pidFile(data)
  if (lines === null) return null
  const pid = Number(lines[0])
  return isServerOf(data, pid) ? { pid, socketDirectory: lines[4] ?? "" } : null
}

/**
 * Removes what a killed server left. Its pid may belong to another process by now (soon
 * so in containers), at the sight of which Postgres would refuse to start.
 */
export const clearStale = (data: string): void => {
  const lines = pidFile(data)
  if (lines === null || isServerOf(data, Number(lines[0]))) return
  rmSync(`${data}/postmaster.pid`, { force: true })
  const socketDirectory = lines[4] ?? ""
  if (/\/rappel-[^/]+$/.test(socketDirectory)) {
    rmSync(socketDirectory, { recursive: true, force: true })
  }
}

/**
 * Ends the server: at the end of running transactions' statements, then harder.
 * A server that removed its `postmaster.pid` has closed the cluster.
 */
export const stop = async (data: string, running: Running): Promise<void> => {
  for (
    const [signal, millis] of [["SIGINT", 10_000], ["SIGQUIT", 3_000], ["SIGKILL", 1_000]] as const
  ) {
    const deadline = Date.now() + millis
    try {
      process.kill(running.pid, signal)
      while (Date.now() < deadline && statusOf(data)?.pid === running.pid) await sleep(PAUSE_MILLIS)
    } catch {
      break
    }
    if (statusOf(data)?.pid !== running.pid) break
  }
  clearStale(data)
  if (/\/rappel-[^/]+$/.test(running.socketDirectory)) {
    rmSync(running.socketDirectory, { recursive: true, force: true })
  }
}

const pidFile = (data: string): ReadonlyArray<string> | null => {
  try {
    return readFileSync(`${data}/postmaster.pid`, "utf8").split("\n")
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null
    throw new EmbeddedError({
      state: `The cluster in ${data} belongs to another account and cannot be read by this one.`,
      remedy:
        `Run as the account that made it, remove ${data}, or set DATABASE_URL to a Postgres of yours.`
    })
  }
}

/** Whether `pid` is a Postgres on `data`, and not a later process with the same number. */
const isServerOf = (data: string, pid: number): boolean => {
  if (!isAlive(pid)) return false
  try {
    const command = process.platform === "linux"
      ? readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ")
      : execFileSync("ps", ["-ww", "-o", "command=", "-p", String(pid)], { encoding: "utf8" })
    return command.includes(data)
  } catch {
    // A system that hides processes of others: what the file says is all there is.
    return true
  }
}

const outputOf = (cause: unknown): string => {
  const { message, stderr } = cause as { readonly stderr?: string; readonly message: string }
  return stderr || message
}

const lastLines = (text: string): string => text.trim().split("\n").slice(-3).join(" ").trim()
