/**
 * Values as text for a log: close to what Node prints, on one line where it fits.
 *
 * @since 0.1.0
 */
import { classClosures } from "../classes.ts"
import { isPromise, PENDING, REJECTED, stateOf } from "../promises.ts"

/** Node's default. */
const DEPTH = 2
const ITEMS = 100
/** A list that is longer than this on one line gets a line per item. */
const LINE = 72

export const inspect = (value: unknown): string => show(value, 0, [])

const quote = (text: string): string => {
  const mark = !text.includes("'") ? "'" : !text.includes("\"") ? "\"" : "`"
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll("\\\"", "\"")
  return mark + (mark === "'" ? escaped.replaceAll("'", "\\'") : escaped) + mark
}

const isName = (key: string): boolean => /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)

const show = (value: unknown, depth: number, above: ReadonlyArray<object>): string => {
  switch (typeof value) {
    case "string":
      return quote(value)
    case "bigint":
      return `${value}n`
    case "number":
      return Object.is(value, -0) ? "-0" : String(value)
    case "symbol":
    case "boolean":
    case "undefined":
      return String(value)
    case "function":
      return showFunction(value)
    default:
      return value === null ? "null" : showObject(value as object, depth, above)
  }
}

const showFunction = (fn: object): string => {
  const name = String((fn as { readonly name: unknown }).name)
  if (classClosures.get(fn) === undefined) {
    return `[Function${name === "" ? " (anonymous)" : `: ${name}`}]`
  }
  const parent: unknown = Object.getPrototypeOf(fn)
  const above = typeof parent === "function" && parent.name !== "" ? ` extends ${parent.name}` : ""
  return `[class ${name || "(anonymous)"}${above}]`
}

const classOf = (object: object): string | undefined => {
  for (let at = object; at !== null; at = Object.getPrototypeOf(at) as object) {
    const constructor: unknown = Reflect.getOwnPropertyDescriptor(at, "constructor")?.value
    if (typeof constructor === "function" && constructor.name !== "") return constructor.name
  }
  return undefined
}

const showObject = (object: object, depth: number, above: ReadonlyArray<object>): string => {
  if (above.includes(object)) return "[Circular *1]"
  if (object instanceof Date) {
    return Number.isNaN(object.getTime()) ? "Invalid Date" : object.toISOString()
  }
  if (object instanceof RegExp) return String(object)
  if (object instanceof Error) return showError(object, depth, above)
  const name = classOf(object)
  if (depth > DEPTH) return Array.isArray(object) ? "[Array]" : `[${name ?? "Object"}]`
  const within = [...above, object]
  const inner = (value: unknown) => show(value, depth + 1, within)
  if (Array.isArray(object)) {
    return list("[", [...items(object, inner), ...named(object, inner)], "]", depth)
  }
  if (object instanceof Map) {
    const entries = Array.from(object, ([key, value]) => `${inner(key)} => ${inner(value)}`)
    return list(`Map(${object.size}) {`, [...entries, ...fields(object, inner)], "}", depth)
  }
  if (object instanceof Set) {
    const members = Array.from(object, inner)
    return list(`Set(${object.size}) {`, [...members, ...fields(object, inner)], "}", depth)
  }
  if (isPromise(object)) {
    const { status, value } = stateOf(object)
    const shown = status === PENDING
      ? "<pending>"
      : status === REJECTED
      ? `<rejected> ${inner(value)}`
      : inner(value)
    return `Promise { ${shown} }`
  }
  if (ArrayBuffer.isView(object) && !(object instanceof DataView)) {
    const values = Array.from(object as unknown as ArrayLike<unknown>)
    return list(`${name}(${values.length}) [`, items(values, inner), "]", depth)
  }
  const prefix = name === undefined
    ? "[Object: null prototype] "
    : name === "Object"
    ? ""
    : `${name} `
  return list(`${prefix}{`, fields(object, inner), "}", depth)
}

const showError = (error: Error, depth: number, above: ReadonlyArray<object>): string => {
  const { stack } = error
  const text = typeof stack === "string" && stack !== "" ? stack : `[${String(error)}]`
  const own = fields(error, (value) => show(value, depth + 1, [...above, error]))
  return own.length === 0 ? text : `${text} ${list("{", own, "}", depth)}`
}

const items = (array: ReadonlyArray<unknown>, inner: (value: unknown) => string) => {
  const shown: Array<string> = []
  for (let at = 0; at < array.length && shown.length < ITEMS; at++) {
    if (at in array) shown.push(inner(array[at]))
    else {
      const from = at
      while (at + 1 < array.length && !(at + 1 in array)) at++
      const count = at - from + 1
      shown.push(`<${count} empty item${count === 1 ? "" : "s"}>`)
    }
  }
  if (array.length > ITEMS) {
    const more = array.length - ITEMS
    shown.push(`... ${more} more item${more === 1 ? "" : "s"}`)
  }
  return shown
}

const fields = (
  object: object,
  inner: (value: unknown) => string,
  skip?: (key: PropertyKey) => boolean
): ReadonlyArray<string> =>
  Reflect.ownKeys(object).flatMap((key) => {
    if (skip?.(key) === true) return []
    const own = Reflect.getOwnPropertyDescriptor(object, key)!
    if (own.enumerable !== true) return []
    const name = typeof key === "symbol" ? `[${String(key)}]` : isName(key) ? key : quote(key)
    if ("value" in own) return [`${name}: ${inner(own.value)}`]
    const kinds = [own.get && "Getter", own.set && "Setter"].filter(isString)
    return [`${name}: [${kinds.join("/")}]`]
  })

/** Properties of an array that are no items. */
const named = (array: object, inner: (value: unknown) => string): ReadonlyArray<string> =>
  Object.keys(array).length === 0 ? [] : fields(array, inner, (key) => /^\d+$/.test(String(key)))

const isString = (value: unknown): value is string => typeof value === "string"

const list = (open: string, parts: ReadonlyArray<string>, close: string, depth: number): string => {
  if (parts.length === 0) return open + close
  const line = parts.join(", ")
  if (line.length <= LINE && !line.includes("\n")) return `${open} ${line} ${close}`
  const indent = "  ".repeat(depth + 1)
  return `${open}\n${parts.map((part) => indent + part).join(",\n")}\n${indent.slice(2)}${close}`
}
