/**
 * What an audit found, for people and for programs.
 */
import { type Promised, PROMISES, type Verdict } from "./audit/checks.ts"
import type { Recovery } from "./audit/recovery.ts"
import { FAULT_KINDS, type FaultKind } from "./Faults.ts"
import type { Options } from "./Options.ts"

export interface Report {
  readonly options: Options
  readonly seconds: number
  readonly drainSeconds: number
  readonly verdict: Verdict
  readonly recoveries: Readonly<Record<FaultKind, Recovery>>
  /** Lives of processes that ended by themselves. */
  readonly exits: ReadonlyArray<string>
  /** Calls of clients that failed for their callers. */
  readonly clientFailures: ReadonlyArray<string>
  readonly acknowledged: number
}

/** Cases of a broken promise that are shown. */
const SHOWN = 5

/** A process that begins while Postgres is away says so with 3, and its supervisor tries again. */
const isExpected = (exit: string): boolean => exit.endsWith("code 3")

export const isSound = ({ exits, verdict }: Report): boolean =>
  exits.every(isExpected) && Object.values(verdict.broken).every((cases) => cases.length === 0)

const promised = (verdict: Verdict): ReadonlyArray<readonly [Promised, ReadonlyArray<string>]> =>
  Object.entries(verdict.broken) as ReadonlyArray<[Promised, ReadonlyArray<string>]>

export const json = (report: Report): string =>
  `${
    JSON.stringify({
      sound: isSound(report),
      options: report.options,
      seconds: report.seconds,
      drainSeconds: report.drainSeconds,
      acknowledged: report.acknowledged,
      counts: report.verdict.counts,
      stepsPerSecond: report.verdict.counts.steps / (report.seconds + report.drainSeconds),
      broken: Object.fromEntries(
        promised(report.verdict).map(([name, cases]) => [name, cases.length])
      ),
      cases: Object.fromEntries(
        promised(report.verdict).map(([name, cases]) => [name, cases.slice(0, SHOWN)])
      ),
      faults: report.recoveries,
      exits: report.exits,
      clientFailures: report.clientFailures.length
    })
  }\n`

export const text = (report: Report): string => {
  const { counts } = report.verdict
  const lines: Array<string> = []
  const rate = counts.steps / (report.seconds + report.drainSeconds)
  lines.push(
    "",
    `${counts.steps} steps of ${counts.instances} instances in ${report.seconds.toFixed(0)} s ` +
      `and ${report.drainSeconds.toFixed(0)} s to end (${rate.toFixed(0)} steps/s)`,
    `${counts.settled} outcomes of calls, ${counts.fired} timers, ${counts.received} signals, ${counts.ticks} runs of schedules`,
    `${counts.executions} executions in the ledger: ${
      (counts.executions / Math.max(1, counts.settled)).toFixed(4)
    } per call`,
    `  ${counts.failedAttempts} failed attempts, ${counts.losses} lost to infrastructure, ` +
      `${counts.overlaps} beside another host that was cut off`,
    "",
    "promise                                                                broken"
  )
  for (const [name, cases] of promised(report.verdict)) {
    lines.push(`${PROMISES[name].padEnd(70)} ${String(cases.length).padStart(6)}`)
    for (const one of cases.slice(0, SHOWN)) lines.push(`    ${one}`)
  }
  lines.push(
    "",
    "                                     all that it hit             that nothing else hit",
    "fault             dealt   hit  instances   p50 ms   p99 ms  most ms  instances   p99 ms  most ms"
  )
  for (const kind of FAULT_KINDS) {
    const { alone, dealt, hit, instances, most, p50, p99 } = report.recoveries[kind]
    const cells = [dealt, hit, instances, p50, p99, most, alone.instances, alone.p99, alone.most]
    const widths = [7, 5, 10, 8, 8, 8, 10, 8, 8]
    lines.push(
      kind.padEnd(16) + cells.map((cell, i) => String(cell ?? "-").padStart(widths[i]!)).join(" ")
    )
  }
  lines.push("", `${report.clientFailures.length} calls of clients failed and were made again`)
  for (const one of report.clientFailures.slice(0, SHOWN)) lines.push(`    ${one}`)
  if (report.exits.length > 0) {
    lines.push(`processes that ended by themselves: ${report.exits.join(", ")}`)
  }
  lines.push("", isSound(report) ? "Every promise held." : "A PROMISE BROKE.", "")
  return lines.join("\n")
}
