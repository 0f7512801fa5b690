/**
 * The worker processes of a pool, for people and for tests that kill one.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"

/**
 * @since 0.1.0
 * @category models
 */
export interface WorkerProcessInfo {
  readonly pid: number
  /** Calls that it executes now. */
  readonly busy: number
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** It gets no more calls and ends after those that it has. */
  readonly leaving: boolean
  /** It is kept ready to take the place of another. */
  readonly spare: boolean
}

/**
 * @since 0.1.0
 * @category services
 */
export class WorkerProcesses
  extends Context.Tag("@rappel/worker/WorkerProcesses")<WorkerProcesses, {
    /** Those that are ready or leaving; oldest first. */
    readonly list: () => ReadonlyArray<WorkerProcessInfo>
  }>()
{}
