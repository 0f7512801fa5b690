/**
 * What may be said of a dispatcher, and what holds when nothing is.
 *
 * @since 0.1.0
 */
import { DEFAULT_QUEUE } from "../queue/Calls.ts"

/**
 * All fields have defaults; times are in milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface DispatcherOptions {
  /** What operators see; the layers of @rappel/worker fill it in. */
  readonly host?: string
  readonly pid?: number
  /** Names this process for others on its host, which can tell by it whether it has ended. */
  readonly place?: string
  /** Whether the process of this place is on this host and has ended, for certain. */
  readonly hasEnded?: (place: string) => boolean
  /** Instances in memory at the same time; parked ones don't count. 500. */
  readonly maxInstances?: number
  /** Characters of encoded state that these hold together; one alone may hold more. 256 Mi. */
  readonly maxStateBytes?: number
  /** Instances claimed in one statement. 200. */
  readonly claimBatch?: number
  /** Instances in one commit. 500. */
  readonly commitEntries?: number
  /** An instance leaves memory when it waits for longer than this. 1000. */
  readonly parkAfterMillis?: number
  /** How often this dispatcher says that it lives. 1000, never for a queue in memory. */
  readonly beatMillis?: number
  /** Others take its instances when its beat stands still for this long. 5000. */
  readonly leaseMillis?: number
  /** Queues whose calls run here, of whichever dispatcher's instances. `default`. */
  readonly queues?: ReadonlyArray<string>
  /** How long a shutdown waits for calls that run. 5000. */
  readonly graceMillis?: number
}

export type DispatcherSettings = Required<DispatcherOptions>

/** A queue in memory is polled never, and its dispatcher has nobody to beat for. */
export const withDefaults = (
  options: DispatcherOptions,
  pollMillis: number
): DispatcherSettings => ({
  host: "local",
  pid: 0,
  place: "",
  hasEnded: () => false,
  maxInstances: 500,
  maxStateBytes: 256 * 1024 * 1024,
  claimBatch: 200,
  commitEntries: 500,
  parkAfterMillis: 1000,
  beatMillis: pollMillis === Infinity ? Infinity : 1000,
  leaseMillis: 5000,
  queues: [DEFAULT_QUEUE],
  graceMillis: 5000,
  ...options
})
