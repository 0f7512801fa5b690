/**
 * `Promise.all`, `allSettled`, `any` and `race`.
 *
 * @since 0.1.0
 */
import { functionsOf, newTarget, promiseOf, rejectTarget } from "./capabilities.ts"
import { closeAfterThrow, END, getIterator, isObject, nextItem, UNNAMED } from "./iteration.ts"
import { makeNative } from "./nativeFunctions.ts"
import { hasOwnThen, type MachinePromise, own, promiseResolve, react } from "./promises.ts"
import { Aggregate, type AggregateKind, ElementReaction } from "./reactions.ts"
import { running } from "./running.ts"
import { caught } from "./stack.ts"

type Callable = (...args: ReadonlyArray<unknown>) => unknown

/** Subscribes to an element through its own `then`: what a promise of the machine does not need. */
const subscribe = (next: unknown, aggregate: Aggregate, index: number): void => {
  const { kind, target } = aggregate
  const element = { aggregate, index, isCalled: false }
  const functions = functionsOf(target)
  const onFulfilled = kind === "any" || kind === "race"
    ? functions.resolve
    : makeNative("fulfilled", [element])
  const onRejected = kind === "all" || kind === "race"
    ? functions.reject
    : makeNative("rejected", [element])
  const { then } = next as { readonly then: Callable }
  Reflect.apply(then, next, [onFulfilled, onRejected])
}

/** Makes promises of the elements: the constructor's own `resolve` may do it its way. */
const resolverOf = (constructor: unknown): (item: unknown) => unknown => {
  if (constructor === own.constructor) return promiseResolve
  const { resolve } = constructor as { readonly resolve?: unknown }
  if (typeof resolve !== "function") {
    throw new TypeError("Promise resolve or reject function is not callable")
  }
  return (item) => Reflect.apply(resolve, constructor, [item])
}

export const combine = (kind: AggregateKind, constructor: unknown, iterable: unknown): object => {
  if (!isObject(constructor)) throw new TypeError(`Promise.${kind} called on non-object`)
  const target = newTarget(constructor)
  const { frame } = running
  let record
  try {
    const resolve = resolverOf(constructor)
    record = getIterator(iterable, UNNAMED)
    const aggregate = new Aggregate(kind, target)
    for (let item = nextItem(record); item !== END; item = nextItem(record)) {
      const index = aggregate.add()
      const next = resolve(item)
      if (resolve === promiseResolve && hasOwnThen(next as MachinePromise)) {
        react(next as MachinePromise, new ElementReaction(aggregate, index))
      } else subscribe(next, aggregate, index)
    }
    aggregate.complete()
  } catch (error) {
    const reason = caught(frame, error)
    if (record !== undefined && !record.isDone) closeAfterThrow(record)
    rejectTarget(target, reason)
  }
  return promiseOf(target)
}
