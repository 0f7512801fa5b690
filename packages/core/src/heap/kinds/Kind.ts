/**
 * One kind of builtin object: how its hidden part is written and made again.
 *
 * What all objects have (own properties, attributes, prototype, frozenness) the encoder
 * itself keeps; a kind is only about what no property shows.
 *
 * @since 0.1.0
 */
import type { HeapReader, HeapWriter } from "../HeapHost.ts"
import type { Json } from "../Json.ts"

/** What kinds may ask of the encoder, beyond what hosts may. */
export interface KindWriter extends HeapWriter {
  readonly inheritedErrorText: boolean
  readonly visibleBytesOnly: boolean
  /** Numbers a part that is no value of its own; its node is set by `atEnd`. */
  readonly reserve: (part: object) => number
  /** The number of an object that was met already. */
  readonly numberOf: (object: object) => number | undefined
  readonly setNode: (number: number, node: Json) => void
  /** Runs when every object was met, before the text is made. */
  readonly atEnd: (run: () => void) => void
  /** Notes of a kind that live as long as this encoding. */
  readonly notes: <A extends object>(make: () => A) => A
}

export interface Kind {
  /** First item of its nodes: one or two letters, never reused. */
  readonly tag: string
  /** Names of the builtins whose prototypes mark it. */
  readonly builtins: ReadonlyArray<string>
  /** Whether an object has the hidden part: a prototype alone does not give it. */
  readonly is: (object: object) => boolean
  /** Why an object of this kind cannot be stored, as what to do instead. */
  readonly remedy?: (object: object) => string | undefined
  /** `builtin` is the nearest of `builtins` in the object's prototype chain. */
  readonly write: (object: object, builtin: string, out: KindWriter) => Json
  readonly make: (data: Json, heap: HeapReader) => object
  readonly fill?: (object: object, data: Json, heap: HeapReader) => void
  /** Runs when all objects are filled. */
  readonly finish?: (object: object, data: Json) => void
  /** Own properties that the hidden part implies. */
  readonly implies?: (object: object, key: PropertyKey) => boolean
  /** Own keys are the elements, and a look at them would cost more than the object. */
  readonly skipsProperties?: (object: object) => boolean
}

/** A builtin of this engine by name; absent ones (`Float16Array`, `DOMException`) are `undefined`. */
export const builtin = (
  name: string
): (new(...args: ReadonlyArray<unknown>) => object) | undefined => {
  const value: unknown = Reflect.get(globalThis, name)
  return typeof value === "function"
    ? value as new(...args: ReadonlyArray<unknown>) => object
    : undefined
}

/** The getter of a builtin prototype: reading through it throws unless the hidden part is there. */
export const getterOf = (name: string, key: PropertyKey): (this: object) => unknown => {
  const prototype: unknown = builtin(name)?.prototype
  const get = prototype === undefined
    ? undefined
    : Object.getOwnPropertyDescriptor(prototype, key)?.get
  return get ?? (() => {
    throw new TypeError(`${name} is not part of this engine`)
  })
}

/** Whether `read` accepts the object: the builtin's own check of its hidden part. */
export const accepts = (read: (this: object) => unknown) => (object: object): boolean => {
  try {
    read.call(object)
    return true
  } catch {
    return false
  }
}
