/**
 * `Promise` as workflows see it: the constructor and its functions.
 *
 * Source: ECMA-262, 15th edition, sections 27.2.3 to 27.2.5.
 *
 * @since 0.1.0
 */
import { newTarget, promiseOf, rejectTarget, resolveWith, speciesOf } from "./capabilities.ts"
import { isObject, typeAndValue } from "./iteration.ts"
import { makeNative } from "./nativeFunctions.ts"
import { defineMethods } from "./natives/defineMethods.ts"
import { combine } from "./promiseCombinators.ts"
import {
  hasOwnThen,
  isPromise,
  MachinePromise,
  own,
  PROMISE_PROTOTYPE,
  react,
  resolvingFunctions
} from "./promises.ts"
import { FinallyReaction, ThenReaction } from "./reactions.ts"
import { running } from "./running.ts"
import { caught, incompatible } from "./stack.ts"

const show = (value: unknown): string =>
  isObject(value) && typeof value !== "function" ? "#<Object>" : String(value)

/** The workflow's global. */
export const PromiseConstructor = {
  Promise: function(executor: unknown): MachinePromise {
    if (new.target === undefined) {
      throw new TypeError("Promise constructor cannot be invoked without 'new'")
    }
    if (typeof executor !== "function") {
      throw new TypeError(`Promise resolver ${show(executor)} is not a function`)
    }
    const promise = Reflect.construct(MachinePromise, [], new.target) as MachinePromise
    const { reject, resolve } = resolvingFunctions(promise)
    const vm = running
    const { executing, frame } = vm
    vm.executing = promise
    try {
      Reflect.apply(executor, undefined, [resolve, reject])
    } catch (error) {
      Reflect.apply(reject, undefined, [caught(frame, error)])
    } finally {
      vm.executing = executing
    }
    return promise
  }
}.Promise

Object.defineProperty(PromiseConstructor, "prototype", {
  value: PROMISE_PROTOTYPE,
  writable: false
})
own.constructor = PromiseConstructor

type Thenable = { readonly then: (...args: ReadonlyArray<unknown>) => unknown }

defineMethods(PROMISE_PROTOTYPE, {
  constructor: PromiseConstructor,
  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise
  then(this: unknown, onFulfilled: unknown, onRejected: unknown): object {
    if (!isPromise(this)) {
      throw incompatible("Promise.prototype.then", this)
    }
    const target = newTarget(speciesOf(this))
    react(this, new ThenReaction(onFulfilled, onRejected, target))
    return promiseOf(target)
  },
  catch(this: Thenable, onRejected: unknown): unknown {
    const { then } = this as { readonly then?: unknown }
    if (typeof then !== "function") throw new TypeError(`${typeAndValue(then)} is not a function`)
    return Reflect.apply(then, this, [undefined, onRejected])
  },
  finally(this: Thenable, onFinally: unknown): unknown {
    if (!isObject(this)) throw new TypeError("Promise.prototype.finally called on non-object")
    const species = speciesOf(this)
    if (typeof onFinally !== "function") return this.then(onFinally, onFinally)
    if (isPromise(this) && hasOwnThen(this) && species === PromiseConstructor) {
      const target = newTarget(species)
      react(this, new FinallyReaction(onFinally as () => unknown, target))
      return promiseOf(target)
    }
    return this.then(
      makeNative("finally", [onFinally, false, species]),
      makeNative("finally", [onFinally, true, species])
    )
  }
})
own.then = (PROMISE_PROTOTYPE as Thenable).then

Object.defineProperty(PROMISE_PROTOTYPE, Symbol.toStringTag, {
  value: "Promise",
  configurable: true
})

defineMethods(PromiseConstructor, {
  resolve(this: unknown, value: unknown): object {
    if (!isObject(this)) throw new TypeError("PromiseResolve called on non-object")
    return resolveWith(this, value)
  },
  reject(this: unknown, reason: unknown): object {
    if (!isObject(this)) throw new TypeError("PromiseReject called on non-object")
    const target = newTarget(this)
    rejectTarget(target, reason)
    return promiseOf(target)
  },
  all(this: unknown, iterable: unknown): object {
    return combine("all", this, iterable)
  },
  allSettled(this: unknown, iterable: unknown): object {
    return combine("allSettled", this, iterable)
  },
  any(this: unknown, iterable: unknown): object {
    return combine("any", this, iterable)
  },
  race(this: unknown, iterable: unknown): object {
    return combine("race", this, iterable)
  }
})
Object.defineProperty(PromiseConstructor, Symbol.species, {
  get: Object.getOwnPropertyDescriptor({
    get [Symbol.species](): unknown {
      return this
    }
  }, Symbol.species)!.get!,
  configurable: true
})
