/**
 * Executes an action's function once, wherever that happens: in a worker, inline, or in
 * a plain run.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { ActionInfo } from "./Action.ts"
import { acceptError, acceptInput, acceptOutput } from "./ActionSchema.ts"

/** How a host runs what the function returns and around what it calls the function. */
export interface Invoker {
  /** Runs the Effect that a function returned, with the services of the host's layers. */
  readonly runEffect: (
    effect: Effect.Effect<unknown, unknown, never>
  ) => Promise<Exit.Exit<unknown, unknown>>
  /** Calls the function; a host that provides the current call does it here. */
  readonly enter: (body: () => unknown) => unknown
}

const plain: Invoker = {
  runEffect: (effect) => Effect.runPromiseExit(effect),
  enter: (body) => body()
}

/**
 * The promise of one execution: the function's result, or what it threw or failed with.
 *
 * **Errors** What the function threw; `ActionSchemaMismatch` when arguments or result do
 * not fit the schemas of the action.
 *
 * @since 0.1.0
 * @category running
 */
export const invoke = (
  info: ActionInfo,
  args: ReadonlyArray<unknown>,
  invoker: Invoker = plain
): Promise<unknown> => {
  const { schemas } = info
  try {
    const accepted = acceptInput(info.label(), schemas, args)
    const result = resultOf(info, accepted, invoker)
    // A promise more for each would cost as much as all else here.
    return schemas.output === undefined && schemas.error === undefined ? result : result.then(
      (value) => acceptOutput(info.label(), schemas, value),
      (thrown: unknown) => {
        throw acceptError(schemas, thrown)
      }
    )
  } catch (refused) {
    return Promise.reject(refused)
  }
}

const resultOf = (
  { fn }: ActionInfo,
  args: ReadonlyArray<unknown>,
  { enter, runEffect }: Invoker
): Promise<unknown> => {
  try {
    const returned = enter(() => fn(...args))
    return Effect.isEffect(returned)
      ? runEffect(returned as Effect.Effect<unknown, unknown, never>).then(valueOf)
      : Promise.resolve(returned)
  } catch (thrown) {
    return Promise.reject(thrown)
  }
}

/** Throws the failure itself, so that `instanceof` and `catch` work as for a thrown error. */
const valueOf = (exit: Exit.Exit<unknown, unknown>): unknown => {
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  return exit.value
}
