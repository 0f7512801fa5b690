/**
 * What the host knows about a step that fuel cannot count: how long it has kept the
 * processor, and how much memory is left.
 *
 * Fuel counts calls and turns of loops, which is exact and the same everywhere. It says nothing
 * of one native that runs for minutes (a pattern that backtracks, an array of a billion items).
 * That takes a clock, so the verdict belongs to one process: it ends the instance, is
 * committed as its outcome, and nobody decides it a second time.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"

/** Stopped by `guard`. */
export const OVERDUE = Symbol("overdue")

/**
 * All members are synchronous and cheap, `guard` excepted (some 25 µs).
 *
 * @since 0.1.0
 * @category models
 */
export interface Watch {
  /** Processor time that one step may take, in milliseconds. */
  readonly limitMillis: number
  /** A monotonic clock. */
  readonly now: () => number
  /** Processor time of this process so far: it stands still while the process is paused. */
  readonly cpuMillis: () => number
  readonly isShortOfMemory: () => boolean
  /** Runs a function; stops it after so long, also inside a native, and answers `OVERDUE`. */
  readonly guard: (run: () => unknown, millis: number) => unknown
}

/**
 * Watches nothing unless a layer gives another (`@rappel/worker` has the one of Node). A
 * reference, since every program runs without it.
 *
 * @since 0.1.0
 * @category services
 */
export class Watchdog extends Context.Reference<Watchdog>()(
  "@rappel/core/machine/Watchdog",
  { defaultValue: (): Watch | undefined => undefined }
) {}
