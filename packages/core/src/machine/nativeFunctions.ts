/**
 * Functions of the machine that a workflow may hold and a snapshot must write: which one it
 * is, and what it was made for.
 *
 * @since 0.1.0
 */
import { type Given, resolveWith } from "./capabilities.ts"
import { hidden } from "./hidden.ts"
import { FULFILLED, type MachinePromise, REJECTED, resolve, settle } from "./promises.ts"
import type { Aggregate } from "./reactions.ts"

type Callable = (...args: ReadonlyArray<unknown>) => unknown
type Thenable = { readonly then: Callable }

/** Shared by the two functions that settle one thing: the first call of either counts. */
interface Once {
  isCalled: boolean
}

interface PromiseTarget extends Once {
  readonly promise: MachinePromise
}

interface ElementTarget extends Once {
  readonly aggregate: Aggregate
  readonly index: number
}

const isFirst = (target: Once): boolean => {
  const { isCalled } = target
  target.isCalled = true
  return !isCalled
}

const KINDS = {
  resolve: ([target]: readonly [PromiseTarget], value: unknown): void => {
    if (isFirst(target)) resolve(target.promise, value)
  },
  reject: ([target]: readonly [PromiseTarget], reason: unknown): void => {
    if (isFirst(target)) settle(target.promise, REJECTED, reason)
  },
  fulfilled: ([target]: readonly [ElementTarget], value: unknown): void => {
    if (isFirst(target)) target.aggregate.settled(target.index, FULFILLED, value)
  },
  rejected: ([target]: readonly [ElementTarget], reason: unknown): void => {
    if (isFirst(target)) target.aggregate.settled(target.index, REJECTED, reason)
  },
  finally: (
    [callback, isRejected, species]: readonly [Callable, boolean, unknown],
    value: unknown
  ): unknown => {
    const awaited = resolveWith(species, Reflect.apply(callback, undefined, [])) as Thenable
    return awaited.then(makeNative(isRejected ? "thrower" : "value", [value]))
  },
  value: ([value]: readonly [unknown]): unknown => value,
  thrower: ([reason]: readonly [unknown]): never => {
    throw reason
  },
  capability: ([given]: readonly [Given], resolve: unknown, reject: unknown): void => {
    if (given.resolve !== undefined || given.reject !== undefined) {
      throw new TypeError("Promise executor has already been invoked with non-undefined arguments")
    }
    given.resolve = resolve
    given.reject = reject
  }
} as const

export type NativeKind = keyof typeof KINDS

export class NativeFunction {
  readonly kind: NativeKind
  data: ReadonlyArray<unknown>

  constructor(kind: NativeKind, data: ReadonlyArray<unknown>) {
    this.kind = kind
    this.data = data
  }
}

export const nativeFunctions = hidden<NativeFunction>()

type Run = (data: ReadonlyArray<unknown>, first: unknown, second: unknown) => unknown

/** How many parameters a function says it has. */
export const lengthOf = (kind: NativeKind): number =>
  kind === "capability" ? 2 : kind === "value" || kind === "thrower" ? 0 : 1

/** The function of a record, which a snapshot fills later. */
export const nativeOf = (record: NativeFunction): Callable => {
  const run = KINDS[record.kind] as Run
  const fn = {
    ""(first: unknown, ...rest: ReadonlyArray<unknown>): unknown {
      return run(record.data, first, rest[0])
    }
  }[""]
  const length = lengthOf(record.kind)
  if (length !== 1) Object.defineProperty(fn, "length", { value: length, configurable: true })
  nativeFunctions.set(fn, record)
  return fn as Callable
}

export const makeNative = (kind: NativeKind, data: ReadonlyArray<unknown>): Callable =>
  nativeOf(new NativeFunction(kind, data))
