/**
 * The Promise API over the default runtime.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { InstanceStatus } from "../queue/Queue.ts"
import { defaultRuntime } from "./DefaultRuntime.ts"
import { RappelClient, type Startable, type StartItem } from "./RappelClient.ts"
import type { StartOptions } from "./StartOptions.ts"
import { thrownBy } from "./thrownBy.ts"

/**
 * An instance that was started.
 *
 * @since 0.1.0
 * @category models
 */
export interface Handle<A> {
  /** Keep it: `result(id)` finds the instance from any process. */
  readonly id: string
  /** Awaits what the workflow returns; it throws what the workflow threw. */
  readonly result: () => Promise<A>
  /** What the instance does at this moment. */
  readonly status: () => Promise<InstanceStatus>
}

const inRuntime = async <A, E>(effect: Effect.Effect<A, E, RappelClient>): Promise<A> => {
  const runtime = await defaultRuntime()
  const exit = await runtime.runExit(effect)
  if (Exit.isFailure(exit)) throw thrownBy(exit)
  return exit.value
}

const withClient = <A, E>(
  use: (client: RappelClient["Type"]) => Effect.Effect<A, E>
): Promise<A> => inRuntime(Effect.flatMap(RappelClient, use))

/** Starts and awaits; with a runtime that skips the wait, the answer is the instance's id. */
export const settle = async <A>(
  what: Startable,
  args: ReadonlyArray<unknown>,
  options: StartOptions
): Promise<A> => {
  const { skipsWait } = await defaultRuntime()
  return await withClient((client) =>
    skipsWait ? client.start(what, args, options) : client.execute(what, args, options)
  ) as A
}

/** What is known of an instance by its id. */
const handle = <A>(id: string): Handle<A> => ({
  id,
  result: () => result<A>(id),
  status: () => withClient((client) => Effect.map(client.find(id), ({ status }) => status))
})

/** Starts, and answers when the instance is stored. */
export const handleOf = async <A>(
  what: Startable,
  args: ReadonlyArray<unknown>,
  options: StartOptions
): Promise<Handle<A>> => handle<A>(await withClient((client) => client.start(what, args, options)))

/** Starts many, and answers when all are stored. */
export const handlesOf = async <A>(
  what: Startable,
  items: ReadonlyArray<StartItem>
): Promise<ReadonlyArray<Handle<A>>> => {
  const ids = await withClient((client) => client.startMany(what, items))
  return ids.map((id) => handle<A>(id))
}

/**
 * Awaits the result of an instance that was started before, here or elsewhere.
 *
 * **Errors** What the workflow threw; `InstanceNotFound` at once for an unknown id;
 * `QueueUnavailable` when the database cannot be used.
 *
 * @since 0.1.0
 * @category running
 */
export const result = <A = unknown>(id: string): Promise<A> =>
  withClient((client) => client.result(id)) as Promise<A>
