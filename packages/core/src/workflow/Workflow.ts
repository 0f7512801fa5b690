/**
 * Workflows are the control flow between actions: plain async functions, or classes with
 * a `run` method, that are compiled into programs and run durably.
 *
 * Called directly, a workflow is the function that it was made of: no database, no
 * recovery, real waits. `run` and `start` run its program.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { callSite } from "../action/CallSite.ts"
import { type Handle, handleIn, handleOf, handlesOf, settle } from "../client/Handle.ts"
import type { ProgramRef } from "../client/ProgramSource.ts"
import {
  RappelClient,
  type ResultError,
  type StartError,
  type StartItem
} from "../client/RappelClient.ts"
import type { StartOptions } from "../client/StartOptions.ts"
import type { Transaction } from "../client/Transaction.ts"
import { type VisualFormat, visualize } from "../client/visualize.ts"

/** The key under which a workflow keeps what it was made of; also how one is recognised. */
export const WORKFLOW = "~rappel/Workflow"

/** Why running a workflow can fail; what the workflow threw is in `WorkflowFailure.cause`. */
export type RunError = StartError | ResultError

/** The arguments of one of many starts, alone or with options of its own. */
export type StartManyItem<Args extends ReadonlyArray<unknown>> =
  | Args
  | { readonly args: Args; readonly options: StartOptions }

/**
 * The ways to run a workflow durably.
 *
 * @since 0.1.0
 * @category models
 */
export interface Durable<Args extends ReadonlyArray<unknown>, A> {
  /**
   * Starts an instance and awaits its result, also across restarts of whatever runs it.
   * It throws what the workflow threw.
   */
  readonly run: (...args: Args) => Promise<A>
  /** Starts an instance and answers at once, when it is stored. */
  readonly start: (...args: Args) => Promise<Handle<A>>
  /**
   * Starts an instance for each item in one go, all or none, and answers in their order:
   * `greeting.startMany([["u1"], ["u2"]])`. Up to 20,000 at once.
   */
  readonly startMany: (
    items: ReadonlyArray<StartManyItem<Args>>
  ) => Promise<ReadonlyArray<Handle<A>>>
  /**
   * Starts an instance in a transaction of yours, which `@rappel/sql/transaction/…` makes of what
   * your library hands you: it runs if and when that commits.
   */
  readonly startIn: (tx: Transaction, ...args: Args) => Promise<Handle<A>>
  /** `run` for Effect programs: failures are typed, and the client comes from the context. */
  readonly execute: (...args: Args) => Effect.Effect<A, RunError, RappelClient>
}

/**
 * A workflow made of a function.
 *
 * @since 0.1.0
 * @category models
 */
export interface WorkflowFunction<Args extends ReadonlyArray<unknown>, A> extends Durable<Args, A> {
  (...args: Args): Promise<A>
  /** The same workflow with a key, a delay or other options for its next starts. */
  readonly with: (options: StartOptions) => Durable<Args, A>
  /** The picture of its program, as text. */
  readonly visualize: (format?: VisualFormat) => Promise<string>
  readonly [WORKFLOW]: ProgramRef
}

/**
 * @since 0.1.0
 * @category models
 */
export interface WorkflowOptions {
  /** The workflow's name, instead of its export's. */
  readonly name?: string
}

const itemOf = <Args extends ReadonlyArray<unknown>>(
  item: StartManyItem<Args>,
  options: StartOptions
): StartItem =>
  "args" in item
    ? { args: item.args, options: { ...options, ...item.options } }
    : { args: item, options }

/** The ways to run what `ref` names. */
const durable = <Args extends ReadonlyArray<unknown>, A>(
  ref: ProgramRef,
  options: StartOptions
): Durable<Args, A> => ({
  run: (...args) => settle<A>(ref, args, options),
  start: (...args) => handleOf<A>(ref, args, options),
  startIn: (tx, ...args) => handleIn<A>(tx, ref, args, options),
  startMany: (items) => handlesOf<A>(ref, items.map((item) => itemOf(item, options))),
  execute: (...args) =>
    Effect.flatMap(RappelClient, (client) => client.execute(ref, args, options)) as Effect.Effect<
      A,
      RunError,
      RappelClient
    >
})

/**
 * Makes a workflow of an async function.
 *
 * **Shapes** Arguments and result are what can be stored: JSON, `Date`, `Map`, `Set`,
 * `BigInt`, bytes, errors. The workflow must be exported from its file, so that the
 * compiler finds it.
 *
 * **Errors** A `TypeError` when no function is given.
 *
 * **Example** (A workflow called as the plain function that it is)
 *
 * ```ts
 * import { action, workflow } from "@rappel/core"
 *
 * const greet = action(async (name: string) => `Hello ${name}`)
 * export const greeting = workflow(async (name: string) => await greet(name))
 *
 * await greeting("Ada") // => "Hello Ada"
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export function workflow<Args extends ReadonlyArray<any>, R>(
  fn: (...args: Args) => R
): WorkflowFunction<Args, Awaited<R>>
export function workflow<Args extends ReadonlyArray<any>, R>(
  options: WorkflowOptions,
  fn: (...args: Args) => R
): WorkflowFunction<Args, Awaited<R>>
export function workflow(
  first: WorkflowOptions | ((...args: ReadonlyArray<any>) => unknown),
  second?: (...args: ReadonlyArray<any>) => unknown
): WorkflowFunction<any, unknown> {
  const call = callSite(1)
  const fn = typeof first === "function" ? first : second
  if (typeof fn !== "function") {
    throw new TypeError(
      "workflow(...) takes a function, or options and a function: workflow(async (id) => …)"
    )
  }
  const name = typeof first === "function" ? undefined : first.name
  const plain = async (...args: ReadonlyArray<unknown>): Promise<unknown> => await fn(...args)
  const ref: ProgramRef = {
    kind: "site",
    value: plain,
    get site() {
      return call.site()
    },
    name
  }
  return Object.assign(plain, durable<any, unknown>(ref, {}), {
    with: (options: StartOptions) => durable<any, unknown>(ref, options),
    visualize: (format?: VisualFormat) => visualize(ref, format),
    [WORKFLOW]: ref
  })
}

/** A class whose instances have a `run` method and are made without arguments. */
export type WorkflowClass<Args extends ReadonlyArray<any>, R> = new() => {
  run(...args: Args): R
}

const refOf = (constructor: object & { readonly name: string }): ProgramRef => ({
  kind: "class",
  value: constructor,
  name: constructor.name
})

/**
 * The base of workflows that are classes: helpers become methods, also inherited ones.
 *
 * `new Welcome().run(...)` is the plain run; `Welcome.run(...)` the durable one. The class
 * must be exported under its own name.
 *
 * **Example** (A class and its plain run)
 *
 * ```ts
 * import { action, Workflow } from "@rappel/core"
 *
 * const greet = action(async (name: string) => `Hello ${name}`)
 *
 * export class Welcome extends Workflow {
 *   async run(name: string) {
 *     return await greet(this.polite(name))
 *   }
 *   polite(name: string) {
 *     return `dear ${name}`
 *   }
 * }
 *
 * await new Welcome().run("Ada") // => "Hello dear Ada"
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export abstract class Workflow {
  abstract run(...args: ReadonlyArray<any>): unknown

  /** Starts an instance and awaits its result. */
  static run<Args extends ReadonlyArray<any>, R>(
    this: WorkflowClass<Args, R>,
    ...args: Args
  ): Promise<Awaited<R>> {
    return durable<Args, Awaited<R>>(refOf(this), {}).run(...args)
  }

  /** Starts an instance and answers when it is stored. */
  static start<Args extends ReadonlyArray<any>, R>(
    this: WorkflowClass<Args, R>,
    ...args: Args
  ): Promise<Handle<Awaited<R>>> {
    return durable<Args, Awaited<R>>(refOf(this), {}).start(...args)
  }

  /** Starts an instance for each item in one go, all or none. */
  static startMany<Args extends ReadonlyArray<any>, R>(
    this: WorkflowClass<Args, R>,
    items: ReadonlyArray<StartManyItem<Args>>
  ): Promise<ReadonlyArray<Handle<Awaited<R>>>> {
    return durable<Args, Awaited<R>>(refOf(this), {}).startMany(items)
  }

  /** Starts an instance in a transaction of yours. */
  static startIn<Args extends ReadonlyArray<any>, R>(
    this: WorkflowClass<Args, R>,
    tx: Transaction,
    ...args: Args
  ): Promise<Handle<Awaited<R>>> {
    return durable<Args, Awaited<R>>(refOf(this), {}).startIn(tx, ...args)
  }

  /** `run` for Effect programs. */
  static execute<Args extends ReadonlyArray<any>, R>(
    this: WorkflowClass<Args, R>,
    ...args: Args
  ): Effect.Effect<Awaited<R>, RunError, RappelClient> {
    return durable<Args, Awaited<R>>(refOf(this), {}).execute(...args)
  }

  /** The same workflow with a key, a delay or other options for its next starts. */
  static with<Args extends ReadonlyArray<any>, R>(
    this: WorkflowClass<Args, R>,
    options: StartOptions
  ): Durable<Args, Awaited<R>> {
    return durable<Args, Awaited<R>>(refOf(this), options)
  }

  /** The picture of its program, as text. */
  static visualize(
    this: WorkflowClass<any, any>,
    format?: VisualFormat
  ): Promise<string> {
    return visualize(refOf(this), format)
  }
}

/** What a workflow value or class is asked for by; for those who hold a `RappelClient`. */
export const refOfWorkflow = (
  value: WorkflowFunction<any, any> | WorkflowClass<any, any>
): ProgramRef => WORKFLOW in value ? value[WORKFLOW] : refOf(value)
