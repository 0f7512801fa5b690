/**
 * What a benchmark says at its end.
 *
 * @since 0.1.0
 */
import type { Latency } from "./Meter.ts"
import type { Facts } from "./Server.ts"

/** Milliseconds of CPU per step, user and system. */
export interface Cpu {
  /** The dispatcher and the client, which are one process here. */
  readonly dispatcher: number
  readonly workers: number
  /** The whole server; null when it runs on another host. */
  readonly postgres: number | null
  readonly total: number | null
}

export interface Report {
  readonly workload: string
  readonly options: Readonly<Record<string, unknown>>
  readonly elapsed_s: number
  readonly instances: number
  readonly steps: number
  /** Messages of `bench`, instances of `bench-instances`. */
  readonly throughput_per_s: number
  readonly steps_per_s: number
  /** Milliseconds from the start of an instance to its result in the client. */
  readonly latency: Latency
  /** Transactions of the database, with those that start, wait and beat. */
  readonly commits_per_step: number
  /** Of the whole server. */
  readonly wal_bytes_per_step: number
  readonly cpu_ms_per_step: Cpu
  /** The part of the host's CPU that others used; null where it cannot be told. */
  readonly foreign_cpu: number | null
  /** The most connections that were seen at once. */
  readonly connections: number
  /** MiB: the dispatcher, and the largest worker; null where it cannot be told. */
  readonly peak_rss_mib: { readonly dispatcher: number; readonly worker: number | null }
  /** Instances whose result was read back and compared; a wrong one fails the command. */
  readonly results_checked: number
  /** Postgres keeps what it confirmed when the power fails. */
  readonly durable: boolean
  readonly versions: { readonly rappel: string; readonly node: string } & Facts
}

/** For people. */
export const rowsOf = (report: Report): ReadonlyArray<ReadonlyArray<string>> => {
  const { cpu_ms_per_step: cpu, latency, peak_rss_mib: rss, versions } = report
  const text = (value: number | null, unit = "") => value === null ? "-" : `${value}${unit}`
  return [
    ["elapsed", `${report.elapsed_s} s`],
    ["instances", `${report.instances}, all results as expected`],
    ["throughput", `${report.throughput_per_s}/s, ${report.steps_per_s} steps/s`],
    [
      "latency",
      `p50 ${text(latency.p50)}, p95 ${text(latency.p95)}, p99 ${text(latency.p99)}, max ${
        text(latency.max, " ms")
      }`
    ],
    [
      "CPU per step",
      `${text(cpu.total, " ms")}: dispatcher ${cpu.dispatcher}, workers ${cpu.workers}, ` +
      `Postgres ${text(cpu.postgres)}; others used ${
        report.foreign_cpu === null ? "-" : `${Math.round(report.foreign_cpu * 100)} %`
      } of the host`
    ],
    ["transactions per step", String(report.commits_per_step)],
    ["WAL per step", `${report.wal_bytes_per_step} bytes`],
    ["connections", String(report.connections)],
    ["peak memory", `dispatcher ${rss.dispatcher} MiB, worker ${text(rss.worker, " MiB")}`],
    [
      "versions",
      `rappel ${versions.rappel}, Node ${versions.node}, Postgres ${versions.postgres}, ` +
      `fsync ${versions.fsync}, synchronous_commit ${versions.synchronous_commit}`
    ]
  ]
}
