/**
 * Channels on which a running workflow is told something, and the waits for it.
 *
 * A signal is kept until the workflow takes it, in the order in which it came; also when it
 * came before the wait. In a plain run a channel is local to this process: `offer` puts
 * values in.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import { globalValue } from "effect/GlobalValue"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { type DurationInput, toMillis } from "../duration/Duration.ts"
import { WaitTimeout } from "./errors.ts"
import { sleep } from "./Sleep.ts"

/** The key under which a channel keeps what it is. */
export const SIGNAL = "~rappel/Signal"

type AnySchema = Schema.Schema<any, any, never>

export interface SignalInfo {
  readonly input: AnySchema | undefined
  readonly output: AnySchema | undefined
  readonly replies: boolean
}

/**
 * A channel for values of one type, named within an instance.
 *
 * @since 0.1.0
 * @category models
 */
export interface Signal<in out A> {
  readonly name: string
  readonly [SIGNAL]: SignalInfo & { readonly replies: false; readonly _A?: (_: A) => A }
}

/**
 * A channel whose senders await an answer.
 *
 * @since 0.1.0
 * @category models
 */
export interface Update<in out A, in out R> {
  readonly name: string
  readonly [SIGNAL]: SignalInfo & {
    readonly replies: true
    readonly _A?: (_: A) => A
    readonly _R?: (_: R) => R
  }
}

/**
 * What a workflow takes from an `Update`: it answers once, now or later.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request<A, R> {
  readonly value: A
  readonly reply: (result: R) => void
  /** The sender's `update` throws this. */
  readonly reject: (error: unknown) => void
}

/**
 * @since 0.1.0
 * @category models
 */
export interface WaitOptions {
  /** `WaitTimeout` is thrown after this long. */
  readonly timeout?: DurationInput
}

const make = (
  name: unknown,
  input: AnySchema | undefined,
  output: AnySchema | undefined,
  replies: boolean
): any => {
  if (typeof name !== "string" || name === "") {
    throw new TypeError(`${replies ? "update" : "signal"}(name) takes a name that is not empty`)
  }
  return Object.freeze({ name, [SIGNAL]: Object.freeze({ input, output, replies }) })
}

/**
 * A channel, with a schema that senders are held to.
 *
 * **Example** (A plain run that is told something)
 *
 * ```ts
 * import { offer, signal, waitFor, workflow } from "@rappel/core"
 *
 * export const Approval = signal<boolean>("approval")
 * export const order = workflow(async () => await waitFor(Approval) ? "shipped" : "refused")
 *
 * offer(Approval, true)
 * await order() // => "shipped"
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const signal: {
  <A>(name: string): Signal<A>
  <A, I>(name: string, schema: Schema.Schema<A, I>): Signal<A>
} = (name: string, schema?: AnySchema): Signal<any> => make(name, schema, undefined, false)

/**
 * A channel whose senders await an answer: `handle.update(channel, value)` gives what the
 * workflow passed to `request.reply`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const update: {
  <A, R>(name: string): Update<A, R>
  <A, I, R, J>(
    name: string,
    input: Schema.Schema<A, I>,
    output?: Schema.Schema<R, J>
  ): Update<A, R>
} = (name: string, input?: AnySchema, output?: AnySchema): Update<any, any> =>
  make(name, input, output, true)

/**
 * A value does not fit the schema of its channel.
 *
 * @since 0.1.0
 * @category errors
 */
export class SignalSchemaMismatch extends Error {
  readonly channel: string
  constructor(channel: string, issue: string) {
    super(`The value does not fit the schema of channel ${channel}: ${issue}`)
    this.name = "SignalSchemaMismatch"
    this.channel = channel
  }
}

/**
 * The value as its receiver gets it: as it is when it is of the schema's type, else decoded.
 *
 * **Errors** `SignalSchemaMismatch`.
 */
export const accept = (
  channel: string,
  schema: AnySchema | undefined,
  value: unknown
): unknown =>
  schema === undefined || Schema.is(schema)(value)
    ? value
    : Either.getOrThrowWith(
      Schema.decodeUnknownEither(schema)(value),
      (error) => new SignalSchemaMismatch(channel, ParseResult.TreeFormatter.formatErrorSync(error))
    )

// ---- plain runs

interface Local {
  readonly kept: Array<unknown>
  readonly waits: Array<(value: unknown) => void>
}

const locals = globalValue(
  Symbol.for("@rappel/core/workflow/Signal/locals"),
  () => new Map<string, Local>()
)

const localOf = (name: string): Local => {
  let local = locals.get(name)
  if (local === undefined) locals.set(name, local = { kept: [], waits: [] })
  return local
}

const put = (name: string, value: unknown): void => {
  const { kept, waits } = localOf(name)
  const take = waits.shift()
  if (take === undefined) kept.push(value)
  else take(value)
}

/**
 * Puts a value into this process's own inbox of a channel: for plain runs. Instances are told
 * by `handle.signal` and `handle.update`.
 *
 * @since 0.1.0
 * @category testing
 */
export const offer: {
  <A>(channel: Signal<A>, value: A): void
  <A, R>(channel: Update<A, R>, value: A): Promise<R>
} = ((channel: Signal<unknown> | Update<unknown, unknown>, value: unknown) => {
  const { input, output, replies } = channel[SIGNAL]
  const accepted = accept(channel.name, input, value)
  if (!replies) return put(channel.name, accepted)
  return new Promise<unknown>((resolve, reject) => {
    let isAnswered = false
    const answer = (settle: () => void) => {
      if (isAnswered) throw new Error(`The request on channel ${channel.name} was answered before`)
      isAnswered = true
      settle()
    }
    put(channel.name, {
      value: accepted,
      reply: (result: unknown) => answer(() => resolve(accept(channel.name, output, result))),
      reject: (error: unknown) => answer(() => reject(error))
    })
  })
}) as never

/**
 * The next value of a channel, in the order in which they came; of an `Update`, a request to
 * answer.
 *
 * **Errors** `WaitTimeout` when nothing came within the `timeout`; `Cancelled` when the
 * instance is cancelled meanwhile.
 *
 * @since 0.1.0
 * @category scheduling
 */
export const waitFor: {
  <A>(channel: Signal<A>, options?: WaitOptions): Promise<A>
  <A, R>(channel: Update<A, R>, options?: WaitOptions): Promise<Request<A, R>>
} = (
  { name }: { readonly name: string },
  options: WaitOptions = {}
): Promise<any> => {
  const { kept, waits } = localOf(name)
  if (kept.length > 0) return Promise.resolve(kept.shift())
  return new Promise((resolve, reject) => {
    waits.push(resolve)
    if (options.timeout === undefined) return
    void sleep(toMillis(options.timeout)).then(() => {
      const at = waits.indexOf(resolve)
      if (at < 0) return
      waits.splice(at, 1)
      reject(new WaitTimeout(name))
    })
  })
}

/** How often a plain run looks at a condition. */
const LOOK_MILLIS = 5

/**
 * Resolves when the predicate is true: at once, or after an event of the instance has made
 * it so. The predicate only reads; it is asked again after every event.
 *
 * **Errors** `WaitTimeout`, `Cancelled`, and what the predicate throws.
 *
 * @since 0.1.0
 * @category scheduling
 */
export const until = async (
  predicate: () => boolean,
  options: WaitOptions = {}
): Promise<void> => {
  let isLate = false
  if (options.timeout !== undefined) {
    void sleep(toMillis(options.timeout)).then(() => isLate = true)
  }
  while (!predicate()) {
    if (isLate) throw new WaitTimeout()
    await sleep(LOOK_MILLIS)
  }
}

/**
 * Shows a value of the workflow to whoever looks at the instance; the last one of a name counts.
 * A plain run shows nothing.
 *
 * @since 0.1.0
 * @category running
 */
export const publish = (_name: string, _value: unknown): void => {}
