/**
 * The iteration protocol as the language's own constructs use it, with V8's messages.
 *
 * @since 0.1.0
 */
import type { Hint } from "../program/Expression.ts"
import { hostArrayIterator, replaced } from "./natives/replaced.ts"
import { Fatal } from "./signals.ts"

/** An iterator and its `next`, which is read once. */
export class IteratorRecord {
  readonly iterator: object
  readonly next: unknown
  /** The iterator ended or threw: it is not closed any more. */
  isDone: boolean

  constructor(iterator: object, next: unknown) {
    this.iterator = iterator
    this.next = next
    this.isDone = false
  }
}

export const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null || typeof value === "function"

/** How V8 calls a value whose source it does not know: `number 5`, `object null`. */
export const typeAndValue = (value: unknown): string => {
  const type = typeof value
  if (typeof value === "string") return `${type} "${value}"`
  return value === null || typeof value === "boolean" || typeof value === "number"
    ? `${type} ${value}`
    : type
}

/** An array that iterates as arrays do: its items can be read by index. */
export const isPlainArray = (value: unknown): value is Array<unknown> =>
  Array.isArray(value) && value[Symbol.iterator] === hostArrayIterator

/** What is iterated, as V8 names it in its messages. */
export interface Named {
  readonly n?: string
  readonly it?: Hint
}

export const UNNAMED: Named = {}

const SAYS = [
  "is not a function or its return value is not iterable",
  "is not a function or its return value is not async iterable",
  "is not iterable",
  "is not async iterable"
]

/** Of a call V8 cannot tell whether the function or its result is meant. */
export const refusal = (text: string, it: Hint | undefined, otherwise: string): string =>
  `${text} ${(it === undefined ? undefined : SAYS[it - 1]) ?? otherwise}`

export const notIterable = (value: unknown, { it, n }: Named): TypeError => {
  const text = n ?? typeAndValue(value)
  return new TypeError(
    it === 5 && (value === null || value === undefined)
      ? `Cannot destructure property 'Symbol(Symbol.iterator)' of '${text}' as it is ${value}.`
      : refusal(text, it, "is not iterable (cannot read property Symbol(Symbol.iterator))")
  )
}

/** The method that begins an iteration; undefined when there is none. */
export const iteratorMethod = (
  value: any,
  symbol: symbol
): ((...args: ReadonlyArray<unknown>) => unknown) | undefined => {
  if (value === null || value === undefined) return undefined
  const method: unknown = value[symbol]
  return typeof method === "function" ? replaced(method) as () => unknown : undefined
}

export const iteratorFrom = (
  value: unknown,
  method: (...args: ReadonlyArray<unknown>) => unknown,
  symbol: symbol
): IteratorRecord => {
  const iterator = Reflect.apply(method, value, [])
  if (!isObject(iterator)) {
    throw new TypeError(`Result of the ${symbol.description} method is not an object`)
  }
  return new IteratorRecord(iterator, (iterator as { readonly next?: unknown }).next)
}

export const getIterator = (value: unknown, name: Named): IteratorRecord => {
  const method = iteratorMethod(value, Symbol.iterator)
  if (method === undefined) throw notIterable(value, name)
  return iteratorFrom(value, method, Symbol.iterator)
}

interface Result {
  readonly done?: unknown
  readonly value?: unknown
}

export const asResult = (result: unknown): Result => {
  if (!isObject(result)) throw new TypeError(`Iterator result ${String(result)} is not an object`)
  return result
}

export const callNext = (record: IteratorRecord, args: ReadonlyArray<unknown>): Result => {
  if (typeof record.next !== "function") {
    throw new TypeError(`${typeAndValue(record.next)} is not a function`)
  }
  return asResult(Reflect.apply(record.next, record.iterator, args))
}

/** The next item, or `END`. Whatever throws ends the iteration without closing it. */
export const nextItem = (record: IteratorRecord): unknown => {
  record.isDone = true
  const result = callNext(record, [])
  if (result.done) return END
  const { value } = result
  record.isDone = false
  return value
}

export const END = Symbol("end")

/** The `return` method of an iterator that is given up; undefined when it has none. */
export const returnMethod = (
  iterator: object
): ((...args: ReadonlyArray<unknown>) => unknown) | undefined => {
  const method = (iterator as { readonly return?: unknown }).return
  if (method === undefined || method === null) return undefined
  if (typeof method !== "function") throw new TypeError(`${typeAndValue(method)} is not a function`)
  return method as () => unknown
}

/** Closes after a `break` or a `return`: what closing throws stands. */
export const closeIterator = (record: IteratorRecord): void => {
  record.isDone = true
  const method = returnMethod(record.iterator)
  if (method !== undefined) asResult(Reflect.apply(method, record.iterator, []))
}

/** Closes because something was thrown, which stands whatever closing does. */
export const closeAfterThrow = (record: IteratorRecord): void => {
  record.isDone = true
  try {
    const method = returnMethod(record.iterator)
    if (method !== undefined) Reflect.apply(method, record.iterator, [])
  } catch (error) {
    if (error instanceof Fatal) throw error
  }
}

export const toArray = (value: unknown, name: Named): Array<unknown> => {
  if (isPlainArray(value)) {
    const items = value.slice()
    // Holes of the source are items that are undefined.
    for (let at = 0; at < items.length; at++) if (!(at in items)) items[at] = undefined
    return items
  }
  const record = getIterator(value, name)
  const items: Array<unknown> = []
  for (let item = nextItem(record); item !== END; item = nextItem(record)) items.push(item)
  return items
}
