/**
 * Arbitrary graphs of data: any kind of object, shared and in cycles.
 */
import * as FastCheck from "effect/FastCheck"

const text = FastCheck.oneof(
  FastCheck.string({ unit: "binary" }),
  FastCheck.constantFrom(
    "",
    "\"",
    "\\",
    "\ud800",
    "\udfff\ud800",
    "é",
    "😀",
    "\u0000",
    "__proto__",
    "length",
    "lastIndex",
    "0",
    "$rappel"
  )
)

const leaf = FastCheck.oneof(
  text,
  FastCheck.double(),
  FastCheck.integer(),
  FastCheck.bigInt(),
  FastCheck.boolean(),
  FastCheck.constantFrom<unknown>(
    null,
    undefined,
    -0,
    NaN,
    Infinity,
    Symbol.iterator,
    Symbol.for("k")
  )
)

/** Makes an empty object of some kind, then gives it keys and items. */
interface Plan {
  readonly kind: (typeof KINDS)[number]
  readonly keys: ReadonlyArray<string>
  /** Picks among the leaves (negative) and the objects. */
  readonly items: ReadonlyArray<number>
  readonly close: 0 | 1 | 2 | 3
}

const KINDS = [
  "object",
  "bare",
  "array",
  "map",
  "set",
  "date",
  "error",
  "bytes",
  "boxed",
  "regexp"
] as const

const plan: FastCheck.Arbitrary<Plan> = FastCheck.record({
  kind: FastCheck.constantFrom(...KINDS),
  keys: FastCheck.uniqueArray(text, { maxLength: 4 }),
  items: FastCheck.array(FastCheck.integer({ min: -20, max: 20 }), { maxLength: 5 }),
  close: FastCheck.oneof(
    { weight: 5, arbitrary: FastCheck.constant(0 as const) },
    { weight: 1, arbitrary: FastCheck.constantFrom(1 as const, 2 as const, 3 as const) }
  )
})

const make = ({ kind, items }: Plan): object => {
  switch (kind) {
    case "object":
      return {}
    case "bare":
      return Object.create(null) as object
    case "array":
      return []
    case "map":
      return new Map()
    case "set":
      return new Set()
    case "date":
      return new Date(items[0] ?? NaN)
    case "error":
      return new (items.length % 2 === 0 ? RangeError : Error)(`message ${items.join()}`)
    case "bytes":
      return Uint8Array.from(items)
    case "boxed":
      return Object(items.join()) as object
    case "regexp":
      return Object.assign(/x/gu, { lastIndex: items.length })
  }
}

const set = (object: object, key: string, value: unknown, hidden: boolean): void => {
  // The length of an array or a text, which FastCheck takes for a key now and then, can't be had anew.
  if (Object.getOwnPropertyDescriptor(object, key)?.configurable === false) return
  Object.defineProperty(object, key, {
    value,
    enumerable: !hidden,
    writable: true,
    configurable: true
  })
}

/** The first object of a random graph, and every leaf under a key of it. */
export const graph: FastCheck.Arbitrary<unknown> = FastCheck.record({
  leaves: FastCheck.array(leaf, { minLength: 1, maxLength: 8 }),
  plans: FastCheck.array(plan, { minLength: 1, maxLength: 12 })
}).map(({ leaves, plans }) => {
  const objects = plans.map(make)
  const pick = (at: number): unknown =>
    at < 0 ? leaves[-at % leaves.length] : objects[at % objects.length]
  plans.forEach(({ close, items, keys, kind }, at) => {
    const object = objects[at]!
    const values = items.map(pick)
    if (object instanceof Map) values.forEach((value, n) => object.set(value, pick(n)))
    if (object instanceof Set) values.forEach((value) => object.add(value))
    if (Array.isArray(object)) {
      values.forEach((value, n) => {
        if (items[n]! % 7 !== 0) object[n] = value
      })
    }
    // Typed arrays keep no properties of their own.
    if (kind !== "bytes") {
      keys.forEach((key, n) => set(object, key, pick((items[n] ?? n) - n), items[n] === 13))
    }
    if (close === 1 || close !== 0 && kind === "bytes") Object.preventExtensions(object)
    else if (close === 2) Object.seal(object)
    else if (close === 3) Object.freeze(object)
  })
  return [objects[0], ...leaves, objects.at(-1)]
})
