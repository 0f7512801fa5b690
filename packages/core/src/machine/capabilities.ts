/**
 * Promises of other constructors: of classes that extend `Promise`, and of whatever else
 * its functions are called on.
 *
 * Source: ECMA-262, 15th edition, sections 27.2.1.5 and 7.3.22.
 *
 * @since 0.1.0
 */
import { isConstructor } from "./functions.ts"
import { isObject } from "./iteration.ts"
import { makeNative } from "./nativeFunctions.ts"
import { sourceOf } from "./natives/functions.ts"
import { replaced } from "./natives/replaced.ts"
import {
  isPromise,
  type MachinePromise,
  newPromise,
  own,
  REJECTED,
  resolve,
  resolvingFunctions,
  settle
} from "./promises.ts"

type Callable = (...args: ReadonlyArray<unknown>) => unknown

/** A promise with the functions that its constructor gave to settle it. */
export class Capability {
  readonly promise: object
  readonly resolve: Callable
  readonly reject: Callable

  constructor(promise: object, resolve: Callable, reject: Callable) {
    this.promise = promise
    this.resolve = resolve
    this.reject = reject
  }
}

/** What a reaction settles: a promise of the machine itself needs no functions. */
export type Target = MachinePromise | Capability

/** The functions that a constructor hands to the executor. */
export interface Given {
  resolve: unknown
  reject: unknown
}

const isCallable = (value: unknown): value is Callable => typeof value === "function"

export const newTarget = (constructor: unknown): Target => {
  if (constructor === own.constructor) return newPromise()
  if (!isConstructor(constructor)) {
    const shown = typeof constructor === "function"
      ? sourceOf(constructor)
      : isObject(constructor)
      ? "#<Object>"
      : String(constructor)
    throw new TypeError(`${shown} is not a constructor`)
  }
  const given: Given = { resolve: undefined, reject: undefined }
  const promise = Reflect.construct(constructor, [makeNative("capability", [given])]) as object
  const { reject, resolve } = given
  if (!isCallable(resolve) || !isCallable(reject)) {
    throw new TypeError("Promise resolve or reject function is not callable")
  }
  return new Capability(promise, resolve, reject)
}

export const promiseOf = (target: Target): object =>
  target instanceof Capability ? target.promise : target

/** For stacks: who waits for this is found through promises of the machine. */
export const machinePromiseOf = (target: Target): MachinePromise | undefined => {
  const promise = promiseOf(target)
  return isPromise(promise) ? promise : undefined
}

export const resolveTarget = (target: Target, value: unknown): void => {
  if (target instanceof Capability) Reflect.apply(target.resolve, undefined, [value])
  else resolve(target, value)
}

export const rejectTarget = (target: Target, reason: unknown): void => {
  if (target instanceof Capability) Reflect.apply(target.reject, undefined, [reason])
  else settle(target, REJECTED, reason)
}

/** Functions that settle a target, to be handed to a `then` of the program. */
export const functionsOf = (target: Target): Pick<Capability, "resolve" | "reject"> =>
  target instanceof Capability ? target : resolvingFunctions(target)

/** The constructor of what a method makes of an object: the object's own, or one it names. */
export const speciesOf = (object: object, usual: unknown = own.constructor): unknown => {
  const constructor: unknown = replaced(
    (object as { readonly constructor?: unknown }).constructor
  )
  if (constructor === usual || constructor === undefined) return usual
  if (!isObject(constructor)) throw new TypeError("The .constructor property is not an object")
  const species: unknown = (constructor as { readonly [Symbol.species]?: unknown })[Symbol.species]
  if (species === undefined || species === null) return usual
  if (isConstructor(species)) return species
  throw new TypeError("object.constructor[Symbol.species] is not a constructor")
}

/** `PromiseResolve` for any constructor. */
export const resolveWith = (constructor: unknown, value: unknown): object => {
  if (isPromise(value)) {
    if ((value as { readonly constructor?: unknown }).constructor === constructor) return value
  }
  const target = newTarget(constructor)
  resolveTarget(target, value)
  return promiseOf(target)
}
