/**
 * A sync iterator where an async one is asked for: `for await` and `yield*` over plain
 * iterables. No workflow ever holds one.
 *
 * Source: ECMA-262, 15th edition, section 27.1.6.
 *
 * @since 0.1.0
 */
import {
  asResult,
  callNext,
  iteratorFrom,
  iteratorMethod,
  IteratorRecord,
  type Named,
  refusal,
  returnMethod,
  typeAndValue
} from "./iteration.ts"
import { replaced } from "./natives/replaced.ts"
import {
  FULFILLED,
  type MachinePromise,
  newPromise,
  promiseResolve,
  type PromiseStatus,
  react,
  REJECTED,
  settle
} from "./promises.ts"
import type { Reaction } from "./reactions.ts"
import { running } from "./running.ts"
import { caught } from "./stack.ts"

export class AsyncFromSyncIterator {
  readonly record: IteratorRecord

  constructor(record: IteratorRecord) {
    this.record = record
  }

  next(...args: ReadonlyArray<unknown>): MachinePromise {
    return settled(() => callNext(this.record, args))
  }

  return(...args: ReadonlyArray<unknown>): MachinePromise {
    return settled(() => {
      const method = returnMethod(this.record.iterator)
      if (method === undefined) return { value: args[0], done: true }
      return asResult(Reflect.apply(method, this.record.iterator, args))
    })
  }

  throw(...args: ReadonlyArray<unknown>): MachinePromise {
    return settled(() => {
      const method = (this.record.iterator as { readonly throw?: unknown }).throw
      if (method === undefined || method === null) throw args[0]
      if (typeof method !== "function") {
        throw new TypeError(`${typeAndValue(method)} is not a function`)
      }
      return asResult(Reflect.apply(method, this.record.iterator, args))
    })
  }
}

/** A promise of a step's result, with its value awaited. */
const settled = (
  step: () => { readonly done?: unknown; readonly value?: unknown }
): MachinePromise => {
  const promise = newPromise()
  const { frame } = running
  try {
    const result = step()
    const done = Boolean(result.done)
    react(promiseResolve(result.value), new UnwrapReaction(promise, done))
  } catch (error) {
    settle(promise, REJECTED, caught(frame, error))
  }
  return promise
}

/** Makes a result of an awaited value. */
export class UnwrapReaction implements Reaction {
  readonly result: MachinePromise
  readonly done: boolean

  constructor(result: MachinePromise, done: boolean) {
    this.result = result
    this.done = done
  }

  run(status: PromiseStatus, value: unknown): void {
    if (status === REJECTED) settle(this.result, REJECTED, value)
    else settle(this.result, FULFILLED, { value, done: this.done })
  }
}

export const getAsyncIterator = (value: any, { it, n }: Named): IteratorRecord => {
  if (value === null || value === undefined) {
    throw new TypeError(
      `Cannot read properties of ${value} (reading 'Symbol(Symbol.asyncIterator)')`
    )
  }
  const method: unknown = value[Symbol.asyncIterator]
  if (typeof method === "function") {
    return iteratorFrom(value, replaced(method) as () => unknown, Symbol.asyncIterator)
  }
  // What is no method does not stand aside for the sync one.
  if (method !== undefined && method !== null) {
    throw new TypeError(refusal(n ?? typeAndValue(method), it, "is not a function"))
  }
  const sync = iteratorMethod(value, Symbol.iterator)
  if (sync === undefined) {
    const missing: unknown = value[Symbol.iterator]
    throw new TypeError(refusal(n ?? typeAndValue(missing), it, "is not a function"))
  }
  const iterator = new AsyncFromSyncIterator(iteratorFrom(value, sync, Symbol.iterator))
  return new IteratorRecord(iterator, iterator.next)
}
