/** Medians of runs, and ratios between engines of one comparison. */
import { WORKLOADS } from "../workloads.mjs"

/** Runs during which others used more of the host count only when there are no quieter ones. */
const QUIET = 0.15

const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The figure that a workload is about. */
const headlineOf = (workload, run) =>
  workload === "W1" || workload === "W2"
    ? run.per_second
    : workload === "W5"
    ? run.ms_per_step
    : run.latency_ms.p50

/** One row per workload and engine. */
export const summarise = (runs) => {
  const groups = Map.groupBy
    ? Map.groupBy(runs, ({ series, workload }) => `${workload} ${series}`)
    : runs.reduce((map, run) => {
      const key = `${run.workload} ${run.series}`
      return map.set(key, [...(map.get(key) ?? []), run])
    }, new Map())
  return Array.from(groups.values(), (group) => {
    const { series, workload } = group[0]
    const done = group.filter((run) => run.failed === undefined)
    const quiet = done.filter((run) => run.foreign_cpu <= QUIET)
    const counted = quiet.length > 0 ? quiet : done
    const of = (pick) => counted.length === 0 ? null : Number(median(counted.map(pick)).toFixed(3))
    const headlines = counted.map((run) => headlineOf(workload, run))
    return {
      workload,
      series,
      runs: `${quiet.length}/${done.length}/${group.length}`,
      value: headlines.length === 0 ? null : median(headlines),
      least: headlines.length === 0 ? null : Math.min(...headlines),
      most: headlines.length === 0 ? null : Math.max(...headlines),
      p99: counted[0]?.latency_ms === undefined ? null : of((run) => run.latency_ms.p99),
      node: of((run) => run.cpu_us_per_step.node),
      postgres: of((run) => run.cpu_us_per_step.postgres ?? 0),
      wal: of((run) => run.wal_bytes_per_step),
      transactions: of((run) => run.transactions_per_step),
      connections: of((run) => run.connections),
      rss: of((run) => run.peak_rss_mib),
      foreign: of((run) => run.foreign_cpu),
      settings: counted[0]?.settings
    }
  })
}

/** How much better rappel is: above 1 it is. */
const ratioOf = (workload, ours, theirs) =>
  ours === undefined || ours.value === null || theirs.value === null
    ? "-"
    : (WORKLOADS[workload].isRate ? ours.value / theirs.value : theirs.value / ours.value).toFixed(
      2
    )

const number = (value) =>
  value === null ? "-" : value.toLocaleString("en", { maximumSignificantDigits: 4 })

/** Markdown, as docs/performance.md has it. */
export const printTables = (rows, environment, say) => {
  say(`\n${JSON.stringify(environment)}`)
  for (const [workload, { besideSingle = [], title, unit }] of Object.entries(WORKLOADS)) {
    const own = rows.filter((row) => row.workload === workload)
    if (own.length === 0) continue
    const oursOf = (row) => {
      const compared = besideSingle.includes(row.series) ? "rappel-single" : "rappel"
      return own.find(({ series }) => series === compared)
    }
    say(`\n### ${workload}: ${title}\n`)
    say(
      `| engine | ${unit} | least to most | rappel is better by | p99 ms | CPU a step, µs: Node + Postgres |` +
        " WAL a step | transactions a step | connections | peak MiB | others' CPU | quiet/done/all runs |"
    )
    say("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for (const row of own) {
      say(
        `| ${row.series} | ${number(row.value)} | ${number(row.least)} to ${number(row.most)} | ` +
          `${ratioOf(workload, oursOf(row), row)} | ${number(row.p99)} | ` +
          `${number(row.node)} + ${number(row.postgres)} | ${number(row.wal)} | ` +
          `${number(row.transactions)} | ${number(row.connections)} | ${number(row.rss)} | ` +
          `${row.foreign === null ? "-" : Math.round(row.foreign * 100)} % | ${row.runs} |`
      )
    }
  }
  say("\nSettings:\n")
  for (const row of rows) {
    if (row.workload === "W2") say(`- ${row.series}: ${JSON.stringify(row.settings)}`)
  }
}
