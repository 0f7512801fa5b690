/**
 * The Postgres of an audit: a cluster of its own that can crash and come up again.
 *
 * Commits are as durable as in production (`fsync` is on), and it keeps the moment of every
 * commit, from which the audit reads what was durable when.
 */
import { ofServer } from "@rappel/embedded/account"
import * as binaries from "@rappel/embedded/binaries"
import { makeFolder, temporaryFolder } from "@rappel/embedded/folders"
import * as server from "@rappel/embedded/server"
import { appendFileSync, rmSync } from "node:fs"
import { join, resolve } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import type { Reaper } from "./Reaper.ts"

export interface Cluster {
  /** A connection string over the Unix socket, past all proxies. */
  readonly url: string
  readonly socket: string
  /** `pg_ctl stop -m immediate`: no process of it gets to do anything more. */
  readonly crash: () => Promise<void>
  /** Recovers, and answers when it takes connections. */
  readonly start: () => Promise<void>
  readonly remove: () => Promise<void>
}

const PROJECT = resolve(import.meta.dirname, "../..")

export const make = async (
  reaper: Reaper,
  version: number | undefined,
  /** Added to its configuration, a line for each. */
  settings = ""
): Promise<Cluster> => {
  const account = ofServer()
  const folder = temporaryFolder(account)
  makeFolder(folder, account)
  reaper.remove(folder)
  const data = join(folder, "data")
  const found = binaries.find({ projectRoot: PROJECT, version, account })
  await server.makeCluster(found, data, account, true)
  appendFileSync(
    join(data, "postgresql.conf"),
    "track_commit_timestamp = on\nmax_wal_size = '4GB'\n" + settings
  )

  let running: server.Running | null = null
  const start = async () => {
    server.clearStale(data)
    running = await server.start({
      binaries: found,
      data,
      socketDirectory: folder,
      logFile: join(folder, "postgres.log"),
      account,
      fsync: true
    })
    reaper.adopt(running.pid)
  }
  const crash = async () => {
    if (running === null) return
    const { pid } = running
    running = null
    process.kill(pid, "SIGQUIT")
    while (server.statusOf(data)?.pid === pid) await pause(5)
    reaper.release(pid)
  }
  await start()
  return {
    url: `postgresql://postgres@/postgres?host=${encodeURIComponent(folder)}`,
    socket: `${folder}/.s.PGSQL.5432`,
    crash,
    start,
    remove: async () => {
      await crash()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    }
  }
}
