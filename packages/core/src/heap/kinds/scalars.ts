/**
 * Kinds that hold one primitive: dates, regular expressions, boxed primitives.
 *
 * @since 0.1.0
 */
import type { Json } from "../Json.ts"
import { accepts, builtin, getterOf, type Kind } from "./Kind.ts"

const getTime = Reflect.get(builtin("Date")!.prototype, "getTime") as (this: object) => number

/** Milliseconds, or null for an invalid date. */
export const date: Kind = {
  tag: "d",
  builtins: ["Date"],
  is: accepts(getTime),
  write: (object) => {
    const time = getTime.call(object)
    return Number.isNaN(time) ? null : time
  },
  make: (data) => new (builtin("Date")!)(data === null ? NaN : data)
}

const sourceOf = getterOf("RegExp", "source") as (this: object) => string
const flagsOf = getterOf("RegExp", "flags") as (this: object) => string

/** `[source, flags, lastIndex]`; `lastIndex` is an own property that the constructor makes. */
export const regExp: Kind = {
  tag: "r",
  builtins: ["RegExp"],
  // The prototype's own `source` is "(?:)" instead of an error.
  is: (object) => object !== RegExp.prototype && accepts(sourceOf)(object),
  write: (object, _builtin, out) => [
    sourceOf.call(object),
    flagsOf.call(object),
    out.val(Reflect.get(object, "lastIndex"), "lastIndex")
  ],
  make: (data) => {
    const [source, flags] = data as [string, string]
    return new RegExp(source, flags)
  },
  fill: (object, data, heap) => {
    Reflect.set(object, "lastIndex", heap.val((data as ReadonlyArray<Json>)[2]!))
  },
  implies: (_object, key) => key === "lastIndex"
}

const primitiveOf = [
  Number.prototype.valueOf,
  String.prototype.valueOf,
  Boolean.prototype.valueOf,
  Symbol.prototype.valueOf,
  BigInt.prototype.valueOf
] as ReadonlyArray<(this: object) => unknown>

/** The primitive inside `new Number(1)` or `Object(1n)`. */
export const boxed: Kind = {
  tag: "p",
  builtins: ["Number", "String", "Boolean", "Symbol", "BigInt"],
  is: (object) => primitiveOf.some((read) => accepts(read)(object)),
  write: (object, _builtin, out) =>
    out.val(primitiveOf.find((read) => accepts(read)(object))!.call(object)),
  make: (data, heap) => Object(heap.val(data)) as object,
  // The characters and the length of a string.
  implies: (object, key) =>
    typeof key === "string" && accepts(String.prototype.valueOf)(object) &&
    (key === "length" || /^\d+$/.test(key) && Number(key) < (object as unknown as string).length)
}
