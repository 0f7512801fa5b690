/**
 * What V8 calls a frame in a stack: the function, after the class of what it was called on.
 *
 * Only own data properties are read: nothing of the program runs while its stack is written.
 *
 * Source: V8, src/objects/call-site-info.cc, `SerializeJSStackFrame` and `AppendMethodCall`.
 *
 * @since 0.1.0
 */
import { classClosures } from "./classes.ts"
import { timeouts } from "./effects.ts"
import type { Frame } from "./Frame.ts"
import { closures } from "./functions.ts"
import { isObject } from "./iteration.ts"

/** Of the functions that fields and static blocks of a class are made with. */
export const INSTANCE_INITIALISER = "<instance_members_initializer>"
export const STATIC_INITIALISER = "<static_initializer>"

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

/** "" for a function without a name that was called on nothing. */
export const frameName = (frame: Frame): string => {
  const name = functionName(frame)
  if (frame.newTarget !== undefined) return `new ${name || "<anonymous>"}`
  const { self } = frame
  // An initialiser's object is not what it was called on.
  if (self === undefined || self === null || name === STATIC_INITIALISER) return name
  const type = typeName(self)
  const method = methodName(frame, name)
  if (name === "") return `${type}.${method || "<anonymous>"}`
  const prefix = IDENTIFIER.test(name) ? `${type}.` : ""
  const suffix = method === "" || endsWith(name, method) ? "" : ` [as ${method}]`
  return `${prefix}${name}${suffix}`
}

const isIndex = (key: string): boolean => String(Number(key) >>> 0) === key

/** Whether the method is the name, or the last part of an inferred one. */
const endsWith = (name: string, method: string): boolean =>
  name === method || name.endsWith(`.${method}`)

const own = (object: object, key: PropertyKey): unknown =>
  Reflect.getOwnPropertyDescriptor(object, key)?.value

const functionName = ({ code, home }: Frame): string => {
  if (code.stackName !== "" || home === null) return code.stackName
  // A method with a computed key has its name on the function alone.
  for (const fn of functionsAt(home)) {
    const name = closures.get(fn)?.code === code ? own(fn, "name") : undefined
    if (typeof name === "string") return name
  }
  return ""
}

const functionsAt = (holder: object): ReadonlyArray<object> =>
  Reflect.ownKeys(holder).flatMap((key) => valuesAt(holder, key))

const valuesAt = (holder: object, key: PropertyKey): ReadonlyArray<object> => {
  const { get, set, value } = Reflect.getOwnPropertyDescriptor(holder, key) ?? {}
  return [value, get, set].filter((each): each is object => typeof each === "function")
}

const chainOf = (object: object): ReadonlyArray<object> => {
  const chain: Array<object> = []
  for (
    let at: object | null = object;
    at !== null;
    at = Object.getPrototypeOf(at) as object | null
  ) chain.push(at)
  return chain
}

/** The class of an object, as V8 finds it. */
const typeName = (self: unknown): string => {
  const object = Object(self) as object
  if (timeouts.get(object) !== undefined) return "Timeout"
  if (classClosures.get(object) !== undefined) {
    const name = own(object, "name")
    if (typeof name === "string" && name !== "") return name
  }
  for (const holder of chainOf(object)) {
    const constructor = own(holder, "constructor")
    const name = typeof constructor === "function" ? own(constructor, "name") : undefined
    if (typeof name === "string" && name !== "") return name
  }
  return "Object"
}

/** The property that the function was found at; "" for none, or several. */
const methodName = ({ code, self }: Frame, name: string): string => {
  if (!isObject(self)) return ""
  // Where Node keeps the callback of a timer.
  if (timeouts.get(self) !== undefined) return "_onTimeout"
  const isIt = (fn: object): boolean => closures.get(fn)?.code === code
  const plain = name.replace(/^[gs]et /, "")
  const chain = chainOf(self)
  const holder = plain === "" ? undefined : chain.find((each) => Object.hasOwn(each, plain))
  if (holder !== undefined && valuesAt(holder, plain).some(isIt)) return plain
  const found = new Set<string>()
  for (const each of chain) {
    for (const key of Object.getOwnPropertyNames(each)) {
      // V8 looks among the named properties only.
      if (isIndex(key)) continue
      if (valuesAt(each, key).some(isIt)) found.add(key)
    }
  }
  return found.size === 1 ? Array.from(found)[0]! : ""
}
