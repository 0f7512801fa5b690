/**
 * What `greeting.run()` runs on when nobody hands it a client.
 *
 * An app, a test or a `bin` file sets one; otherwise the runtime of `@rappel/worker` is
 * loaded at the first call: a client of the database that `DATABASE_URL` names, or in
 * development of a background process that the project's processes share.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { globalValue } from "effect/GlobalValue"
import type { PackageMissing } from "./ClientError.ts"
import { load } from "./Loader.ts"
import type { RappelClient } from "./RappelClient.ts"
import { thrownBy } from "./thrownBy.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface DefaultRuntime {
  /** Runs an effect with the client of this runtime; it may also fail because there is none. */
  readonly runExit: <A>(
    effect: Effect.Effect<A, unknown, RappelClient>
  ) => Promise<Exit.Exit<A, unknown>>
  /** `run` answers the instance's id as soon as it is stored, and does not wait. */
  readonly skipsWait: boolean
  /** Ends connections at once; without it they end when nobody awaits anything. */
  readonly close: () => Promise<void>
}

interface RuntimeModule {
  readonly defaultRuntime: () => Promise<DefaultRuntime>
}

const current = globalValue(
  Symbol.for("@rappel/core/client/DefaultRuntime"),
  (): { runtime: Promise<DefaultRuntime> | undefined } => ({ runtime: undefined })
)

/**
 * Sets the runtime of this process's Promise API, or with `undefined` goes back to the
 * one that is loaded by itself.
 *
 * @since 0.1.0
 * @category running
 */
export const setDefaultRuntime = (runtime: DefaultRuntime | undefined): void => {
  current.runtime = runtime === undefined ? undefined : Promise.resolve(runtime)
}

const loaded: Effect.Effect<DefaultRuntime, PackageMissing> = Effect.flatMap(
  load<RuntimeModule>("@rappel/worker/DefaultRuntime", "run workflows from this process"),
  (module) => Effect.promise(() => module.defaultRuntime())
)

/**
 * The runtime of this process; loaded at the first call.
 *
 * @since 0.1.0
 * @category running
 */
export const defaultRuntime = (): Promise<DefaultRuntime> => {
  const known = current.runtime
  if (known !== undefined) return known
  const loading = Effect.runPromiseExit(loaded).then((exit) => {
    if (exit._tag === "Success") return exit.value
    // The next call tries again: the database may be there by then.
    if (current.runtime === loading) current.runtime = undefined
    throw thrownBy(exit)
  })
  current.runtime = loading
  return loading
}
