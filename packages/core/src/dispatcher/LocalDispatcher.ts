/**
 * The dispatcher of this process, for those who start instances beside it.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type { Outcome } from "../machine/Model.ts"
import type { Claimed, Loaded } from "../queue/Queue.ts"

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

/** An instance that was started for a dispatcher; without `fresh` it is to be read first. */
export interface StartedHere extends Claimed {
  readonly fresh?: {
    /** The dispatcher's id that it was started for. */
    readonly owner: string
    /** What there is of it: nobody else has touched it. */
    readonly loaded: Loaded
  }
}

/** An instance whose outcome this dispatcher has stored. */
export interface EndedHere {
  readonly id: string
  readonly name: string
  readonly program: string
  readonly outcome: Outcome
}

/**
 * @since 0.1.0
 * @category services
 */
export class LocalDispatcher
  extends Context.Tag("@rappel/core/dispatcher/LocalDispatcher")<LocalDispatcher, {
    /** The registration's id now; a dispatcher that was declared dead goes on under a new one. */
    readonly id: () => string
    /** Tells that these instances were started for it and are to be run at once. */
    readonly started: (instances: ReadonlyArray<StartedHere>) => void
    /**
     * Whether it will tell of the end of this instance, which then need not be looked for: it was
     * started here, or is in memory and its outcome is not stored yet.
     */
    readonly willTell: (instance: string) => boolean
    /** Has a listener told of what ends here, once that is stored; answers how to stop that. */
    readonly onEnd: (listener: (end: EndedHere) => void) => () => void
    readonly status: () => DispatcherStatus
  }>()
{}
