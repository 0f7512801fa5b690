/**
 * A pool over the fixture project, and what tests ask of it.
 */
import { decodeError, decodeValue } from "@rappel/core/value/Value"
import { type CallReport, WorkerPool } from "@rappel/core/worker/WorkerPool"
import { callOf as suiteCallOf, reportsOf } from "@rappel/test/kit/suites/WorkerPool"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as ProcessPool from "../src/ProcessPool.ts"

export const projectRoot = fileURLToPath(new URL("fixtures/project", import.meta.url))

export const pool = (options?: Partial<ProcessPool.ProcessPoolOptions>) =>
  ProcessPool.layer({ workers: 1, projectRoot, ...options })

export const callOf = (
  exportName: string,
  args: ReadonlyArray<unknown> = [],
  file = "src/actions.ts"
) => suiteCallOf(exportName, args, file)

/** The report of one call. */
export const call = (exportName: string, args: ReadonlyArray<unknown> = [], file?: string) =>
  Effect.gen(function*() {
    const request = callOf(exportName, args, file)
    const { submit } = yield* WorkerPool
    submit([request])
    const reports = yield* reportsOf([request])
    return reports.find(({ id }) => id === request.id)!
  })

export const valueOf = (exportName: string, args: ReadonlyArray<unknown> = [], file?: string) =>
  Effect.map(call(exportName, args, file), (report) => {
    if (report.kind !== "succeeded") throw new Error(JSON.stringify(report))
    return decodeValue(report.value)
  })

export const errorIn = (report: CallReport): Error => {
  if (report.kind !== "failed") throw new Error(JSON.stringify(report))
  return decodeError(report.error) as Error
}

/** Asks again until the answer is true; a minute is enough for anything here. */
export const eventually = (question: () => boolean) =>
  Effect.sync(question).pipe(
    Effect.repeat({ until: (answer) => answer, schedule: Schedule.spaced("20 millis") }),
    Effect.timeoutFail({ duration: "60 seconds", onTimeout: () => new Error("it never came true") })
  )

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** It is removed when the scope closes. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "rappel-worker-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)
