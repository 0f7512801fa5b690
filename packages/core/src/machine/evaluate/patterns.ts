/**
 * Destructuring.
 *
 * @since 0.1.0
 */
import type { ArrPat, Key, ObjRest, ReqObj } from "../../program/Expression.ts"
import type { Evaluate } from "../Code.ts"
import type { Compiler } from "../compile.ts"
import {
  closeAfterThrow,
  closeIterator,
  END,
  getIterator,
  isPlainArray,
  type IteratorRecord,
  nextItem,
  typeAndValue
} from "../iteration.ts"
import { Fatal, GeneratorReturn, SUSPENDED } from "../signals.ts"
import { caught } from "../stack.ts"
import { defineValue, toPropertyKey } from "./literals.ts"
import { clear, resumable } from "./resumable.ts"
import { storeAt } from "./variables.ts"

export const requireObject = ({ e, k, n, p }: ReqObj, compiler: Compiler): Evaluate => {
  const source = compiler.expression(e)
  return (E, F) => {
    const value = source(E, F)
    if (value !== null && value !== undefined) return value
    F.at = p
    const what = k === undefined ? "" : `property '${k}' of `
    throw new TypeError(
      `Cannot destructure ${what}'${n ?? typeAndValue(value)}' as it is ${value}.`
    )
  }
}

export const propertyKey = ({ e, p }: Key, compiler: Compiler): Evaluate => {
  const value = compiler.expression(e)
  return (E, F) => {
    const given = value(E, F)
    F.at = p
    return toPropertyKey(given)
  }
}

export const objectRest = ({ e, k, p }: ObjRest, compiler: Compiler): Evaluate => {
  const source = compiler.expression(e)
  const keys = compiler.expressions(k)
  return (E, F) => {
    const object = Object(source(E, F)) as object
    const taken = new Set(keys.map((key) => toPropertyKey(key(E, F))))
    const rest = {}
    if (p !== undefined) F.at = p
    for (const key of Reflect.ownKeys(object)) {
      if (taken.has(key)) continue
      if (Reflect.getOwnPropertyDescriptor(object, key)?.enumerable !== true) continue
      defineValue(rest, key, (object as Record<PropertyKey, unknown>)[key])
    }
    return rest
  }
}

/** What remains of an iteration, for a rest element. */
const remaining = (record: IteratorRecord): Array<unknown> => {
  const items: Array<unknown> = []
  while (!record.isDone) {
    const item = nextItem(record)
    if (item !== END) items.push(item)
  }
  return items
}

const nextOrUndefined = (record: IteratorRecord): unknown => {
  if (record.isDone) return undefined
  const item = nextItem(record)
  return item === END ? undefined : item
}

/** Ends an iteration that something thrown breaks off. */
export const abandon = (record: IteratorRecord, error: unknown): void => {
  if (record.isDone || error instanceof Fatal) return
  if (error instanceof GeneratorReturn) closeIterator(record)
  else closeAfterThrow(record)
}

export const arrayPattern = (node: ArrPat, compiler: Compiler): Evaluate => {
  const { p, pc = p, s } = node
  const source = compiler.expression(node.e)
  const store = storeAt(node.item)
  const elements = node.a.map((element) => ({
    kind: element.k,
    at: element.p ?? p,
    before: element.k === "hole" || element.pre === undefined
      ? undefined
      : compiler.expression(element.pre),
    bind: element.k === "hole" ? undefined : compiler.expression(element.b)
  }))
  const { length } = elements
  if (s === undefined) {
    return (E, F) => {
      const value = source(E, F)
      F.at = p
      if (isPlainArray(value)) {
        // Nobody sees the difference between an array's iterator and its indices.
        for (let at = 0; at < length; at++) {
          const { before, bind, kind } = elements[at]!
          if (bind === undefined) continue
          before?.(E, F)
          store(E, kind === "rest" ? Array.from(value.slice(at)) : value[at])
          bind(E, F)
        }
        return value
      }
      const record = getIterator(value, node)
      try {
        for (const { at, before, bind, kind } of elements) {
          before?.(E, F)
          F.at = at
          const item = kind === "rest" ? remaining(record) : nextOrUndefined(record)
          if (bind === undefined) continue
          store(E, item)
          bind(E, F)
        }
      } catch (error) {
        const thrown = caught(F, error)
        F.at = pc
        abandon(record, thrown)
        throw error
      }
      if (!record.isDone) {
        F.at = pc
        closeIterator(record)
      }
      return value
    }
  }
  // Slots: 0 before the source is there, else 1 + 2 · element, + 1 once it has its item; the record.
  return resumable((E, F) => {
    const S = F.slots
    if (S[s] === 0) {
      const value = source(E, F)
      if (value === SUSPENDED) return value
      F.at = p
      S[s + 1] = getIterator(value, node)
      S[s] = 1
    }
    const record = S[s + 1] as IteratorRecord
    try {
      for (let at = (S[s] as number) - 1 >> 1; at < length; at++) {
        const { before, bind, kind } = elements[at]!
        if (S[s] === 1 + 2 * at) {
          if (before?.(E, F) === SUSPENDED) return SUSPENDED
          F.at = elements[at]!.at
          const item = kind === "rest" ? remaining(record) : nextOrUndefined(record)
          if (bind !== undefined) store(E, item)
          S[s] = 2 + 2 * at
        }
        if (bind?.(E, F) === SUSPENDED) return SUSPENDED
        S[s] = 3 + 2 * at
      }
    } catch (error) {
      const thrown = caught(F, error)
      F.at = pc
      abandon(record, thrown)
      throw error
    }
    clear(S, s, s + 2)
    if (!record.isDone) {
      F.at = pc
      closeIterator(record)
    }
    return undefined
  })
}
