/**
 * Values as plain JSON, for people and for programs that know no rappel.
 *
 * @since 0.1.0
 */
import type { Json } from "../heap/Json.ts"

/** Data this deep is cut off; `JSON.stringify` would fail not far beyond. */
const MAX_DEPTH = 1000

/**
 * A thrown value as plain JSON.
 *
 * @since 0.1.0
 * @category models
 */
export interface ErrorDescription {
  /** As `error.name`; `"Thrown"` for what is no error. */
  readonly name: string
  readonly message: string
  /** The class, where it has another name than `name`. */
  readonly class?: string
  readonly stack?: string
  /** Own enumerable fields, `cause` and `errors`; `value` of what is no error. */
  readonly [field: string]: Json | undefined
}

/** What `JSON.stringify` shows; see `toPlainJson`. */
export const plainJson = (value: unknown): Json | undefined => plain(value, [])

/** Name, message, stack, own fields, cause; causes and errors inside are described as well. */
export const describe = (thrown: unknown): ErrorDescription => describeWithin(thrown, [])

const describeWithin = (thrown: unknown, above: ReadonlyArray<object>): ErrorDescription => {
  if (!(thrown instanceof Error)) {
    const value = plain(thrown, above)
    return {
      name: "Thrown",
      message: typeof thrown === "string" ? thrown : JSON.stringify(value) ?? String(thrown),
      ...(value === undefined ? {} : { value })
    }
  }
  const within = [...above, thrown]
  const nested = (inner: unknown): Json | undefined =>
    above.length > 20 || within.includes(inner as object)
      ? "[Circular]"
      : inner instanceof Error
      ? describeWithin(inner, within) as Json
      : plain(inner, within)
  const className = (thrown.constructor as { readonly name?: unknown } | undefined)?.name
  const fields: Record<string, Json | undefined> = {}
  for (const key of Object.keys(thrown)) setOwn(fields, key, nested(Reflect.get(thrown, key)))
  if (Object.hasOwn(thrown, "cause")) fields["cause"] = nested(thrown.cause)
  if (thrown instanceof AggregateError && Array.isArray(thrown.errors)) {
    fields["errors"] = Array.from(thrown.errors, (error) => nested(error) ?? null)
  }
  return {
    ...fields,
    name: String(thrown.name),
    message: String(thrown.message),
    ...(typeof className === "string" && className !== thrown.name ? { class: className } : {}),
    ...(typeof thrown.stack === "string" ? { stack: thrown.stack } : {})
  }
}

const plain = (value: unknown, above: ReadonlyArray<object>): Json | undefined => {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value
    case "number":
      // Zero has no sign in what JSON.stringify writes.
      return Number.isFinite(value) ? value + 0 : null
    case "bigint":
      return String(value)
    case "object":
      return value === null ? null : plainObject(value, above)
    default:
      return undefined
  }
}

const plainObject = (object: object, above: ReadonlyArray<object>): Json | undefined => {
  if (above.includes(object)) return "[Circular]"
  if (above.length > MAX_DEPTH) return "[…]"
  if (
    object instanceof Number || object instanceof String || object instanceof Boolean ||
    object instanceof BigInt
  ) return plain(object.valueOf(), above)
  const within = [...above, object]
  if (Array.isArray(object)) return Array.from(object, (item) => plain(item, within) ?? null)
  // Dates and addresses; no code of a workflow's class runs here, as none is known.
  const toJSON: unknown = Reflect.get(object, "toJSON")
  if (typeof toJSON === "function") return plain(toJSON.call(object), within)
  const shown: Record<string, Json> = {}
  for (const key of Object.keys(object)) {
    const value = plain(Reflect.get(object, key), within)
    if (value !== undefined) setOwn(shown, key, value)
  }
  return shown
}

/** Also sets a key `__proto__`, to which an assignment would give another meaning. */
const setOwn = <A>(target: Record<string, A>, key: string, value: A): void => {
  Object.defineProperty(target, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true
  })
}
