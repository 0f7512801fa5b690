/**
 * The dispatcher of this process, for those who start instances beside it.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"

/** What a dispatcher does at this moment. */
export interface DispatcherStatus {
  readonly id: string
  /** Instances in memory. */
  readonly instances: number
  readonly runningCalls: number
  /** Calls that wait for a free slot. */
  readonly waitingCalls: number
  /** Calls of instances here that others may take, or have taken. */
  readonly offeredCalls: number
  /** Since this dispatcher was made. */
  readonly commits: number
  readonly events: number
  readonly executions: number
}

/**
 * @since 0.1.0
 * @category services
 */
export class LocalDispatcher
  extends Context.Tag("@rappel/core/dispatcher/LocalDispatcher")<LocalDispatcher, {
    /** The registration's id now; a dispatcher that was declared dead goes on under a new one. */
    readonly id: () => string
    /** Tells that these instances were started for `id` and are to be run at once. */
    readonly started: (ids: ReadonlyArray<string>) => void
    readonly status: () => DispatcherStatus
  }>()
{}
