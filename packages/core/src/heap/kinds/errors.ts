/**
 * Errors: the builtin base gives the hidden part, everything else is own properties.
 *
 * @since 0.1.0
 */
import type { Json } from "../Json.ts"
import { accepts, builtin, getterOf, type Kind } from "./Kind.ts"

const ERRORS = [
  "Error",
  "TypeError",
  "RangeError",
  "SyntaxError",
  "ReferenceError",
  "EvalError",
  "URIError",
  "AggregateError"
]

/** A stack that is no text is a property as any other. */
const impliesStack = (object: object, key: PropertyKey): boolean =>
  key === "stack" && stackOf(object) !== null

/** `[builtin, stack, inherited name, inherited message]`; null where there is none to keep. */
export const error: Kind = {
  tag: "e",
  builtins: ERRORS,
  is: () => true,
  write: (object, name, out) => {
    const stack = stackOf(object)
    if (!out.inheritedErrorText || Object.getPrototypeOf(object) === builtin(name)?.prototype) {
      return [name, stack]
    }
    return [name, stack, inheritedText(object, "name"), inheritedText(object, "message")]
  },
  make: (data) => {
    const [name] = data as [string]
    const Base = ERRORS.includes(name) ? builtin(name) : undefined
    if (Base === undefined) throw new TypeError(`${name} is not a builtin error`)
    const made = withoutStack(() => name === "AggregateError" ? new Base([]) : new Base())
    for (const key of Reflect.ownKeys(made)) Reflect.deleteProperty(made, key)
    return made
  },
  // Before the other properties, where the constructor puts it.
  fill: (object, data) => setStack(object, (data as ReadonlyArray<Json>)[1]!),
  finish: (object, data) => {
    const [, , name = null, message = null] = data as ReadonlyArray<Json>
    setLost(object, "name", name)
    setLost(object, "message", message)
  },
  implies: impliesStack
}

/** Spares the walk over this process's own stack, most of the cost of an error. */
const withoutStack = (make: () => object): object => {
  const limit: unknown = Reflect.get(Error, "stackTraceLimit")
  Reflect.set(Error, "stackTraceLimit", 0)
  try {
    return make()
  } finally {
    Reflect.set(Error, "stackTraceLimit", limit)
  }
}

const nameOf = getterOf("DOMException", "name") as (this: object) => string
const messageOf = getterOf("DOMException", "message") as (this: object) => string

/** `[message, name, stack]`: what aborted signals and `structuredClone` throw. */
export const domException: Kind = {
  tag: "D",
  builtins: ["DOMException"],
  is: accepts(nameOf),
  write: (object) => [messageOf.call(object), nameOf.call(object), stackOf(object)],
  make: (data) => {
    const [message, name] = data as [string, string]
    const DOMException = builtin("DOMException")
    if (DOMException !== undefined) return new DOMException(message, name)
    const made = new Error(message)
    Object.defineProperty(made, "name", { value: name, writable: true, configurable: true })
    return made
  },
  fill: (object, data) => setStack(object, (data as ReadonlyArray<Json>)[2]!),
  implies: impliesStack
}

/** The own stack as text. Its formatting may run code of the process and fail. */
const stackOf = (object: object): string | null => {
  if (!Object.hasOwn(object, "stack")) return null
  try {
    const stack: unknown = Reflect.get(object, "stack")
    return typeof stack === "string" ? stack : null
  } catch {
    return null
  }
}

const setStack = (object: object, stack: Json): void => {
  if (stack === null) Reflect.deleteProperty(object, "stack")
  else {
    Object.defineProperty(object, "stack", { value: stack, writable: true, configurable: true })
  }
}

/** What a class gives its errors by its prototype or an accessor: a reader would lose it. */
const inheritedText = (object: object, key: "name" | "message"): string | null => {
  const own = Reflect.getOwnPropertyDescriptor(object, key)
  if (own !== undefined && "value" in own) return null
  const text = read(object, key)
  return typeof text === "string" ? text : null
}

const setLost = (object: object, key: "name" | "message", text: Json): void => {
  if (typeof text !== "string" || read(object, key) === text) return
  Object.defineProperty(object, key, { value: text, writable: true, configurable: true })
}

const read = (object: object, key: "name" | "message"): unknown => {
  try {
    return Reflect.get(object, key)
  } catch {
    // A getter of the class that fails on this error says nothing.
    return undefined
  }
}
