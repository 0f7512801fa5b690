/**
 * What the synchronous core of a dispatcher is given.
 *
 * @since 0.1.0
 */
import type { RetrySchedules } from "../../retry/RetrySchedules.ts"
import type { Timeouts } from "../../retry/Timeouts.ts"
import type { Scheduler } from "../../scheduler/Scheduler.ts"
import type { WorkerPool } from "../../worker/WorkerPool.ts"
import type { EndedHere } from "../LocalDispatcher.ts"
import type { Routes } from "../offers.ts"

export interface CoreOptions {
  /** Instances in memory at the same time; parked ones don't count. */
  readonly maxInstances: number
  /** Characters of encoded state that they may hold together; one alone may hold more. */
  readonly maxStateBytes: number
  /** An instance stays in memory when it goes on within this time. */
  readonly parkAfterMillis: number
  /** Instances in one commit. */
  readonly commitEntries: number
}

export interface CoreServices {
  readonly now: () => number
  readonly commitId: () => string
  readonly pool: Pick<WorkerPool["Type"], "slots" | "submit" | "interrupt">
  readonly scheduler: Scheduler["Type"]
  readonly retries: RetrySchedules["Type"]
  readonly timeouts: Timeouts["Type"]
  /** Whether what is owned here is so for certain now: its last beat is younger than a lease. */
  readonly isCertain: () => boolean
  /** Which calls are offered to others; none when absent. */
  readonly routes?: Routes
  /** Executions of calls of others in this process's pool, and slots that are kept for them. */
  readonly lent?: () => number
  /** Told of an instance whose outcome is stored. */
  readonly onEnd?: (end: EndedHere) => void
  /** Told of an instance that is set aside, and why. */
  readonly onFault: (instanceId: string, cause: unknown) => void
}
