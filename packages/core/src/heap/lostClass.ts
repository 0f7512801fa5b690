/**
 * Remembers the class of an error that this process could not make an instance of.
 *
 * An error often passes through processes that do not know its class (a workflow that only
 * lets it through), and must reach one that does as what it was. The name is no property: the
 * user's code sees an error of the nearest class that is known.
 *
 * @since 0.1.0
 */
import type { Json } from "./Json.ts"

interface Lost {
  readonly name: Json
  /** What it was given instead; when that changes, the name is no longer true. */
  readonly prototype: object | null
}

const lostClasses = new WeakMap<object, Lost>()

const prototypeOf = (object: object): object | null =>
  Object.getPrototypeOf(object) as object | null

export const rememberClass = (error: object, name: Json): void => {
  lostClasses.set(error, { name, prototype: prototypeOf(error) })
}

export const lostClassOf = (error: object): Json | undefined => {
  const lost = lostClasses.get(error)
  return lost !== undefined && lost.prototype === prototypeOf(error) ? lost.name : undefined
}
