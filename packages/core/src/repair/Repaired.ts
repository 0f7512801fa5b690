/**
 * What repairs take and answer.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type { ArgumentsNotStorable, InstanceNotFound } from "../client/ClientError.ts"
import type { RepairVerb } from "../dispatcher/EventCodec.ts"
import type { QueueUnavailable } from "../queue/QueueError.ts"
import type { RepairRefused } from "./RepairRefused.ts"

export interface RepairOptions {
  /** Who asks for it; kept in the history. */
  readonly actor?: string
  /** Why; kept in the history. */
  readonly reason?: string
  /** Only finds out what would be done. */
  readonly dryRun?: boolean
}

export interface CallOptions extends RepairOptions {
  /** The effect of the call or child; the one that failed last when absent. */
  readonly effect?: number
}

export interface ForkOptions extends RepairOptions {
  /** The last event that the new instance has in common with this one. */
  readonly at: number
}

/** What was done, or would be. */
export interface Repaired {
  readonly id: string
  readonly verb: RepairVerb
  /** The call or child that it goes on with; 0 where it is about none. */
  readonly effect: number
  /** The action, or the workflow of a child. */
  readonly what: string | null
  /** The event from which on its history is void; null for none. */
  readonly from: number | null
  /** The instance that was made of it; null for none. */
  readonly into: string | null
  /** Children that are retried with it. */
  readonly children: ReadonlyArray<string>
}

export type RepairError = RepairRefused | InstanceNotFound | QueueUnavailable

export interface Repairs {
  /**
   * Runs the failed call of a failed instance again, as if it had not run; its policy begins anew.
   * It is the last that failed before the result was fixed, unless `effect` names one.
   */
  readonly retry: (id: string, options?: CallOptions) => Effect.Effect<Repaired, RepairError>
  /**
   * Gives the failed call a value instead of running it again. A live instance is told so too:
   * for a call that it waits for.
   */
  readonly skip: (
    id: string,
    value: unknown,
    options?: CallOptions
  ) => Effect.Effect<Repaired, RepairError | ArgumentsNotStorable>
  /** Replaces the outcome of any call: with a value, or with an error that the workflow catches. */
  readonly patch: (
    id: string,
    effect: number,
    outcome: { readonly value: unknown } | { readonly error: unknown },
    options?: RepairOptions
  ) => Effect.Effect<Repaired, RepairError | ArgumentsNotStorable>
  /** Makes a new instance that has the history of a finished one up to an event. */
  readonly fork: (id: string, options: ForkOptions) => Effect.Effect<Repaired, RepairError>
  /** Starts a new instance with the same input, on the newest program of its name. */
  readonly rerun: (id: string, options?: RepairOptions) => Effect.Effect<Repaired, RepairError>
}
