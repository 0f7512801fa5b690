/**
 * What happens when a promise settles: data with a method, so that it can wait in a snapshot.
 *
 * @since 0.1.0
 */
import { machinePromiseOf, rejectTarget, resolveTarget, type Target } from "./capabilities.ts"
import type { Task } from "./Frame.ts"
import { makeNative } from "./nativeFunctions.ts"
import { defineAggregateError } from "./natives/errors.ts"
import {
  FULFILLED,
  hasOwnThen,
  type MachinePromise,
  newPromise,
  promiseResolve,
  type PromiseStatus,
  react,
  REJECTED,
  resolve,
  resolvingFunctions,
  settle
} from "./promises.ts"
import { running } from "./running.ts"
import { NEXT, THROW } from "./signals.ts"
import { caught } from "./stack.ts"

export interface Reaction {
  readonly run: (status: PromiseStatus, value: unknown) => void
  /** The promise that settles in consequence, for stacks. */
  readonly result: MachinePromise | undefined
}

type Settled = typeof FULFILLED | typeof REJECTED

/** An `await`. */
export class AwaitReaction implements Reaction {
  readonly task: Task
  readonly result = undefined

  constructor(task: Task) {
    this.task = task
  }

  run(status: PromiseStatus, value: unknown): void {
    const { task } = this
    task.mode = status === REJECTED ? THROW : NEXT
    task.sent = value
    task.driver!.resume(task)
  }
}

/** `then(onFulfilled, onRejected)`. */
export class ThenReaction implements Reaction {
  readonly onFulfilled: unknown
  readonly onRejected: unknown
  readonly target: Target

  constructor(onFulfilled: unknown, onRejected: unknown, target: Target) {
    this.onFulfilled = onFulfilled
    this.onRejected = onRejected
    this.target = target
  }

  get result(): MachinePromise | undefined {
    return machinePromiseOf(this.target)
  }

  run(status: PromiseStatus, value: unknown): void {
    const { target } = this
    const handler = status === FULFILLED ? this.onFulfilled : this.onRejected
    if (typeof handler === "function") {
      attempt(target, () => Reflect.apply(handler, undefined, [value]))
    } else if (status === FULFILLED) resolveTarget(target, value)
    else rejectTarget(target, value)
  }
}

/** Runs code of the program in a job, for what a promise follows. */
const attempt = (target: Target, run: () => unknown): void => {
  const vm = running
  vm.reacting = machinePromiseOf(target)
  let value: unknown
  try {
    value = run()
  } catch (error) {
    const thrown = caught(null, error)
    vm.reacting = undefined
    rejectTarget(target, thrown)
    return
  }
  vm.reacting = undefined
  resolveTarget(target, value)
}

/** Has a promise's own `then` say when an outcome that is known already may go on. */
const passThrough = (awaited: MachinePromise, status: PromiseStatus, value: unknown): unknown => {
  const { then } = awaited as { readonly then?: unknown }
  const pass = makeNative(status === REJECTED ? "thrower" : "value", [value])
  return Reflect.apply(then as () => unknown, awaited, [pass])
}

/** `finally(callback)`: the outcome goes on when what the callback gives has settled. */
export class FinallyReaction implements Reaction {
  readonly callback: (...args: ReadonlyArray<unknown>) => unknown
  readonly target: Target

  constructor(callback: FinallyReaction["callback"], target: Target) {
    this.callback = callback
    this.target = target
  }

  get result(): MachinePromise | undefined {
    return machinePromiseOf(this.target)
  }

  run(status: PromiseStatus, value: unknown): void {
    attempt(this.target, () => {
      const awaited = promiseResolve(Reflect.apply(this.callback, undefined, []))
      if (!hasOwnThen(awaited)) return passThrough(awaited, status, value)
      const result = newPromise()
      react(awaited, new PassReaction(result, status as Settled, value))
      return result
    })
  }
}

/** Settles with an outcome that is known already, unless what it waited for was rejected. */
export class PassReaction implements Reaction {
  readonly result: MachinePromise
  readonly status: Settled
  readonly value: unknown

  constructor(result: MachinePromise, status: Settled, value: unknown) {
    this.result = result
    this.status = status
    this.value = value
  }

  run(status: PromiseStatus, value: unknown): void {
    if (status === REJECTED) settle(this.result, REJECTED, value)
    else if (this.status === REJECTED) settle(this.result, REJECTED, this.value)
    else resolve(this.result, this.value)
  }
}

/** The job in which a promise that was resolved with another asks it for its outcome. */
export class AdoptReaction implements Reaction {
  readonly source: MachinePromise
  readonly result: MachinePromise

  constructor(source: MachinePromise, result: MachinePromise) {
    this.source = source
    this.result = result
  }

  run(): void {
    react(this.source, new FollowReaction(this.result))
  }
}

/** Settles as the other did. */
export class FollowReaction implements Reaction {
  readonly result: MachinePromise

  constructor(result: MachinePromise) {
    this.result = result
  }

  run(status: PromiseStatus, value: unknown): void {
    if (status === REJECTED) settle(this.result, REJECTED, value)
    else resolve(this.result, value)
  }
}

/** The job in which a thenable's `then` is called. */
export class ThenableReaction implements Reaction {
  readonly thenable: object
  readonly then: (...args: ReadonlyArray<unknown>) => unknown
  readonly result: MachinePromise

  constructor(thenable: object, then: ThenableReaction["then"], result: MachinePromise) {
    this.thenable = thenable
    // oxlint-disable-next-line unicorn/no-thenable -- a field that holds one
    this.then = then
    this.result = result
  }

  run(): void {
    const functions = resolvingFunctions(this.result)
    try {
      Reflect.apply(this.then, this.thenable, [functions.resolve, functions.reject])
    } catch (error) {
      Reflect.apply(functions.reject, undefined, [caught(null, error)])
    }
  }
}

export type AggregateKind = "all" | "allSettled" | "any" | "race"

/** A `Promise.all` and the like under way. */
export class Aggregate {
  readonly kind: AggregateKind
  readonly target: Target
  readonly values: Array<unknown>
  /** Elements that have not settled, and one for the iteration itself. */
  remaining: number

  constructor(kind: AggregateKind, target: Target) {
    this.kind = kind
    this.target = target
    this.values = []
    this.remaining = 1
  }

  /** Counts one more element and gives its index. */
  add(): number {
    this.remaining++
    if (this.kind !== "race") this.values.push(undefined)
    return this.values.length - 1
  }

  /** One less to wait for: with the last one the result settles. */
  complete(): void {
    if (--this.remaining > 0) return
    if (this.kind === "any") {
      rejectTarget(this.target, defineAggregateError(this.values))
    } else if (this.kind !== "race") resolveTarget(this.target, this.values)
  }

  settled(index: number, status: PromiseStatus, value: unknown): void {
    const isOk = status === FULFILLED
    if (this.kind === "allSettled") {
      this.values[index] = isOk
        ? { status: "fulfilled", value }
        : { status: "rejected", reason: value }
      this.complete()
    } else if (this.kind === "race" || isOk === (this.kind === "any")) {
      if (isOk) resolveTarget(this.target, value)
      else rejectTarget(this.target, value)
    } else {
      this.values[index] = value
      this.complete()
    }
  }
}

/** One promise of an aggregate. */
export class ElementReaction implements Reaction {
  readonly aggregate: Aggregate
  readonly index: number

  constructor(aggregate: Aggregate, index: number) {
    this.aggregate = aggregate
    this.index = index
  }

  get result(): MachinePromise | undefined {
    return machinePromiseOf(this.aggregate.target)
  }

  run(status: PromiseStatus, value: unknown): void {
    this.aggregate.settled(this.index, status, value)
  }
}

/** `queueMicrotask(callback)`: what it throws is thrown at nobody. */
export class MicrotaskReaction implements Reaction {
  readonly callback: (...args: ReadonlyArray<unknown>) => unknown
  readonly result = undefined

  constructor(callback: MicrotaskReaction["callback"]) {
    this.callback = callback
  }

  run(): void {
    try {
      Reflect.apply(this.callback, undefined, [])
    } catch (error) {
      running.uncaught(caught(null, error))
    }
  }
}

/** The workflow's own promise: its outcome is the instance's. */
export class RootReaction implements Reaction {
  readonly result = undefined

  run(status: PromiseStatus, value: unknown): void {
    running.complete(status === FULFILLED, value)
  }
}
