/**
 * Actions do the work of a workflow: any I/O with any library, in plain functions.
 *
 * In a durable run the machine asks for a call, a worker executes it, and its outcome
 * is recorded; the function runs at least once and its recorded outcome counts once.
 * Called anywhere else, an action is the function that it was made of.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { ActionSchemas, AnySchema, InputSchema } from "./ActionSchema.ts"
import { type CallSite, callSite } from "./CallSite.ts"
import { invoke } from "./invoke.ts"
import { judgesOf } from "./judges.ts"
import { invokeWithPolicy } from "./plainPolicy.ts"
import type { PolicyOptions } from "./Policy.ts"
import { toPolicy } from "./Policy.ts"
import { registerSite } from "./Registry.ts"

/** The key under which an action keeps what it was made of; also how one is recognised. */
export const ACTION = "~rappel/Action"

/**
 * What an action was made of.
 *
 * @category models
 */
export interface ActionInfo {
  readonly fn: (...args: ReadonlyArray<any>) => unknown
  /** The name given by `action({ name }, …)`: its id whatever file it stands in. */
  readonly name: string | undefined
  readonly schemas: ActionSchemas
  /** Set by the options of `action` or by `with`; absent for neither. */
  readonly policy: PolicyOptions | undefined
  /** How messages name the action. */
  readonly label: () => string
}

/**
 * An action: call it, or give it a policy first.
 *
 * @since 0.1.0
 * @category models
 */
export interface Action<Args extends ReadonlyArray<unknown>, A> {
  (...args: Args): Promise<A>
  /**
   * The same action under a policy for retries and time; in a plain run, too, where its
   * waits are real ones. What the new policy leaves out stays as it was.
   */
  readonly with: (policy: PolicyOptions) => Action<Args, A>
  readonly [ACTION]: ActionInfo
}

export type AnyAction = Action<any, unknown>

/** What the caller of an action awaits: the success of an Effect, or what a promise resolves to. */
export type ResultOf<R> = R extends Effect.Effect<infer A, any, any> ? A : Awaited<R>

/** The arguments that schemas describe. */
export type ArgsOf<I extends InputSchema> = I extends AnySchema ? [Schema.Schema.Type<I>]
  : I extends ReadonlyArray<AnySchema>
    ? { -readonly [K in keyof I]: I[K] extends AnySchema ? Schema.Schema.Type<I[K]> : never }
  : never

/**
 * Options of an action; those of a policy hold for every call that sets none itself.
 *
 * @since 0.1.0
 * @category models
 */
export interface ActionOptions extends PolicyOptions {
  /** The action's id, instead of its file and export; keeps it when the file moves. */
  readonly name?: string
  /** What its errors look like, so that encoded ones become instances again. */
  readonly error?: AnySchema
}

/** Whether a value is an action. */
export const isAction = (value: unknown): value is AnyAction =>
  typeof value === "function" && ACTION in value

/**
 * Makes an action of a function: async, plain, or one that returns an `Effect`.
 *
 * **Shapes** Arguments and result are what can be stored: JSON, `Date`, `Map`, `Set`,
 * `BigInt`, bytes, errors. With `input` and `output` schemas they are checked on the way.
 *
 * **Errors** A `TypeError` for options that no policy has. What the function throws
 * reaches the workflow as the same class, where the workflow knows it.
 *
 * **Example** (An action and its call)
 *
 * ```ts
 * import { action } from "@rappel/core"
 *
 * const double = action(async (n: number) => n * 2)
 * await double(21) // => 42
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export function action<Args extends ReadonlyArray<any>, R>(
  fn: (...args: Args) => R
): Action<Args, ResultOf<R>>
export function action<const I extends InputSchema, A>(
  options: ActionOptions & { readonly input: I; readonly output: Schema.Schema<A, any, never> },
  fn: (...args: ArgsOf<I>) => A | PromiseLike<A> | Effect.Effect<A, any, any>
): Action<ArgsOf<I>, A>
export function action<const I extends InputSchema, R>(
  options: ActionOptions & { readonly input: I },
  fn: (...args: ArgsOf<I>) => R
): Action<ArgsOf<I>, ResultOf<R>>
export function action<Args extends ReadonlyArray<any>, A>(
  options: ActionOptions & { readonly output: Schema.Schema<A, any, never> },
  fn: (...args: Args) => A | PromiseLike<A> | Effect.Effect<A, any, any>
): Action<Args, A>
export function action<Args extends ReadonlyArray<any>, R>(
  options: ActionOptions,
  fn: (...args: Args) => R
): Action<Args, ResultOf<R>>
export function action(
  first: ActionInfo["fn"] | (ActionOptions & ActionSchemas),
  second?: ActionInfo["fn"]
): AnyAction {
  const call = callSite(1)
  const fn = typeof first === "function" ? first : second
  if (typeof fn !== "function") {
    throw new TypeError(
      "action(...) takes a function, or options and a function: action(async (id) => …)"
    )
  }
  const { error, input, name, output, ...policy } = typeof first === "function"
    ? {} as ActionOptions & ActionSchemas
    : first
  const schemas: ActionSchemas = {
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error })
  }
  const made = make({
    fn,
    name,
    schemas,
    policy: Object.keys(policy).length > 0 ? policy : undefined,
    label: () => name ?? labelOf(fn, call)
  })
  registerSite(made, call)
  return made
}

const make = (info: ActionInfo): AnyAction => {
  const policy = info.policy === undefined ? undefined : toPolicy(info.policy)
  const judges = info.policy === undefined ? undefined : judgesOf(info.policy)
  const run = (...args: ReadonlyArray<unknown>): Promise<unknown> =>
    policy === undefined ? invoke(info, args) : invokeWithPolicy(info, policy, judges, args)
  return Object.assign(run, {
    with: (more: PolicyOptions) => make({ ...info, policy: { ...info.policy, ...more } }),
    [ACTION]: info
  })
}

const labelOf = (fn: ActionInfo["fn"], call: CallSite): string => {
  if (fn.name !== "") return fn.name
  const site = call.site()
  return site === undefined ? "(anonymous)" : `at ${site.file}:${site.line}`
}
