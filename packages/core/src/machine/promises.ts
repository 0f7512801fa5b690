/**
 * Promises of workflows: the language's algorithms, with jobs and reactions as data.
 *
 * They take as many turns of the job queue as V8's, so that code which races promises sees
 * the same winner. What a workflow sees of them stands in `promiseConstructor.ts`.
 *
 * Source: ECMA-262, 15th edition, section 27.2.
 *
 * @since 0.1.0
 */
import { isObject } from "./iteration.ts"
import { makeNative } from "./nativeFunctions.ts"
import { AdoptReaction, type Reaction, ThenableReaction } from "./reactions.ts"
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

/** A promise without its methods; those are put on the prototype. */
export class MachinePromise {
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
}

export const PROMISE_PROTOTYPE: object = MachinePromise.prototype

/** What a workflow reads from a promise. */
interface Visible {
  readonly constructor?: unknown
  readonly then?: unknown
}

/** The functions that a workflow sees; set where they are defined. */
export const own: { constructor: unknown; then: unknown } = {
  constructor: undefined,
  then: undefined
}

export const stateOf = (promise: MachinePromise): PromiseState => stateOf_(promise)
export const isPromise = (value: unknown): value is MachinePromise => isPromise_(value)

export const newPromise = (): MachinePromise => new MachinePromise()

/** Whether calling its `then` is what the machine would do itself. */
export const hasOwnThen = (promise: MachinePromise): boolean =>
  (promise as Visible).then === own.then

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
    then = (value as Visible).then
  } catch (error) {
    settle(promise, REJECTED, caught(running.frame, error))
    return
  }
  if (typeof then !== "function") settle(promise, FULFILLED, value)
  else if (then === own.then && isOrdinary(value)) {
    running.enqueue(new AdoptReaction(value, promise), FULFILLED, undefined)
  } else {
    const reaction = new ThenableReaction(value, then as () => unknown, promise)
    running.enqueue(reaction, FULFILLED, undefined)
  }
}

/** A promise whose `then` makes another of the same kind: no code of the program takes part. */
const isOrdinary = (value: object): value is MachinePromise =>
  isPromise(value) && Object.getPrototypeOf(value) === PROMISE_PROTOTYPE &&
  !Object.hasOwn(value, "constructor")

export interface ResolvingFunctions {
  readonly resolve: (...args: ReadonlyArray<unknown>) => unknown
  readonly reject: (...args: ReadonlyArray<unknown>) => unknown
}

/** The functions that an executor or a thenable is given; the first call of either counts. */
export const resolvingFunctions = (promise: MachinePromise): ResolvingFunctions => {
  const target = { promise, isCalled: false }
  return {
    resolve: makeNative("resolve", [target]),
    reject: makeNative("reject", [target])
  }
}

/** The value itself when it is a promise, else a promise of it. */
export const promiseResolve = (value: unknown): MachinePromise => {
  if (isPromise(value) && (value as Visible).constructor === own.constructor) return value
  const promise = newPromise()
  resolve(promise, value)
  return promise
}
