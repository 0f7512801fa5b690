/**
 * Summarises the lines that benchmarks wrote, of one run or of many, finished or not.
 *
 * @since 0.1.0
 */
import { type Progress, round } from "./Meter.ts"
import type { Report } from "./Report.ts"

/** A line as `rappel bench` writes it, with `--json` or without. */
export type Line =
  | ({ readonly kind: "progress"; readonly workload: string } & Progress)
  | ({ readonly kind: "result" } & Report)

export interface Run {
  readonly workload: string
  /** Whether its last line is there. */
  readonly finished: boolean
  readonly lines: number
  readonly elapsed_s: number
  readonly done: number
  readonly steps_per_s: { readonly mean: number; readonly min: number; readonly max: number }
  readonly result: Report | null
}

/** A live line for people: `workload key=value key=value`. */
export const textOf = (workload: string, progress: Progress): string =>
  [workload, ...Object.entries(progress).map(([key, value]) => `${key}=${value ?? "-"}`)].join(" ")

const KEYS = [
  "elapsed_s",
  "done",
  "of",
  "steps",
  "throughput_per_s",
  "steps_per_s",
  "p50_ms",
  "p95_ms",
  "dispatcher_rss_mib",
  "worker_rss_mib"
] as const

const ofText = (line: string): Line | undefined => {
  const [workload, ...pairs] = line.trim().split(/\s+/)
  const found = new Map(pairs.map((pair) => {
    const at = pair.indexOf("=")
    return [pair.slice(0, at), pair.slice(at + 1)] as const
  }))
  if (!KEYS.every((key) => found.has(key))) return undefined
  const progress = Object.fromEntries(
    KEYS.map((key) => [key, found.get(key) === "-" ? null : Number(found.get(key))])
  )
  return { kind: "progress", workload: workload!, ...(progress as unknown as Progress) }
}

/** The line's content; undefined when no benchmark wrote it. */
export const parseLine = (line: string): Line | undefined => {
  if (!line.startsWith("{")) return ofText(line)
  try {
    const value = JSON.parse(line) as Line
    return value.kind === "progress" || value.kind === "result" ? value : undefined
  } catch {
    return undefined
  }
}

/** A result ends a run; so does a clock that goes back, of a run that was cut off. */
const runsOf = (lines: Iterable<Line>): ReadonlyArray<ReadonlyArray<Line>> => {
  const runs: Array<Array<Line>> = []
  let current: Array<Line> = []
  const end = () => {
    if (current.length > 0) runs.push(current)
    current = []
  }
  for (const line of lines) {
    const last = current.at(-1)
    if (
      last !== undefined && line.kind === "progress" &&
      (line.workload !== last.workload || line.elapsed_s < last.elapsed_s)
    ) end()
    current.push(line)
    if (line.kind === "result") end()
  }
  end()
  return runs
}

const summaryOf = (lines: ReadonlyArray<Line>): Run => {
  const last = lines.at(-1)!
  const progress = lines.filter((line) => line.kind === "progress")
  const rates = progress.map(({ steps_per_s }) => steps_per_s)
  const result = last.kind === "result" ? last : undefined
  const mean = result?.steps_per_s ??
    progress.at(-1)!.steps / Math.max(progress.at(-1)!.elapsed_s, 1e-9)
  const all = rates.length === 0 ? [mean] : rates
  const { kind: _, ...report } = result ?? { kind: undefined }
  const at = progress.at(-1)
  return {
    workload: last.workload,
    finished: result !== undefined || (at !== undefined && at.done === at.of),
    lines: lines.length,
    elapsed_s: last.elapsed_s,
    done: result?.instances ?? at!.done,
    steps_per_s: {
      mean: round(mean, 1),
      min: Math.min(...all),
      max: Math.max(...all)
    },
    result: result === undefined ? null : report as Report
  }
}

/** Lines of anything else are passed over. */
export const summarise = (lines: Iterable<string>): ReadonlyArray<Run> =>
  runsOf(Array.from(lines, parseLine).filter((line) => line !== undefined)).map(summaryOf)
