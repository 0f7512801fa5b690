/**
 * A value of a workflow as a short text for people, without what looks like a secret.
 *
 * @since 0.1.0
 */
import { closures } from "../functions.ts"
import { isObject } from "../iteration.ts"
import { inspect } from "../natives/inspect/inspect.ts"
import { isPromise } from "../promises.ts"

/** Variables and properties of such names are not shown. */
export const SECRET =
  /pass(word|wd|phrase)|secret|token|api_?key|credential|authori[sz]ation|cookie|private_?key/i

export const HIDDEN = "<hidden>"

/** Longer texts say no more at a glance. */
const CHARACTERS = 500

/** What `inspect` shows: what lies deeper need not be looked at. */
const LEVELS = 4

const isSecret = (name: PropertyKey): boolean => typeof name === "string" && SECRET.test(name)

/** Plain data and instances of classes; what has its own kind of content is left as it is. */
const isRecord = (value: object): boolean =>
  typeof value !== "function" && !isPromise(value) && !(value instanceof Error) &&
  Object.prototype.toString.call(value) === "[object Object]"

const withoutSecrets = (value: unknown, level: number): unknown => {
  if (!isObject(value) || level > LEVELS) return value
  if (Array.isArray(value)) {
    return value.map((item) => withoutSecrets(item, level + 1))
  }
  if (value instanceof Map) {
    return new Map(
      Array.from(value, ([key, item]: [unknown, unknown]) =>
        isSecret(key as PropertyKey)
          ? [key, HIDDEN]
          : [key, withoutSecrets(item, level + 1)])
    )
  }
  if (value instanceof Error) {
    // Errors of clients carry the whole request, with its headers.
    const names = Object.keys(value)
    return names.some(isSecret) ? `${value.name}: ${value.message}` : value
  }
  if (!isRecord(value)) return value
  const copy = Object.create(Object.getPrototypeOf(value) as object | null) as object
  for (const key of Reflect.ownKeys(value)) {
    const property = Reflect.getOwnPropertyDescriptor(value, key)!
    if ("value" in property) {
      property.value = isSecret(key) ? HIDDEN : withoutSecrets(property.value, level + 1)
    }
    Reflect.defineProperty(copy, key, property)
  }
  return copy
}

/** `name` is the variable's. */
export const shown = (name: string, value: unknown): string => {
  // A function of the program is what its source says.
  if (typeof value === "function" && closures.get(value) !== undefined) return `[Function ${name}]`
  if (isSecret(name)) return HIDDEN
  try {
    const text = inspect(withoutSecrets(value, 0))
    return text.length > CHARACTERS ? `${text.slice(0, CHARACTERS)} …` : text
  } catch {
    return "<cannot be shown>"
  }
}
