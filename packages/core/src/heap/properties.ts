/**
 * Own properties with their attributes, as every kind of object keeps them.
 *
 * @since 0.1.0
 */
import type { Json } from "./Json.ts"

/** Attributes of a property as one number. */
const ENUMERABLE = 1
const WRITABLE = 2
const CONFIGURABLE = 4

/** What an assignment gives: the attributes that are not written. */
export const ORDINARY = ENUMERABLE | WRITABLE | CONFIGURABLE

export const attributesOf = (descriptor: PropertyDescriptor): number =>
  (descriptor.enumerable === true ? ENUMERABLE : 0) |
  (descriptor.writable === true ? WRITABLE : 0) |
  (descriptor.configurable === true ? CONFIGURABLE : 0)

export const descriptorOf = (
  attributes: number,
  rest: { readonly value: unknown } | { readonly get: unknown; readonly set: unknown }
): PropertyDescriptor => ({
  ...rest as PropertyDescriptor,
  enumerable: (attributes & ENUMERABLE) !== 0,
  configurable: (attributes & CONFIGURABLE) !== 0,
  ...("value" in rest ? { writable: (attributes & WRITABLE) !== 0 } : {})
})

/** Whether properties may be added or changed: 0 as usual, 1 not added, 2 sealed, 3 frozen. */
export type Closure = 0 | 1 | 2 | 3

export const closureOf = (object: object): Closure =>
  Object.isExtensible(object) ? 0 : Object.isFrozen(object) ? 3 : Object.isSealed(object) ? 2 : 1

/** The attributes of a property that was assigned before its object was closed. */
export const attributesWhen = (closure: Closure): number =>
  closure === 3 ? ENUMERABLE : closure === 2 ? ENUMERABLE | WRITABLE : ORDINARY

export const close = (object: object, closure: Closure): void => {
  if (closure === 3) Object.freeze(object)
  else if (closure === 2) Object.seal(object)
  else if (closure === 1) Object.preventExtensions(object)
}

/** What an object has beyond its kind's data; absent where there is nothing. */
export interface More {
  /** Prototype: 0 is none, text a builtin's, `[name]` the host's. */
  readonly p?: Json
  /** `[key, value]`, `[key, value, attributes]` or `[key, getter, attributes, setter]`, in order. */
  readonly k?: ReadonlyArray<Json>
  readonly x?: Closure
  /** Of an error: the name of the class that it lost on its way here. */
  readonly c?: Json
}
