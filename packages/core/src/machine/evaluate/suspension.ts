/**
 * `await`, `yield` and `yield*`: the nodes at which a function gives up the machine.
 *
 * @since 0.1.0
 */
import type { Await, Yield, YieldStar } from "../../program/Expression.ts"
import { getAsyncIterator } from "../asyncFromSync.ts"
import type { Evaluate } from "../Code.ts"
import type { Compiler } from "../compile.ts"
import type { Task } from "../Frame.ts"
import { Delegated } from "../generators.ts"
import {
  asResult,
  callNext,
  closeIterator,
  getIterator,
  type IteratorRecord,
  type Named,
  returnMethod,
  typeAndValue
} from "../iteration.ts"
import { promiseResolve } from "../promises.ts"
import { GeneratorReturn, NEXT, RETURNING, SUSPENDED, THROW } from "../signals.ts"
import { clear, resumable } from "./resumable.ts"

/** Suspends until a value has settled. */
export const suspendFor = (F: Task, value: unknown): typeof SUSPENDED => {
  F.awaited = promiseResolve(value)
  return SUSPENDED
}

/** What the task was resumed with; throws it when it is to be thrown. */
export const takeSent = (F: Task): unknown => {
  const { sent } = F
  F.sent = undefined
  if (F.mode === THROW) throw sent
  return sent
}

export const awaitExpression = ({ e, p, s }: Await, compiler: Compiler): Evaluate => {
  const operand = compiler.expression(e)
  const slot = s!
  return resumable((E, F) => {
    const S = F.slots
    if (S[slot] === 1) {
      S[slot] = 0
      return takeSent(F)
    }
    const value = operand(E, F)
    if (value === SUSPENDED) return value
    F.at = p
    const suspended = suspendFor(F, value)
    S[slot] = 1
    return suspended
  })
}

const yieldInGenerator = (operand: Evaluate, slot: number, p: number): Evaluate =>
  resumable((E, F) => {
    const S = F.slots
    if (S[slot] === 1) {
      S[slot] = 0
      const value = takeSent(F)
      if (F.mode === RETURNING) throw new GeneratorReturn(value)
      return value
    }
    const value = operand(E, F)
    if (value === SUSPENDED) return value
    F.at = p
    F.yielded = value
    S[slot] = 1
    return SUSPENDED
  })

/** In an async generator the value is awaited before it goes out, and a returned one as it comes in. */
const yieldInAsyncGenerator = (operand: Evaluate, slot: number, p: number): Evaluate => {
  const AWAITS_VALUE = 1
  const YIELDED = 2
  const AWAITS_RETURN = 3
  return resumable((E, F) => {
    const S = F.slots
    switch (S[slot]) {
      case AWAITS_VALUE: {
        S[slot] = 0
        F.yielded = takeSent(F)
        S[slot] = YIELDED
        return SUSPENDED
      }
      case YIELDED: {
        S[slot] = 0
        const value = takeSent(F)
        if (F.mode === NEXT) return value
        const suspended = suspendFor(F, value)
        S[slot] = AWAITS_RETURN
        return suspended
      }
      case AWAITS_RETURN:
        S[slot] = 0
        throw new GeneratorReturn(takeSent(F))
      default: {
        const value = operand(E, F)
        if (value === SUSPENDED) return value
        F.at = p
        const suspended = suspendFor(F, value)
        S[slot] = AWAITS_VALUE
        return suspended
      }
    }
  })
}

export const yieldExpression = ({ e, p, s }: Yield, compiler: Compiler): Evaluate => {
  const operand = compiler.expression(e)
  return compiler.kind === "asyncGenerator"
    ? yieldInAsyncGenerator(operand, s!, p)
    : yieldInGenerator(operand, s!, p)
}

const throwMethod = (iterator: object): ((...args: any) => unknown) | undefined => {
  const method = (iterator as { readonly throw?: unknown }).throw
  if (method === undefined || method === null) return undefined
  if (typeof method !== "function") throw new TypeError(`${typeAndValue(method)} is not a function`)
  return method as () => unknown
}

const noThrow = (): TypeError => new TypeError("The iterator does not provide a 'throw' method.")

/** Passes one request on to the inner iterator of a `yield*`. */
const delegate = (
  record: IteratorRecord,
  F: Task
): { readonly done?: unknown; readonly value?: unknown } => {
  const { mode, sent } = F
  F.sent = undefined
  const { iterator } = record
  if (mode === NEXT) return callNext(record, [sent])
  if (mode === THROW) {
    const method = throwMethod(iterator)
    if (method !== undefined) return asResult(Reflect.apply(method, iterator, [sent]))
    closeIterator(record)
    throw noThrow()
  }
  const method = returnMethod(iterator)
  if (method === undefined) throw new GeneratorReturn(sent)
  const result = asResult(Reflect.apply(method, iterator, [sent]))
  if (result.done) throw new GeneratorReturn(result.value)
  return result
}

const delegateInGenerator = (
  operand: Evaluate,
  slot: number,
  pn: number,
  name: Named
): Evaluate =>
  resumable((E, F) => {
    const S = F.slots
    if (S[slot] === 0) {
      const value = operand(E, F)
      if (value === SUSPENDED) return value
      F.at = pn
      S[slot + 1] = getIterator(value, name)
      S[slot] = 1
      F.mode = NEXT
      F.sent = undefined
    }
    F.at = pn
    const result = delegate(S[slot + 1] as IteratorRecord, F)
    if (result.done) {
      clear(S, slot, slot + 2)
      return result.value
    }
    F.yielded = new Delegated(result)
    return SUSPENDED
  })

/** What a `yield*` in an async generator waits for, by the number in its first slot. */
const AWAITS_RESULT = 1
const YIELDED = 2
const AWAITS_RETURN_VALUE = 3
const AWAITS_RETURN_RESULT = 4
const AWAITS_CLOSE = 5
const AWAITS_LAST_VALUE = 6

const delegateInAsyncGenerator = (
  operand: Evaluate,
  slot: number,
  p: number,
  pn: number,
  name: Named
): Evaluate => {
  const waitFor = (F: Task, phase: number, value: unknown): typeof SUSPENDED => {
    const suspended = suspendFor(F, value)
    F.slots[slot] = phase
    return suspended
  }
  const returnWith = (record: IteratorRecord, F: Task, value: unknown): unknown => {
    const method = returnMethod(record.iterator)
    return method === undefined
      ? waitFor(F, AWAITS_LAST_VALUE, value)
      : waitFor(F, AWAITS_RETURN_RESULT, Reflect.apply(method, record.iterator, [value]))
  }
  const throwWith = (record: IteratorRecord, F: Task, error: unknown): unknown => {
    const method = throwMethod(record.iterator)
    if (method !== undefined) {
      return waitFor(F, AWAITS_RESULT, Reflect.apply(method, record.iterator, [error]))
    }
    const close = returnMethod(record.iterator)
    if (close === undefined) throw noThrow()
    return waitFor(F, AWAITS_CLOSE, Reflect.apply(close, record.iterator, []))
  }
  const nextWith = (record: IteratorRecord, F: Task, value: unknown): unknown => {
    if (typeof record.next !== "function") {
      throw new TypeError(`${typeAndValue(record.next)} is not a function`)
    }
    const result: unknown = Reflect.apply(record.next, record.iterator, [value])
    F.at = p
    return waitFor(F, AWAITS_RESULT, result)
  }
  return resumable((E, F) => {
    const S = F.slots
    const phase = S[slot] as number
    if (phase === 0) {
      const value = operand(E, F)
      if (value === SUSPENDED) return value
      F.at = pn
      const record = getAsyncIterator(value, name)
      S[slot + 1] = record
      return nextWith(record, F, undefined)
    }
    F.at = pn
    const record = S[slot + 1] as IteratorRecord
    if (phase === YIELDED) {
      const { mode, sent } = F
      F.sent = undefined
      if (mode === NEXT) return nextWith(record, F, sent)
      // A value that is returned is awaited first; if that fails, the failure is thrown in.
      return mode === THROW ? throwWith(record, F, sent) : waitFor(F, AWAITS_RETURN_VALUE, sent)
    }
    if (phase === AWAITS_RETURN_VALUE) {
      const { mode, sent } = F
      F.sent = undefined
      return mode === THROW ? throwWith(record, F, sent) : returnWith(record, F, sent)
    }
    const sent = takeSent(F)
    if (phase === AWAITS_CLOSE) throw noThrow()
    if (phase === AWAITS_LAST_VALUE) throw new GeneratorReturn(sent)
    const result = asResult(sent)
    if (result.done) {
      if (phase === AWAITS_RETURN_RESULT) throw new GeneratorReturn(result.value)
      clear(S, slot, slot + 2)
      return result.value
    }
    F.yielded = result.value
    S[slot] = YIELDED
    return SUSPENDED
  })
}

export const yieldStar = (node: YieldStar, compiler: Compiler): Evaluate => {
  const { p, pn = p, s } = node
  const operand = compiler.expression(node.e)
  return compiler.kind === "asyncGenerator"
    ? delegateInAsyncGenerator(operand, s!, p, pn, node)
    : delegateInGenerator(operand, s!, pn, node)
}
