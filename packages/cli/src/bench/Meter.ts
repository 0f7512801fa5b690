/**
 * Counts what is done and how long it took, and says so in lines that `rappel bench-report`
 * reads.
 *
 * @since 0.1.0
 */

/** Milliseconds; null when there was nothing to measure. */
export interface Latency {
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly max: number | null
}

/** What processes hold now, in MiB. */
export interface Memory {
  readonly dispatcher_rss_mib: number
  /** Of the largest worker; null where there is none, and without `/proc`. */
  readonly worker_rss_mib: number | null
}

/** One live line. */
export interface Progress extends Memory {
  readonly elapsed_s: number
  readonly done: number
  readonly of: number
  readonly steps: number
  /** Since the last line. */
  readonly throughput_per_s: number
  readonly steps_per_s: number
  readonly p50_ms: number | null
  readonly p95_ms: number | null
}

export const round = (value: number, digits = 2): number => Number(value.toFixed(digits))

/** The smallest value that `part` of all are at most as large as; they are sorted. */
export const percentile = (sorted: ReadonlyArray<number>, part: number): number | null =>
  sorted.length === 0 ? null : round(sorted[Math.max(Math.ceil(sorted.length * part) - 1, 0)]!)

export const latencyOf = (millis: ReadonlyArray<number>): Latency => {
  const sorted = Float64Array.from(millis).sort()
  const all = Array.from(sorted)
  return {
    p50: percentile(all, 0.5),
    p95: percentile(all, 0.95),
    p99: percentile(all, 0.99),
    max: percentile(all, 1)
  }
}

export class Meter {
  readonly latencies: Array<number> = []
  steps = 0
  private readonly of: number
  private readonly startedAt: number
  private reported = { at: 0, done: 0, steps: 0 }

  constructor(of: number, now: number) {
    this.of = of
    this.startedAt = now
  }

  /** An instance ended so long after its start. */
  finished(millis: number, steps: number): void {
    this.latencies.push(millis)
    this.steps += steps
  }

  elapsed(now: number): number {
    return (now - this.startedAt) / 1000
  }

  /** What is new since the last time. */
  progress(now: number, memory: Memory): Progress {
    const at = this.elapsed(now)
    const done = this.latencies.length
    const seconds = Math.max(at - this.reported.at, 1e-9)
    const recent = latencyOf(this.latencies.slice(this.reported.done))
    const progress: Progress = {
      elapsed_s: round(at),
      done,
      of: this.of,
      steps: this.steps,
      throughput_per_s: round((done - this.reported.done) / seconds, 1),
      steps_per_s: round((this.steps - this.reported.steps) / seconds, 1),
      p50_ms: recent.p50,
      p95_ms: recent.p95,
      ...memory
    }
    this.reported = { at, done, steps: this.steps }
    return progress
  }
}
