/**
 * Iterators of arrays, maps, sets, strings and matches that can wait in a snapshot. They take
 * the place of the host's, which nobody can look into.
 *
 * @since 0.1.0
 */
import { speciesOf } from "./capabilities.ts"
import { hidden } from "./hidden.ts"
import { isObject, typeAndValue } from "./iteration.ts"
import { matching } from "./natives/costs.ts"
import { defineMethods } from "./natives/defineMethods.ts"
import { HOST } from "./natives/hostPrototypes.ts"
import { addIntrinsic, replace, replaced } from "./natives/replaced.ts"
import { incompatible } from "./stack.ts"

export type IterationKind = "keys" | "values" | "entries"

interface Result {
  readonly value: unknown
  readonly done: boolean
}

const ended: () => Result = () => ({ value: undefined, done: true })

const item = (value: unknown): Result => ({ value, done: false })

/** What the hidden part of an iterator does. */
export interface Cursor {
  readonly next: () => Result
}

/** Over arrays, typed arrays and what else has a length. */
export class ArrayCursor implements Cursor {
  /** Undefined when it has come to the end. */
  source: ArrayLike<unknown> | undefined
  readonly kind: IterationKind
  index: number

  constructor(source: ArrayLike<unknown> | undefined, kind: IterationKind, index = 0) {
    this.source = source
    this.kind = kind
    this.index = index
  }

  next(): Result {
    const { kind, source } = this
    if (source === undefined) return ended()
    const index = this.index++
    if (index >= source.length) {
      this.source = undefined
      return ended()
    }
    return item(
      kind === "values" ? source[index] : kind === "keys" ? index : [index, source[index]]
    )
  }
}

const { entries: mapEntries } = Map.prototype
const { values: setValues } = Set.prototype

/**
 * Over maps and sets. The host's own iterator follows what is added and deleted meanwhile; a
 * snapshot writes its place as the number of entries before it that are still there.
 */
export class CollectionCursor implements Cursor {
  source: Map<unknown, unknown> | Set<unknown> | undefined
  readonly kind: IterationKind
  #host: Iterator<unknown> | undefined

  constructor(source: CollectionCursor["source"], kind: IterationKind) {
    this.source = source
    this.kind = kind
    this.#host = undefined
  }

  #open(): Iterator<unknown> {
    const { source } = this
    return this.#host ??= source instanceof Map
      ? Reflect.apply(mapEntries, source, [])
      : Reflect.apply(setValues, source, [])
  }

  next(): Result {
    const { kind, source } = this
    if (source === undefined) return ended()
    const { done, value } = this.#open().next()
    if (done === true) {
      this.source = undefined
      this.#host = undefined
      return ended()
    }
    if (source instanceof Set) return item(kind === "entries" ? [value, value] : value)
    const entry = value as [unknown, unknown]
    return item(kind === "entries" ? entry : kind === "keys" ? entry[0] : entry[1])
  }

  /** Entries before its place. */
  get position(): number {
    if (this.source === undefined || this.#host === undefined) return 0
    let left = 0
    while (this.#host.next().done !== true) left++
    this.#host = undefined
    const position = this.source.size - left
    this.position = position
    return position
  }

  set position(position: number) {
    if (this.source === undefined || position === 0) return
    const host = this.#open()
    for (let passed = 0; passed < position; passed++) host.next()
  }
}

export class StringCursor implements Cursor {
  readonly source: string
  index: number

  constructor(source: string, index = 0) {
    this.source = source
    this.index = index
  }

  next(): Result {
    const { index, source } = this
    const code = source.codePointAt(index)
    if (code === undefined) return ended()
    const character = String.fromCodePoint(code)
    // A lone surrogate is one unit, a pair is two.
    this.index += character.length
    return item(character)
  }
}

const { exec } = RegExp.prototype

/** What `matchAll` gives. */
export class MatchCursor implements Cursor {
  regExp: RegExp | undefined
  readonly text: string
  readonly isGlobal: boolean
  readonly isUnicode: boolean

  constructor(regExp: RegExp | undefined, text: string, isGlobal: boolean, isUnicode: boolean) {
    this.regExp = regExp
    this.text = text
    this.isGlobal = isGlobal
    this.isUnicode = isUnicode
  }

  next(): Result {
    const { isGlobal, isUnicode, regExp, text } = this
    if (regExp === undefined) return ended()
    const own: unknown = regExp.exec
    const run = (): unknown => Reflect.apply(typeof own === "function" ? own : exec, regExp, [text])
    const match = regExp instanceof RegExp ? matching(regExp, text, run) : run()
    if (!isObject(match) && match !== null) {
      throw new TypeError("RegExp exec method returned something other than an Object or null")
    }
    if (match === null) {
      this.regExp = undefined
      return ended()
    }
    if (!isGlobal) this.regExp = undefined
    else if (String((match as RegExpExecArray)[0]) === "") {
      const at = Math.max(0, Math.trunc(Number(regExp.lastIndex)) || 0)
      const code = isUnicode ? text.codePointAt(at) ?? 0 : 0
      regExp.lastIndex = at + (code > 0xffff ? 2 : 1)
    }
    return item(match)
  }
}

/** As much of the platform's `URLSearchParams` as iterating it takes. */
type Parameters = Iterable<readonly [string, string]>

/** Over the parameters of a URL, by place, as they are at each turn. */
export class ParametersCursor implements Cursor {
  source: Parameters | undefined
  readonly kind: IterationKind
  index: number

  constructor(source: Parameters | undefined, kind: IterationKind, index = 0) {
    this.source = source
    this.kind = kind
    this.index = index
  }

  next(): Result {
    const { kind, source } = this
    if (source === undefined) return ended()
    const entry = Array.from(source)[this.index++]
    if (entry === undefined) {
      this.source = undefined
      return ended()
    }
    return item(kind === "entries" ? entry : kind === "keys" ? entry[0] : entry[1])
  }
}

export const cursors = hidden<Cursor>()

const prototypeFor = (tag: string): object => {
  const prototype = Object.create(HOST.iterator) as object
  defineMethods(prototype, {
    next(this: unknown): Result {
      const cursor = cursors.get(this)
      if (cursor === undefined) {
        const name = tag === "RegExp String Iterator" ? "%RegExpStringIterator%" : tag
        throw incompatible(`${name}.prototype.next`, this)
      }
      return cursor.next()
    }
  })
  Object.defineProperty(prototype, Symbol.toStringTag, { value: tag, configurable: true })
  return prototype
}

/** By the tag that `Object.prototype.toString` shows. */
export const ITERATOR_PROTOTYPES = {
  "Array Iterator": prototypeFor("Array Iterator"),
  "Map Iterator": prototypeFor("Map Iterator"),
  "Set Iterator": prototypeFor("Set Iterator"),
  "String Iterator": prototypeFor("String Iterator"),
  "RegExp String Iterator": prototypeFor("RegExp String Iterator"),
  "URLSearchParams Iterator": prototypeFor("URLSearchParams Iterator")
} as const

export type IteratorTag = keyof typeof ITERATOR_PROTOTYPES

export const makeIterator = (tag: IteratorTag, cursor: Cursor): object => {
  const iterator = Object.create(ITERATOR_PROTOTYPES[tag]) as object
  cursors.set(iterator, cursor)
  return iterator
}

const KINDS: ReadonlyArray<IterationKind> = ["keys", "values", "entries"]

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object

/** The host's own check of the receiver, with its message. */
const checked = (original: (...args: any) => unknown, self: unknown): void => {
  Reflect.apply(original, self, [])
}

const installCollections = (): void => {
  for (const [tag, { prototype }] of [["Map Iterator", Map], ["Set Iterator", Set]] as const) {
    // `keys` of a set is its `values`: the first replacement of a function counts.
    for (const kind of ["values", "entries", "keys"] as const) {
      replace(prototype, kind, (original, self) => {
        checked(original, self)
        return makeIterator(tag, new CollectionCursor(self as Map<unknown, unknown>, kind))
      })
    }
  }
}

const installTexts = (): void => {
  replace(String.prototype, Symbol.iterator, (original, self) => {
    checked(original, self)
    return makeIterator("String Iterator", new StringCursor(String(self)))
  })
  replace(String.prototype, "matchAll", (original, self, args) => {
    const [pattern] = args
    if (self === null || self === undefined) return Reflect.apply(original, self, args)
    if (pattern !== null && pattern !== undefined) {
      if (isRegExp(pattern)) checkGlobal(pattern)
      const matcher = methodOf(pattern, Symbol.matchAll)
      if (matcher !== undefined) return Reflect.apply(matcher, pattern, [self])
    }
    return matches(new RegExp(pattern as string, "g"), String(self))
  })
  replace(
    RegExp.prototype,
    Symbol.matchAll,
    (original, self, args) =>
      isObject(self) ? matches(self, String(args[0])) : Reflect.apply(original, self, args)
  )
}

/** What counts as a regular expression where that is asked by its `Symbol.match`. */
const isRegExp = (value: unknown): value is object => {
  if (!isObject(value)) return false
  const match: unknown = Reflect.get(value, Symbol.match)
  return match === undefined ? value instanceof RegExp : Boolean(match)
}

const checkGlobal = (pattern: object): void => {
  const { flags } = pattern as { readonly flags?: unknown }
  if (flags === null || flags === undefined) {
    throw new TypeError(
      "The .flags property of the argument to String.prototype.matchAll cannot be null or undefined"
    )
  }
  if (!String(flags).includes("g")) {
    throw new TypeError("String.prototype.matchAll called with a non-global RegExp argument")
  }
}

const methodOf = (value: any, key: symbol): ((...args: any) => unknown) | undefined => {
  const method: unknown = value[key]
  if (method === undefined || method === null) return undefined
  if (typeof method !== "function") throw new TypeError(`${typeAndValue(method)} is not a function`)
  return replaced(method) as () => unknown
}

/** Over a copy, which the class of the pattern makes. */
const matches = (pattern: object, text: string): object => {
  const species = speciesOf(pattern, replaced(RegExp)) as new(
    pattern: object,
    flags: string
  ) => RegExp
  const flags = String((pattern as RegExp).flags)
  const regExp = new species(pattern, flags)
  const at = Math.trunc(Number((pattern as RegExp).lastIndex)) || 0
  regExp.lastIndex = Math.min(Math.max(at, 0), Number.MAX_SAFE_INTEGER)
  return makeIterator(
    "RegExp String Iterator",
    new MatchCursor(regExp, text, flags.includes("g"), /[uv]/.test(flags))
  )
}

const parametersPrototype =
  (Reflect.get(globalThis, "URLSearchParams") as { readonly prototype: object }).prototype

export const installIterators = (): void => {
  for (const prototype of Object.values(ITERATOR_PROTOTYPES)) addIntrinsic(prototype)
  for (const kind of KINDS) {
    replace(Array.prototype, kind, (original, self) => {
      checked(original, self)
      return makeIterator("Array Iterator", new ArrayCursor(Object(self) as Array<unknown>, kind))
    })
    replace(typedArray, kind, (original, self) => {
      checked(original, self)
      return makeIterator("Array Iterator", new ArrayCursor(self as Uint8Array, kind))
    })
    replace(parametersPrototype, kind, (original, self) => {
      checked(original, self)
      return makeIterator(
        "URLSearchParams Iterator",
        new ParametersCursor(self as Parameters, kind)
      )
    })
  }
  installCollections()
  installTexts()
}
