/**
 * Schedules as they are kept: what they start, and when they fire next.
 *
 * Any number of dispatchers look for what is due. A tick is fired by whoever moves the
 * schedule's next time from this tick to the following one, in the transaction that inserts
 * the run; the run is named by schedule and tick besides (docs/durability.md, R25).
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as EffectQueue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type { StartRequest } from "../queue/Queue.ts"
import type { QueueUnavailable } from "../queue/QueueError.ts"
import type { Timing } from "./Timing.ts"

/**
 * What happens at a tick while an earlier run has not finished. `skip`: nothing. `queue`: the
 * run waits for it, up to `MOST_WAITING` of them. `allow`: both run. `replace`: the earlier runs
 * are cancelled, and the new one begins when they have ended.
 */
export type Overlap = "skip" | "queue" | "allow" | "replace"

/** Runs of one schedule that wait for an earlier one; further ticks are skipped. */
export const MOST_WAITING = 100

export interface ScheduleSpec {
  readonly name: string
  readonly timing: Timing
  readonly overlap: Overlap
  /** Each run begins up to this long after its tick, the same for the same tick. */
  readonly jitterMillis: number
  /** A tick that nobody could fire is made up for within this time; later it is missed. */
  readonly catchUpMillis: number
  /** The workflow's name. */
  readonly workflow: string
  /** The program's hash; null for what the name means when it fires. */
  readonly program: string | null
  readonly input: string
  readonly terms: Pick<StartRequest, "priority" | "deadlineMillis" | "tags" | "memo">
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ScheduleRecord extends ScheduleSpec {
  /** Counts the changes of what is above. */
  readonly revision: number
  readonly isPaused: boolean
  readonly nextAt: number | null
  /** The tick that was handled last, and the last run that it led to. */
  readonly lastAt: number | null
  readonly lastInstance: string | null
  /** Runs that have not finished. */
  readonly unfinished: number
  readonly fired: number
  readonly skipped: number
  readonly missed: number
}

export interface Fire {
  readonly name: string
  /** The tick: refused unless it is the schedule's next one at this revision. */
  readonly at: number
  readonly revision: number
  /** The tick after it; null for none. */
  readonly nextAt: number | null
  /** Ticks that are given up with this. */
  readonly missed: number
  /** What the tick starts; null when it is given up itself. */
  readonly run: StartRequest | null
}

/** `lost`: somebody else has fired it, or it changed. */
export type Fired = "lost" | "started" | "waiting" | "skipped" | "missed"

export interface Look {
  readonly now: number
  /** The next tick of all; null for none. */
  readonly nextAt: number | null
  /** The next deadline of an instance; null for none. */
  readonly deadlineAt: number | null
  /** Those whose tick has come. */
  readonly due: ReadonlyArray<ScheduleRecord>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Schedules extends Context.Tag("@rappel/core/schedule/Schedules")<Schedules, {
  readonly now: Effect.Effect<number, QueueUnavailable>
  /**
   * Stores a schedule, or changes the one of this name. While its timing stays as it is, so does
   * its next tick; `nextAt` is for a new timing.
   */
  readonly put: (
    spec: ScheduleSpec,
    nextAt: number | null
  ) => Effect.Effect<void, QueueUnavailable>
  /** By name; all of them, or those of these names. */
  readonly list: (
    names?: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<ScheduleRecord>, QueueUnavailable>
  /** Stops a schedule, or lets it go on at `nextAt`. False when there is none of this name. */
  readonly setPaused: (
    name: string,
    isPaused: boolean,
    nextAt: number | null
  ) => Effect.Effect<boolean, QueueUnavailable>
  /** False when there was none. Its runs go on. */
  readonly remove: (name: string) => Effect.Effect<boolean, QueueUnavailable>
  /**
   * What is due, up to 100. It also lets runs begin that waited for one that has ended, and
   * asks instances to cancel whose deadline has passed: all that comes with time alone.
   */
  readonly look: Effect.Effect<Look, QueueUnavailable>
  readonly fire: (fire: Fire) => Effect.Effect<Fired, QueueUnavailable>
  /** Hints that a look may find something else than before, until the scope closes. */
  readonly changes: Effect.Effect<EffectQueue.Dequeue<void>, never, Scope.Scope>
  /** How often to look without a hint; `Infinity` where none is lost. */
  readonly pollMillis: number
}>() {}
