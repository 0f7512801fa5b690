/**
 * What crosses between workflow, worker and client, as text.
 *
 * A plain JSON tree is its own JSON, so that `["u1"]` written by hand or by SQL is a valid
 * input. Everything else (an alias, a cycle, `undefined`, a Date, an error, an instance of a
 * class) is `{"$rappel":…}` around the form of `heap/`. A plain object whose own key is
 * `$rappel` takes that form too, so the two never mix.
 *
 * @since 0.1.0
 */
import { decodeHeapJson } from "../heap/decodeHeap.ts"
import { encodeHeap } from "../heap/encodeHeap.ts"
import type { HeapHost } from "../heap/HeapHost.ts"
import type { Json } from "../heap/Json.ts"
import { NotStorable } from "../heap/NotStorable.ts"
import { errorClass, hasPrivateState } from "./classes.ts"
import { isPlainJson } from "./isPlainJson.ts"
import { describe, type ErrorDescription, plainJson } from "./plainJson.ts"
import { toJson } from "./toJson.ts"

export type { ErrorDescription } from "./plainJson.ts"

/**
 * A class as it is named on the wire.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClassRef {
  readonly name: string
  /** Relative to the project root, with forward slashes: `src/money.ts`. */
  readonly module?: string
  readonly export?: string
  /** Names of the superclasses, nearest first, builtins included. */
  readonly bases: ReadonlyArray<string>
}

/**
 * The classes that one side knows. Without a host, instances other than errors are refused.
 *
 * @since 0.1.0
 * @category models
 */
export interface ValueHost {
  /**
   * The class whose prototype this is; `undefined` refuses the instance. An error needs no
   * host: by default it is named after its constructor.
   */
  readonly classOf: (prototype: object, instance: object) => ClassRef | undefined
  /**
   * The prototype for a class, or for the nearest of its `bases` that is known here, which
   * only errors become. `undefined`: an error becomes one of its builtin base. Errors keep the
   * name of the class that they lost, and are of that class again where it is known.
   */
  readonly prototypeOf: (ref: ClassRef) => object | undefined
}

/** The key that tells the heap form from plain JSON. */
const MARK = "$rappel"

/**
 * The text of a value.
 *
 * **Errors** `NotStorable` (named `ValueNotStorable`) with path and class, for functions,
 * promises, symbols without a key, and instances of classes that the host does not know or
 * that keep state in `#private` fields.
 *
 * **Example** (Plain JSON stays as it is)
 *
 * ```ts
 * import { decodeValue, encodeValue } from "@rappel/core/value/Value"
 *
 * encodeValue(["u1", { name: "Ada" }]) // => "[\"u1\",{\"name\":\"Ada\"}]"
 * decodeValue(encodeValue(new Set([1n]))) // => new Set([1n])
 * ```
 *
 * @since 0.1.0
 * @category encoding
 */
export const encodeValue = (value: unknown, host?: ValueHost): string =>
  isPlainJson(value, MARK) ? toJson(value) : heapText(value, writer(host))

/**
 * The value of a text.
 *
 * **Errors** `NotStorable` for an instance of a class that is not known here; `SyntaxError` or
 * `TypeError` for a text that is no value.
 *
 * @since 0.1.0
 * @category encoding
 */
export const decodeValue = (text: string, host?: ValueHost): unknown => {
  const json = JSON.parse(text) as Json
  return isHeap(json) ? decodeHeapJson(json[MARK]!, reader(host, true))[0] : json
}

/**
 * The text of what was thrown, whatever it is.
 *
 * An error keeps its class, message, stack, cause and own fields. A field that has no stored
 * form (a socket, a function) is `undefined` afterwards: the error itself must get through.
 *
 * **Errors** None. What has no stored form at all becomes a `ValueNotStorable` that names it.
 *
 * @since 0.1.0
 * @category encoding
 */
export const encodeError = (error: unknown, host?: ValueHost): string => {
  try {
    if (isPlainJson(error, MARK)) return JSON.stringify(error)
    let refused: NotStorable | undefined
    const text = heapText(error, {
      ...writer(host),
      replaces: (refusal) => {
        if (refusal.path === "") refused = refusal
        return true
      }
    })
    return refused === undefined ? text : heapText(refused, writer(undefined))
  } catch (failure) {
    // A proxy or a getter that throws while it is looked at.
    const why = failure instanceof Error ? failure.message : String(failure)
    return heapText(new Error(`What was thrown cannot be stored: ${why}`), writer(undefined))
  }
}

/**
 * What was thrown, from its text. An error whose class is not known here is an instance of
 * its nearest builtin base, with the same `name`, `message` and fields.
 *
 * **Errors** `SyntaxError` or `TypeError` for a text that is no value.
 *
 * @since 0.1.0
 * @category encoding
 */
export const decodeError = (text: string, host?: ValueHost): unknown => {
  const json = JSON.parse(text) as Json
  return isHeap(json) ? decodeHeapJson(json[MARK]!, reader(host, false))[0] : json
}

/**
 * A thrown value for people and for `--json`: name, message, stack, cause and own fields.
 *
 * **Example** (An error of an unknown class)
 *
 * ```ts
 * import { describeError, encodeError } from "@rappel/core/value/Value"
 *
 * class Declined extends Error {
 *   code = "card_expired"
 * }
 * const { class: name, code, message } = describeError(encodeError(new Declined("No")))
 *
 * name // => "Declined"
 * code // => "card_expired"
 * message // => "No"
 * ```
 *
 * @since 0.1.0
 * @category printing
 */
export const describeError = (text: string): ErrorDescription =>
  describe(decodeError(text, standIns()))

/**
 * What `JSON.stringify` shows of a value, as JSON; `undefined` where it shows nothing. Where
 * it would throw: a bigint is its decimal text, a cycle is `"[Circular]"`.
 *
 * @since 0.1.0
 * @category printing
 */
export const toPlainJson = (text: string): Json | undefined => {
  const json = JSON.parse(text) as Json
  return isHeap(json) ? plainJson(decodeHeapJson(json[MARK]!, reader(undefined, false))[0]) : json
}

/**
 * Every class that a text names, in the order of first mention: what a process must know to
 * decode it.
 *
 * @since 0.1.0
 * @category encoding
 */
export const classesIn = (text: string): ReadonlyArray<ClassRef> => {
  const classes = new Map<string, ClassRef>()
  decodeError(text, {
    classOf: () => undefined,
    prototypeOf: (ref) => {
      classes.set(JSON.stringify(ref), ref)
      return undefined
    }
  })
  return Array.from(classes.values())
}

const heapText = (value: unknown, host: HeapHost): string =>
  `{"${MARK}":${encodeHeap([value], host)}}`

const isHeap = (json: Json): json is { readonly [MARK]: Json } => {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return false
  const keys = Object.keys(json)
  return keys.length === 1 && keys[0] === MARK
}

const writer = (host: ValueHost | undefined): HeapHost => ({
  visibleBytesOnly: true,
  inheritedErrorText: true,
  isNamed: (prototype, json) => isOf(prototype, refOf(json)),
  encodePrototype: (prototype, instance) => {
    const isError = instance instanceof Error
    const ref = host?.classOf(prototype, instance) ?? (isError ? errorClass(prototype) : undefined)
    if (ref === undefined || !isError && hasPrivateState(prototype)) return undefined
    return [ref.name, ref.module ?? null, ref.export ?? null, ...ref.bases]
  }
})

const reader = (host: ValueHost | undefined, refusesUnknown: boolean): HeapHost => ({
  decodePrototype: (json, isError) => {
    const ref = refOf(json)
    const prototype = host?.prototypeOf(ref)
    // An error may be one of a base that is known; other instances would lose what they are.
    if (!refusesUnknown || isError) return prototype
    if (prototype !== undefined && isOf(prototype, ref)) return prototype
    throw new NotStorable(
      "",
      ref.name,
      "import it, or whatever uses it",
      `this process does not know${ref.module === undefined ? "" : `, of ${ref.module}`}`
    )
  },
  isNamed: (prototype, json) => isOf(prototype, refOf(json))
})

const refOf = (json: Json): ClassRef => {
  const [name, module, exported, ...bases] = json as [
    string,
    string | null,
    string | null,
    ...Array<string>
  ]
  return {
    name,
    ...(module === null ? {} : { module }),
    ...(exported === null ? {} : { export: exported }),
    bases
  }
}

/** Whether it is the prototype of that class; else of one of its bases. Names alone may be minified. */
const isOf = (prototype: object, { bases, name }: ClassRef): boolean => {
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value
  const own = (constructor as { readonly name?: unknown } | undefined)?.name
  return own === name || !bases.includes(own as string)
}

/** Stands in for each class by a prototype that has its name, over the builtin base. */
const standIns = (): ValueHost => ({
  classOf: () => undefined,
  prototypeOf: ({ bases, name }) => {
    const base = bases.map((base) => builtinError(base)).find((found) => found !== undefined)
    return Object.create(base ?? Object.prototype, { constructor: { value: { name } } }) as object
  }
})

const builtinError = (name: string): object | undefined => {
  const constructor: unknown = /^[A-Z]\w*(?:Error|Exception)$|^Error$/.test(name)
    ? Reflect.get(globalThis, name)
    : undefined
  return typeof constructor === "function" ? constructor.prototype as object : undefined
}
