/**
 * The call that an action executes: how it learns who asked, and that nobody waits any more.
 *
 * Core knows no way to follow a call through `await`s; `@rappel/worker` brings one
 * (AsyncLocalStorage). Without it the call is known until the action's first `await`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import { globalValue } from "effect/GlobalValue"
import type { Transaction } from "../client/Transaction.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface CurrentCall {
  /** With `effect` the name of this call, the same for all its executions: an idempotency key. */
  readonly instanceId: string
  /** The call's number within its instance, from 1. */
  readonly effect: number
  /** Which execution of the call this is, from 1. */
  readonly attempt: number
  /** Fires when the call timed out, was cancelled, or its process stops. */
  readonly signal: AbortSignal
  /**
   * Tells that the action is alive, with details for the next attempt. What is told within a
   * tenth of a second travels as one.
   */
  readonly heartbeat: (details?: unknown) => void
  /** The details of the last heartbeat of an earlier attempt; undefined for none. */
  readonly details: unknown
  /** What `settleIn` calls; absent in a plain run. */
  readonly settle?: (tx: Transaction, value: unknown) => Promise<void>
}

/** How a host follows calls. */
export interface CurrentCallProvider {
  readonly get: () => CurrentCall | undefined
  readonly run: <A>(call: CurrentCall, body: () => A) => A
}

const synchronous = (): CurrentCallProvider => {
  let current: CurrentCall | undefined
  return {
    get: () => current,
    run: (call, body) => {
      const before = current
      current = call
      try {
        return body()
      } finally {
        current = before
      }
    }
  }
}

// One for the process, also when two copies of this package are loaded.
const state = globalValue(
  Symbol.for("@rappel/core/worker/CurrentCall"),
  () => ({ provider: synchronous() })
)

/**
 * The call that is being executed, or none outside an action.
 *
 * **Example** (An action that stops when nobody waits any more)
 *
 * ```ts no-run
 * import { action, currentCall } from "@rappel/core"
 *
 * const download = action((url: string) => fetch(url, { signal: currentCall()!.signal }))
 * ```
 *
 * @since 0.1.0
 * @category running
 */
export const currentCall = (): CurrentCall | undefined => state.provider.get()

/**
 * The same for the Effect that an action returns, where it cannot be lost: what resumes a fiber
 * may come from a connection that other calls use as well.
 *
 * @since 0.1.0
 * @category services
 */
export class ExecutingCall extends Context.Reference<ExecutingCall>()(
  "@rappel/core/worker/ExecutingCall",
  { defaultValue: currentCall }
) {}

/** Executes `body` as the given call. */
export const enterCall = <A>(call: CurrentCall, body: () => A): A => state.provider.run(call, body)

/**
 * Tells that the action which calls this is alive, with details for its next attempt, which
 * finds them as `currentCall().details`. An action whose policy has a `heartbeat` calls it
 * that often at least. Outside of actions it does nothing.
 *
 * **Example** (An action that goes on where it was)
 *
 * ```ts no-run
 * import { action, currentCall, heartbeat } from "@rappel/core"
 *
 * const copyRows = action({ heartbeat: "30 seconds" }, async (count: number) => {
 *   const done = currentCall()?.details as number | undefined
 *   for (let row = done ?? 0; row < count; row++) {
 *     await copyRow(row)
 *     heartbeat(row + 1)
 *   }
 * })
 * ```
 *
 * **Errors** Throws for details that cannot be stored.
 *
 * @since 0.1.0
 * @category running
 */
export const heartbeat = (details?: unknown): void => currentCall()?.heartbeat(details)

/** Executes `body` as a call that no instance made: `instanceId` is "plain" and `effect` 0. */
export const enterPlainCall = <A>(
  call: Omit<CurrentCall, "instanceId" | "effect">,
  body: () => A
): A => enterCall({ instanceId: "plain", effect: 0, ...call }, body)

/** Sets how calls are followed from now on, in the whole process. */
export const setCurrentCallProvider = (provider: CurrentCallProvider): void => {
  state.provider = provider
}
