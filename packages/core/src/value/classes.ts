/**
 * What can be told of a class from its prototype.
 *
 * @since 0.1.0
 */
import { sourceText } from "../heap/className.ts"
import type { ClassRef } from "./Value.ts"

/** The class of an error by name: the nearest that has one, and all above it. */
export const errorClass = (prototype: object): ClassRef => {
  const names: Array<string> = []
  for (let at = prototype; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    if (at === null) break
    const constructor: unknown = Object.getOwnPropertyDescriptor(at, "constructor")?.value
    const name = typeof constructor === "function"
      ? Object.getOwnPropertyDescriptor(constructor, "name")?.value as unknown
      : undefined
    if (typeof name === "string" && name !== "") names.push(name)
  }
  const [name = "Error", ...bases] = names
  return { name, bases }
}

const privateState = new WeakMap<object, boolean>()

/**
 * Whether a class or one above it has `#private` members, as far as its source shows. What
 * they hold cannot be read from outside, so an instance would come back without it.
 */
export const hasPrivateState = (prototype: object): boolean => {
  const known = privateState.get(prototype)
  if (known !== undefined) return known
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value
  const above = Object.getPrototypeOf(prototype) as object | null
  const has = typeof constructor === "function" &&
      declaresPrivate(sourceText(constructor)) ||
    above !== null && above !== Object.prototype && hasPrivateState(above)
  privateState.set(prototype, has)
  return has
}

/** A name that is used with a dot (`this.#x`) and stands without one (`#x = 1`): text has rarely both. */
const declaresPrivate = (source: string): boolean => {
  for (const [, name] of source.matchAll(/[\w$)\]?]\.#([\p{ID_Start}$_][\p{ID_Continue}$]*)/gu)) {
    const escaped = name!.replaceAll("$", "\\$")
    if (new RegExp(`[\\s;{}*]#${escaped}(?![\\p{ID_Continue}$])`, "u").test(source)) return true
  }
  return false
}
