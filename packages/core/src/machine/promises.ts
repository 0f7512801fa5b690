/**
 * The workflow's `Promise`: the language's algorithms, with jobs and reactions as data.
 *
 * It takes as many turns of the job queue as V8's, so that code which races promises sees
 * the same winner. `Symbol.species` is not looked at.
 *
 * Source: ECMA-262, 15th edition, section 27.2.
 *
 * @since 0.1.0
 */
import { closeAfterThrow, END, getIterator, isObject, nextItem } from "./iteration.ts"
import { makeNative } from "./nativeFunctions.ts"
import {
  AdoptReaction,
  Aggregate,
  type AggregateKind,
  ElementReaction,
  FinallyReaction,
  type Reaction,
  ThenableReaction,
  ThenReaction
} from "./reactions.ts"
import { running } from "./running.ts"
import { caught } from "./stack.ts"

export const PENDING = 0
export const FULFILLED = 1
export const REJECTED = 2
export type PromiseStatus = typeof PENDING | typeof FULFILLED | typeof REJECTED

/** What a snapshot keeps of a promise. */
export interface PromiseState {
  status: PromiseStatus
  value: unknown
  reactions: Array<Reaction>
  isHandled: boolean
}

let stateOf_: (promise: MachinePromise) => PromiseState
let isPromise_: (value: unknown) => value is MachinePromise

class MachinePromise {
  readonly #state: PromiseState = {
    status: PENDING,
    value: undefined,
    reactions: [],
    isHandled: false
  }

  static {
    stateOf_ = (promise) => promise.#state
    isPromise_ = (value): value is MachinePromise => isObject(value) && #state in value
  }

  constructor(executor: unknown) {
    if (executor === NO_EXECUTOR) return
    if (typeof executor !== "function") {
      throw new TypeError(`Promise resolver ${show(executor)} is not a function`)
    }
    const { reject, resolve } = resolvingFunctions(this)
    const vm = running
    const frame = vm.frame
    const outer = vm.executing
    vm.executing = this
    try {
      Reflect.apply(executor, undefined, [resolve, reject])
    } catch (error) {
      Reflect.apply(reject, undefined, [caught(frame, error)])
    } finally {
      vm.executing = outer
    }
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise
  then(onFulfilled?: unknown, onRejected?: unknown): MachinePromise {
    const result = newPromise()
    react(receiver(this, "then"), new ThenReaction(onFulfilled, onRejected, result))
    return result
  }

  catch(onRejected?: unknown): unknown {
    return (this as { then: (a: unknown, b: unknown) => unknown }).then(undefined, onRejected)
  }

  finally(onFinally?: unknown): unknown {
    if (!isObject(this)) {
      throw new TypeError("Promise.prototype.finally called on a non-object")
    }
    if (typeof onFinally !== "function") return this.then(onFinally, onFinally)
    if (isPlain(this)) {
      const result = newPromise()
      react(this, new FinallyReaction(onFinally as () => unknown, result))
      return result
    }
    return this.then(
      makeNative("finally", [onFinally, false]),
      makeNative("finally", [onFinally, true])
    )
  }

  static resolve(value?: unknown): unknown {
    return promiseResolve(value)
  }

  static reject(reason?: unknown): MachinePromise {
    const promise = newPromise()
    settle(promise, REJECTED, reason)
    return promise
  }

  static all(iterable?: unknown): MachinePromise {
    return combine("all", iterable)
  }

  static allSettled(iterable?: unknown): MachinePromise {
    return combine("allSettled", iterable)
  }

  static any(iterable?: unknown): MachinePromise {
    return combine("any", iterable)
  }

  static race(iterable?: unknown): MachinePromise {
    return combine("race", iterable)
  }
}

export type { MachinePromise }

Object.defineProperty(MachinePromise, "name", { value: "Promise", configurable: true })
Object.defineProperty(MachinePromise.prototype, Symbol.toStringTag, {
  value: "Promise",
  configurable: true
})
for (const name of ["all", "allSettled", "any", "race"] as const) {
  Object.defineProperty(MachinePromise[name], "length", { value: 1, configurable: true })
}

/** The workflow's global. */
export const PromiseConstructor = MachinePromise

const NO_EXECUTOR = Symbol("no executor")

export const stateOf = (promise: MachinePromise): PromiseState => stateOf_(promise)
export const isPromise = (value: unknown): value is MachinePromise => isPromise_(value)

export const newPromise = (): MachinePromise => new MachinePromise(NO_EXECUTOR)

const { then: promiseThen } = MachinePromise.prototype

const show = (value: unknown): string =>
  isObject(value) && typeof value !== "function" ? "#<Object>" : String(value)

const receiver = (value: unknown, method: string): MachinePromise => {
  if (isPromise(value)) return value
  throw new TypeError(
    `Method Promise.prototype.${method} called on incompatible receiver ${show(value)}`
  )
}

/** Whether calling its `then` is what the machine would do itself. */
const isPlain = (promise: MachinePromise): boolean => promise.then === promiseThen

/** Adds what happens when the promise settles; at once in the queue if it has. */
export const react = (promise: MachinePromise, reaction: Reaction): void => {
  const state = stateOf_(promise)
  state.isHandled = true
  if (state.status === PENDING) state.reactions.push(reaction)
  else running.enqueue(reaction, state.status, state.value)
}

export const settle = (
  promise: MachinePromise,
  status: typeof FULFILLED | typeof REJECTED,
  value: unknown
): void => {
  const state = stateOf_(promise)
  if (state.status !== PENDING) return
  state.status = status
  state.value = value
  const { reactions } = state
  state.reactions = []
  if (status === REJECTED && !state.isHandled) running.rejected.push(promise)
  for (const reaction of reactions) running.enqueue(reaction, status, value)
}

/** Settles with a value, or follows it when it is a promise or thenable. */
export const resolve = (promise: MachinePromise, value: unknown): void => {
  if (value === promise) {
    settle(promise, REJECTED, new TypeError("Chaining cycle detected for promise #<Promise>"))
    return
  }
  if (!isObject(value)) {
    settle(promise, FULFILLED, value)
    return
  }
  let then: unknown
  try {
    then = (value as { readonly then?: unknown }).then
  } catch (error) {
    settle(promise, REJECTED, caught(running.frame, error))
    return
  }
  if (typeof then !== "function") settle(promise, FULFILLED, value)
  else if (then === promiseThen && isPromise(value)) {
    running.enqueue(new AdoptReaction(value, promise), FULFILLED, undefined)
  } else {running.enqueue(
      new ThenableReaction(value, then as () => unknown, promise),
      FULFILLED,
      undefined
    )}
}

/** The functions that an executor or a thenable is given; the first call of either counts. */
export const resolvingFunctions = (
  promise: MachinePromise
): { readonly resolve: (...args: any) => unknown; readonly reject: (...args: any) => unknown } => {
  const target = { promise, isCalled: false }
  return {
    resolve: makeNative("resolve", [target]),
    reject: makeNative("reject", [target])
  }
}

/** The value itself when it is a promise, else a promise of it. */
export const promiseResolve = (value: unknown): MachinePromise => {
  if (isPromise(value) && (value.constructor as unknown) === MachinePromise) return value
  const promise = newPromise()
  resolve(promise, value)
  return promise
}

const combine = (kind: AggregateKind, iterable: unknown): MachinePromise => {
  const result = newPromise()
  const vm = running
  const { frame } = vm
  let record
  try {
    record = getIterator(iterable, undefined)
    const aggregate = new Aggregate(kind, result)
    for (let item = nextItem(record); item !== END; item = nextItem(record)) {
      const index = aggregate.add()
      const next = promiseResolve(item)
      if (isPlain(next)) react(next, new ElementReaction(aggregate, index))
      else {
        const target = { aggregate, index, isCalled: false }
        const { then } = next
        Reflect.apply(then, next, [
          makeNative("fulfilled", [target]),
          makeNative("rejected", [target])
        ])
      }
    }
    aggregate.complete()
  } catch (error) {
    settle(result, REJECTED, caught(frame, error))
    if (record !== undefined && !record.isDone) closeAfterThrow(record)
  }
  return result
}
