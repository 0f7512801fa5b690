/**
 * Values as text for a log: what `util.inspect` of Node gives, to the letter.
 *
 * Source: Node.js 20, lib/internal/util/inspect.js; compared with the running Node by
 * `inspect.test.ts` and by the fuzzer.
 *
 * @since 0.1.0
 */
import { isPromise, PENDING, REJECTED, stateOf } from "../../promises.ts"
import { errorKeys, errorText } from "./errors.ts"
import { ITEMS, layOut } from "./layout.ts"
import { constructorName, functionName, prefixOf, tagOf } from "./names.ts"
import { number, propertyName, quote } from "./quote.ts"

/** Node's default. */
const DEPTH = 2

interface Context {
  readonly depth: number
  readonly seen: Array<object>
  readonly circular: Map<object, number>
  indentation: number
  /** Level of the object that was printed last. */
  current: number
}

export const inspect = (value: unknown, depth = DEPTH): string =>
  show({ depth, seen: [], circular: new Map(), indentation: 0, current: 0 }, value, 0)

const show = (context: Context, value: unknown, level: number): string => {
  switch (typeof value) {
    case "string":
      return text(context, value)
    case "number":
    case "bigint":
      return number(value)
    case "object":
    case "function":
      return value === null ? "null" : object(context, value, level)
    default:
      return String(value)
  }
}

/** A long text with line breaks is shown in as many parts. */
const text = ({ indentation }: Context, value: string): string =>
  value.length > 16 && value.length > 80 - indentation - 4
    ? value.split(/(?<=\n)/).map(quote).join(` +\n${" ".repeat(indentation + 2)}`)
    : quote(value)

const object = (context: Context, value: object, level: number): string => {
  if (!context.seen.includes(value)) return raw(context, value, level)
  const { circular } = context
  if (!circular.has(value)) circular.set(value, circular.size + 1)
  return `[Circular *${circular.get(value)}]`
}

/** How an object is printed, before it is known what is in it. */
interface Form {
  readonly base?: string
  readonly open: string
  readonly close?: string
  readonly keys: ReadonlyArray<PropertyKey>
  /** Besides the properties. */
  readonly contents?: (level: number) => Array<string>
  readonly items?: ArrayLike<unknown>
  /** Without properties it is its base, or this. */
  readonly empty?: string
  readonly isCut?: boolean
}

const raw = (context: Context, value: object, level: number): string => {
  const constructor = constructorName(value)
  const tag = tagOf(value)
  const form = formOf(context, value, constructor, tag)
  const { base = "", close = "}", empty, items, keys, open } = form
  if (empty !== undefined && keys.length === 0) return empty
  if (level > context.depth) {
    if (value instanceof RegExp) return base
    const name = prefixOf(constructor, tag, "Object").slice(0, -1)
    return constructor === null ? name : `[${name}]`
  }
  const inner = level + 1
  context.seen.push(value)
  context.current = inner
  const { indentation } = context
  const parts = form.contents?.(inner) ?? []
  const type = items === undefined ? "object" : "array"
  for (const key of keys) parts.push(property(context, value, inner, key, type))
  context.seen.pop()
  const reference = context.circular.get(value)
  const mark = reference === undefined ? "" : `<ref *${reference}>`
  return layOut(parts, {
    indentation,
    inner: context.current - inner,
    base: [mark, base].filter((part) => part !== "").join(" "),
    braces: [open, close],
    items,
    isCut: form.isCut === true
  })
}

const deeper = <A>(context: Context, run: () => A): A => {
  context.indentation += 2
  const made = run()
  context.indentation -= 2
  return made
}

const property = (
  context: Context,
  object: object,
  level: number,
  key: PropertyKey,
  type: "object" | "array" | "item"
): string => {
  const own = Reflect.getOwnPropertyDescriptor(object, key) ??
    { value: Reflect.get(object, key) as unknown, enumerable: true }
  const shown = own.value !== undefined
    ? deeper(context, () => show(context, own.value, level))
    : own.get !== undefined
    ? own.set === undefined ? "[Getter]" : "[Getter/Setter]"
    : own.set === undefined
    ? "undefined"
    : "[Setter]"
  return type === "item" ? shown : `${propertyName(key, own.enumerable !== false)}: ${shown}`
}

const keysOf = (object: object): Array<PropertyKey> => [
  ...Object.keys(object),
  ...Object.getOwnPropertySymbols(object).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(object, key)
  )
]

const isIndex = (key: PropertyKey): boolean =>
  typeof key === "string" && /^(?:0|[1-9]\d*)$/.test(key) && Number(key) < 2 ** 32 - 1

const more = (count: number, what = "item"): string =>
  `... ${count} more ${what}${count > 1 ? "s" : ""}`

const formOf = (
  context: Context,
  value: object,
  constructor: string | null,
  tag: string
): Form => {
  const prefix = (fallback: string, size = "") => prefixOf(constructor, tag, fallback, size)
  if (Array.isArray(value)) {
    const open = constructor === "Array" && tag === ""
      ? "["
      : `${prefix("Array", `(${value.length})`)}[`
    return {
      open,
      close: "]",
      keys: keysOf(value).filter((key) => !isIndex(key)),
      contents: (level) => items(context, value, level),
      items: value,
      isCut: value.length > ITEMS,
      ...(value.length === 0 ? { empty: `${open}]` } : {})
    }
  }
  const keys = keysOf(value)
  if (value instanceof Set || value instanceof Map) {
    const start = prefix(value instanceof Set ? "Set" : "Map", `(${value.size})`)
    return {
      open: `${start}{`,
      keys,
      contents: (level) => entries(context, value, level),
      ...(value.size === 0 ? { empty: `${start}{}` } : {})
    }
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return typedArray(value as unknown as ArrayLike<number>, keys, prefix)
  }
  if (typeof value === "function") {
    const base = functionName(value)
    return { base, open: "{", keys, empty: base }
  }
  if (value instanceof RegExp || value instanceof Date) return scalar(value, keys, prefix)
  if (value instanceof Error) {
    const base = errorText(value, constructor, tag, context.indentation)
    return { base, open: "{", keys: errorKeys(value, keys), empty: base }
  }
  if (value instanceof ArrayBuffer) {
    const contents = () => [bytes(value)]
    return { open: `${prefix("ArrayBuffer")}{`, keys: ["byteLength", ...keys], contents }
  }
  if (value instanceof DataView) {
    const own = ["byteLength", "byteOffset", "buffer"]
    return { open: `${prefix("DataView")}{`, keys: [...own, ...keys] }
  }
  if (isPromise(value)) {
    const contents = (level: number) => [promise(context, value, level)]
    return { open: `${prefix("Promise")}{`, keys, contents }
  }
  const boxed = boxedBase(context, value, constructor, tag)
  if (boxed !== undefined) {
    return {
      base: boxed,
      open: "{",
      // The characters of a string are in its base.
      keys: keys.filter((key) => !isIndex(key)),
      empty: boxed
    }
  }
  const start = constructor === "Object" && tag === "" ? "" : prefix("Object")
  const shown = isArguments(value) ? "[Arguments] " : start
  return { open: `${shown}{`, keys, empty: `${shown}{}` }
}

const isArguments = (value: object): boolean =>
  Object.prototype.toString.call(value) === "[object Arguments]"

const typedArray = (
  value: ArrayLike<number>,
  keys: ReadonlyArray<PropertyKey>,
  prefix: (fallback: string, size: string) => string
): Form => {
  const open = `${prefix("TypedArray", `(${value.length})`)}[`
  return {
    open,
    close: "]",
    keys: keys.filter((key) => !isIndex(key)),
    contents: () => {
      const shown = Array.from(
        { length: Math.min(value.length, ITEMS) },
        (_, at) => number(value[at]!)
      )
      return value.length > ITEMS ? [...shown, more(value.length - ITEMS)] : shown
    },
    items: value,
    isCut: value.length > ITEMS,
    ...(value.length === 0 ? { empty: `${open}]` } : {})
  }
}

const scalar = (
  value: RegExp | Date,
  keys: ReadonlyArray<PropertyKey>,
  prefix: (fallback: string) => string
): Form => {
  const isRegExp = value instanceof RegExp
  const shown = isRegExp
    ? String(value)
    : Number.isNaN(value.getTime())
    ? String(value)
    : value.toISOString()
  const start = prefix(isRegExp ? "RegExp" : "Date")
  const base = start === (isRegExp ? "RegExp " : "Date ") ? shown : `${start}${shown}`
  return { base, open: "{", keys, empty: base }
}

const items = (context: Context, array: ReadonlyArray<unknown>, level: number): Array<string> => {
  const output: Array<string> = []
  const limit = Math.min(ITEMS, array.length)
  let at = 0
  while (at < array.length && output.length < limit) {
    if (Object.hasOwn(array, at)) {
      output.push(property(context, array, level, at, "item"))
      at++
      continue
    }
    const from = at
    at = nextIndex(array, from)
    output.push(`<${at - from} empty item${at - from > 1 ? "s" : ""}>`)
  }
  if (at < array.length) output.push(more(array.length - at))
  return output
}

const nextIndex = (array: ReadonlyArray<unknown>, from: number): number => {
  if (array.length - from < 1000) {
    let at = from
    while (at < array.length && !Object.hasOwn(array, at)) at++
    return at
  }
  const next = Object.keys(array).find((key) => isIndex(key) && Number(key) >= from)
  return next === undefined ? array.length : Number(next)
}

const entries = (
  context: Context,
  collection: Map<unknown, unknown> | Set<unknown>,
  level: number
): Array<string> =>
  deeper(context, () => {
    const output: Array<string> = []
    const shown = (value: unknown) => show(context, value, level)
    if (collection instanceof Map) {
      for (const [key, value] of Array.from(collection).slice(0, ITEMS)) {
        output.push(`${shown(key)} => ${shown(value)}`)
      }
    } else {
      for (const value of Array.from(collection).slice(0, ITEMS)) output.push(shown(value))
    }
    if (collection.size > ITEMS) output.push(more(collection.size - ITEMS))
    return output
  })

const promise = (
  context: Context,
  value: Parameters<typeof stateOf>[0],
  level: number
): string => {
  const { status, value: settled } = stateOf(value)
  if (status === PENDING) return "<pending>"
  const shown = deeper(context, () => show(context, settled, level))
  return status === REJECTED ? `<rejected> ${shown}` : shown
}

const bytes = (buffer: ArrayBuffer): string => {
  const shown = Array.from(
    new Uint8Array(buffer, 0, Math.min(buffer.byteLength, ITEMS)),
    (byte) => byte.toString(16).padStart(2, "0")
  )
  const rest = buffer.byteLength - ITEMS
  return `[Uint8Contents]: <${shown.join(" ")}${rest > 0 ? ` ${more(rest, "byte")}` : ""}>`
}

const BOXES = [Number, String, Boolean, BigInt, Symbol] as const

const boxedBase = (
  context: Context,
  value: object,
  constructor: string | null,
  tag: string
): string | undefined => {
  const box = BOXES.find((each) => value instanceof each)
  if (box === undefined) return undefined
  let primitive: unknown
  try {
    primitive = Reflect.apply(box.prototype.valueOf as () => unknown, value, [])
  } catch {
    return undefined
  }
  const other = box.name === constructor
    ? ""
    : constructor === null
    ? " (null prototype)"
    : ` (${constructor})`
  const suffix = tag !== "" && tag !== constructor ? ` [${tag}]` : ""
  return `[${box.name}${other}: ${show(context, primitive, 0)}]${suffix}`
}
