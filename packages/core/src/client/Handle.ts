/**
 * The Promise API over the default runtime.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { InstanceStatus } from "../queue/Queue.ts"
import type { Signal, Update } from "../workflow/Signal.ts"
import { NotCommitted } from "./ClientError.ts"
import { defaultRuntime } from "./DefaultRuntime.ts"
import { RappelClient, type SignalOptions, type Startable, type StartItem } from "./RappelClient.ts"
import type { StartOptions } from "./StartOptions.ts"
import { thrownBy } from "./thrownBy.ts"
import type { Transaction } from "./Transaction.ts"

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
  /** Rejects what the workflow waits for with `Cancelled`; `InstanceFinished` when it is too late. */
  readonly cancel: (reason?: string) => Promise<void>
  /** Ends the instance without running its code any further. */
  readonly terminate: (reason?: string) => Promise<void>
  /** Tells the workflow a value; it is kept until the workflow takes it. */
  readonly signal: <B>(channel: Signal<B>, value: B, options?: SignalOptions) => Promise<void>
  /** Tells it a value and awaits what it answers. */
  readonly update: <B, R>(
    channel: Update<B, R>,
    value: B,
    options?: SignalOptions
  ) => Promise<R>
  /** What the workflow shows of itself with `publish`, by name. */
  readonly published: () => Promise<Readonly<Record<string, unknown>>>
}

const inRuntime = async <A, E>(effect: Effect.Effect<A, E, RappelClient>): Promise<A> => {
  const runtime = await defaultRuntime()
  const exit = await runtime.runExit(effect)
  if (Exit.isFailure(exit)) throw thrownBy(exit)
  return exit.value
}

/** Uses the client of the default runtime. */
export const withClient = <A, E>(
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

/** Starts, and answers when the instance is stored. */
export const handleOf = async <A>(
  what: Startable,
  args: ReadonlyArray<unknown>,
  options: StartOptions
): Promise<Handle<A>> => handle<A>(await withClient((client) => client.start(what, args, options)))

/**
 * Starts in a transaction. Its result can be awaited after the commit: before, nobody but the
 * transaction knows of the instance, and waiting inside of it would never end.
 */
export const handleIn = async <A>(
  tx: Transaction,
  what: Startable,
  args: ReadonlyArray<unknown>,
  options: StartOptions
): Promise<Handle<A>> => {
  const id = await withClient((client) => client.startIn(tx, what, args, options))
  return {
    ...handle<A>(id),
    result: () =>
      withClient((client) =>
        Effect.catchTag(
          client.result(id),
          "InstanceNotFound",
          () => new NotCommitted({ instanceId: id })
        )
      ) as Promise<A>
  }
}

/** Starts many, and answers when all are stored. */
export const handlesOf = async <A>(
  what: Startable,
  items: ReadonlyArray<StartItem>
): Promise<ReadonlyArray<Handle<A>>> => {
  const ids = await withClient((client) => client.startMany(what, items))
  return ids.map((id) => handle<A>(id))
}

/**
 * The handle of an instance that was started before, here or elsewhere.
 *
 * **Example** (An approval from a web request)
 *
 * ```ts
 * import { handle, signal } from "@rappel/core"
 *
 * const Approval = signal<boolean>("approval")
 * const approve = (id: string) => handle(id).signal(Approval, true)
 * ```
 *
 * @since 0.1.0
 * @category running
 */
export const handle = <A = unknown>(id: string): Handle<A> => ({
  id,
  result: () => result<A>(id),
  status: () => withClient((client) => Effect.map(client.find(id), ({ status }) => status)),
  cancel: (reason) => withClient((client) => client.cancel(id, reason)),
  terminate: (reason) => withClient((client) => client.terminate(id, reason)),
  signal: (channel, value, options) =>
    withClient((client) => client.signal(id, channel, value, options)),
  update: (channel, value, options) =>
    withClient((client) => client.update(id, channel, value, options)) as Promise<any>,
  published: () => withClient((client) => client.published(id))
})

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
  new Promise<any>((resolve, reject) => {
    if (asked === undefined) {
      asked = []
      Promise.resolve().then(awaitAsked)
    }
    asked.push({ id, resolve, reject })
  })

interface Asked {
  readonly id: string
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** What was asked for in this turn: a thousand handles are awaited in one fiber. */
let asked: Array<Asked> | undefined

const awaitAsked = (): void => {
  const open: Array<Asked | undefined> = asked ?? []
  asked = undefined
  const ids = open.map((one) => one!.id)
  withClient((client) =>
    client.results(ids, (exit, i) => {
      const one = open[i]
      // The others may take days: what was told is not held until then.
      open[i] = undefined
      if (Exit.isSuccess(exit)) one?.resolve(exit.value)
      else one?.reject(thrownBy(exit))
    })
  ).catch((error: unknown) => {
    for (const one of open) one?.reject(error)
  })
}
