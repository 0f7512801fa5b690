/** One measurement: an engine in a fresh process, on a fresh database. */
import { fork } from "node:child_process"
import { once } from "node:events"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { counters, treePeakRssMib } from "./counters.mjs"

const root = join(import.meta.dirname, "..")

/** A run that takes longer is given up, and says so. */
const LIMIT_MILLIS = 180_000

/** Connections are counted this often: each count takes the server's time from one instance of W4. */
const WATCH_MILLIS = 1000

const percentile = (sorted, part) => sorted[Math.max(Math.ceil(sorted.length * part) - 1, 0)]

const round = (value, digits = 3) => value === undefined ? null : Number(value.toFixed(digits))

/** `engine` is the file's name; `workload` what it is asked for. */
export const measure = async (
  { engine, node, nodeOptions = "", server, size, steps, url, warmUp, workload }
) => {
  const database = `rappel_bench_${process.pid}_${Date.now()}`
  await server.query(`create database ${database}`)
  const address = url.replace(
    /^(postgres(?:ql)?:\/\/[^/?]*)(?:\/[^?]*)?(\?.*)?$/,
    (_, host, rest = "") => `${host}/${database}${rest}`
  )
  await server.query("checkpoint").catch(() => {})

  const child = fork(join(root, "engines", `${engine}.mjs`), [], {
    execPath: node,
    cwd: root,
    env: {
      ...process.env,
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} ${nodeOptions}`.trim()
    },
    stdio: ["ignore", "ignore", "pipe", "ipc"]
  })
  let errors = ""
  child.stderr.on("data", (chunk) => {
    errors = (errors + chunk).slice(-4000)
  })
  const exited = once(child, "exit")
  const limit = setTimeout(() => child.kill("SIGKILL"), LIMIT_MILLIS)
  let connections = 0
  const countConnections = async () => {
    const { rows: [row] } = await server.query(
      `select count(*)::int as count
       from pg_stat_activity
       where datname = $1 and backend_type = 'client backend'`,
      [database]
    )
    connections = Math.max(connections, row.count)
  }
  const watch = setInterval(countConnections, WATCH_MILLIS)

  const messages = (async function*() {
    for (;;) {
      const [message] = await Promise.race([
        once(child, "message"),
        exited.then((
          [code, signal]
        ) => [{ kind: "gone", reason: `it ended with ${code ?? signal}` }])
      ])
      yield message
    }
  })()
  let before
  let settings
  let startedAt
  try {
    for await (const message of messages) {
      if (message.kind === "ready") child.send({ size, url: address, warmUp, workload })
      else if (message.kind === "begin") {
        settings = message.settings
        before = await counters(server, child.pid, database)
        startedAt = performance.now()
        child.send("go")
      } else if (message.kind === "end") {
        const elapsed = performance.now() - startedAt
        const after = await counters(server, child.pid, database)
        const rss = treePeakRssMib(child.pid)
        await countConnections()
        child.send("done")
        await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, 5000))])
        return recordOf({
          before,
          after,
          elapsed,
          message,
          size,
          steps,
          connections,
          settings,
          rss
        })
      } else {
        throw new Error(`${engine} did not finish ${workload}: ${message.reason}\n${errors}`)
      }
    }
  } finally {
    clearTimeout(limit)
    clearInterval(watch)
    child.kill("SIGKILL")
    await exited
    await server.query(`drop database if exists ${database} with (force)`)
  }
}

const recordOf = ({ after, before, connections, elapsed, message, rss, settings, size, steps }) => {
  const count = size * steps
  const node = after.node - before.node
  const postgres = after.postgres === undefined ? undefined : after.postgres - before.postgres
  const own = node + (postgres ?? 0)
  const sorted = message.latencies?.toSorted((a, b) => a - b)
  return {
    size,
    seconds: round(message.seconds),
    per_second: round(size / message.seconds, 1),
    ms_per_step: round(message.seconds * 1000 / count),
    ...(sorted === undefined
      ? {}
      : {
        latency_ms: { p50: round(percentile(sorted, 0.5)), p99: round(percentile(sorted, 0.99)) }
      }),
    cpu_us_per_step: {
      node: round(node * 1000 / count, 1),
      postgres: postgres === undefined ? null : round(postgres * 1000 / count, 1),
      total: round(own * 1000 / count, 1)
    },
    foreign_cpu: round(
      Math.max(after.host - before.host - own, 0) / (elapsed * availableParallelism())
    ),
    wal_bytes_per_step: round((after.wal - before.wal) / count, 0),
    transactions_per_step: round((after.transactions - before.transactions) / count, 4),
    connections,
    peak_rss_mib: round(rss, 0),
    settings
  }
}
