/**
 * What rappel costs a database that has nothing to do: statements a second, transactions and
 * connections, for several numbers of dispatchers and workers.
 *
 * `node scripts/with-sources.mjs test/scale/idle.ts [--seconds N]` starts a Postgres of its own
 * that counts statements, and prints one line per shape.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import pg from "pg"
import * as Cluster from "../chaos/Cluster.ts"
import * as Reaper from "../chaos/Reaper.ts"

const RAPPEL = fileURLToPath(new URL("../../packages/cli/bin/rappel.mjs", import.meta.url))

const SHAPES = [[1, 1], [1, 8], [4, 1], [4, 8]] as const

const { values } = parseArgs({ options: { seconds: { type: "string", default: "20" } } })
const seconds = Number(values.seconds)

interface Counters {
  readonly transactions: number
  readonly statements: number
  readonly connections: number
}

/** What the server has counted so far. */
const countersOf = async (client: pg.Client): Promise<Counters> => {
  await client.query("select pg_stat_clear_snapshot()")
  const { rows: [row] } = await client.query(
    `select (select sum(calls) from pg_stat_statements)::float8 as statements,
       (select xact_commit from pg_stat_database where datname = current_database())::float8
         as transactions,
       (
         select count(*) from pg_stat_activity
         where backend_type = 'client backend' and pid <> pg_backend_pid()
       )::float8 as connections`
  )
  return row
}

const measure = async (cluster: Cluster.Cluster, reaper: Reaper.Reaper, cwd: string) => {
  const client = new pg.Client({ connectionString: cluster.url })
  // When the measurement fails, the cluster goes first, and the error is that of the failure.
  client.on("error", () => {})
  await client.connect()
  await client.query("create extension if not exists pg_stat_statements")
  for (const [dispatchers, workers] of SHAPES) {
    const running = Array.from({ length: dispatchers }, () => {
      const child = spawn(process.execPath, [RAPPEL, "start-workers"], {
        cwd,
        env: {
          ...process.env,
          DATABASE_URL: cluster.url,
          RAPPEL_WORKER_COUNT: String(workers)
        },
        stdio: ["ignore", "ignore", "pipe"]
      })
      reaper.adopt(child.pid!)
      const ready = new Promise<void>((resolve, reject) => {
        let said = ""
        child.stderr.setEncoding("utf8").on("data", (text: string) => {
          said += text
          if (said.includes("Ready:")) resolve()
        })
        child.once("exit", () => reject(new Error(said)))
      })
      const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()))
      return { child, ready, ended }
    })
    await Promise.all(running.map(({ ready }) => ready))
    // The other workers start after the first, and connections that were needed once close.
    await pause(10_000)
    const before = await countersOf(client)
    await pause(seconds * 1000)
    const after = await countersOf(client)
    // The first look counts as two statements of ours.
    const statements = (after.statements - before.statements - 2) / seconds
    process.stdout.write(
      `${
        JSON.stringify({
          dispatchers,
          workers,
          statementsPerSecond: Number(statements.toFixed(2)),
          transactionsPerSecond: Number(
            ((after.transactions - before.transactions) / seconds).toFixed(2)
          ),
          connections: after.connections
        })
      }\n`
    )
    for (const { child } of running) child.kill("SIGTERM")
    await Promise.all(running.map(({ ended }) => ended))
  }
  await client.end()
}

const main = async () => {
  const reaper = Reaper.make()
  const cwd = mkdtempSync(join(tmpdir(), "rappel-idle-"))
  reaper.remove(cwd)
  writeFileSync(join(cwd, "package.json"), `{ "name": "idle", "type": "module" }\n`)
  const cluster = await Cluster.make(reaper, 17, "shared_preload_libraries = 'pg_stat_statements'")
  try {
    await measure(cluster, reaper, cwd)
  } finally {
    await cluster.remove()
    await reaper.end()
    rmSync(cwd, { recursive: true, force: true })
  }
}

await main()
