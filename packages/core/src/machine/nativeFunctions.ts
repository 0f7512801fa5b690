/**
 * Functions of the machine that a workflow may hold and a snapshot must write: which one it
 * is, and what it was made for.
 *
 * @since 0.1.0
 */
import { hidden } from "./hidden.ts"
import { FULFILLED, type MachinePromise, REJECTED, resolve, settle } from "./promises.ts"
import { afterFinally, type Aggregate } from "./reactions.ts"

type Callable = (...args: ReadonlyArray<unknown>) => unknown

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
  finally: ([callback, isRejected]: readonly [Callable, boolean], value: unknown): unknown =>
    afterFinally(callback, isRejected ? REJECTED : FULFILLED, value)
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

/** The function of a record, which a snapshot fills later. */
export const nativeOf = (record: NativeFunction): Callable => {
  const run = KINDS[record.kind] as (data: ReadonlyArray<unknown>, value: unknown) => unknown
  const fn = {
    ""(value: unknown): unknown {
      return run(record.data, value)
    }
  }[""]
  nativeFunctions.set(fn, record)
  return fn as Callable
}

export const makeNative = (kind: NativeKind, data: ReadonlyArray<unknown>): Callable =>
  nativeOf(new NativeFunction(kind, data))
