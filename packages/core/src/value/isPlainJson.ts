/**
 * Tells whether `JSON.stringify` keeps all there is of a value.
 *
 * @since 0.1.0
 */

/** Deeper trees go to the heap form: `JSON.stringify` recurses, and its stack is bounded. */
const MAX_DEPTH = 400

/**
 * Whether a value is a tree of plain data that `JSON.parse` gives back exactly: no object
 * twice, no `undefined`, `-0`, NaN or hole, no attribute or key that JSON has no word for.
 * A root with an own key `mark` is none, whatever else it is.
 */
export const isPlainJson = (value: unknown, mark: string): boolean =>
  typeof value === "object" && value !== null
    ? !Object.hasOwn(value, mark) && isRoot(value)
    : isLeaf(value)

/** Items of the usual list of arguments. */
const FEW = 8

/** Most arguments are a short list of texts and numbers, which cannot hold an object twice. */
const isRoot = (value: object): boolean => isListOfLeaves(value) || isTree(value, new Set(), 0)

const isListOfLeaves = (value: object): boolean => {
  if (!Array.isArray(value) || value.length > FEW || !Object.isExtensible(value)) return false
  if (!isPlainArray(value)) return false
  for (let at = 0; at < value.length; at++) if (!isLeaf(value[at])) return false
  return true
}

const isLeaf = (value: unknown): boolean => {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true
    case "number":
      return value === 0 ? !Object.is(value, -0) : Number.isFinite(value)
    default:
      return value === null
  }
}

const isTree = (object: object, seen: Set<object>, depth: number): boolean => {
  if (depth > MAX_DEPTH || seen.has(object) || !Object.isExtensible(object)) return false
  seen.add(object)
  return Array.isArray(object)
    ? isArray(object, seen, depth + 1)
    : isObject(object, seen, depth + 1)
}

/** Nothing of it is lost by JSON but maybe its items. */
const isPlainArray = (array: Array<unknown>): boolean => {
  if (Object.getPrototypeOf(array) !== Array.prototype) return false
  // `values` sees named properties too. It is many times faster than a list of keys, which
  // makes a text of every index, but looks through getters: these are looked for below.
  if (hasGetter(array)) return false
  return Object.values(array).length === array.length &&
    Object.getOwnPropertySymbols(array).length === 0
}

const isArray = (array: Array<unknown>, seen: Set<object>, depth: number): boolean => {
  if (!isPlainArray(array)) return false
  for (const item of array) {
    if (typeof item === "object" && item !== null ? !isTree(item, seen, depth) : !isLeaf(item)) {
      return false
    }
  }
  return true
}

const lookupGetter = Reflect.get(Object.prototype, "__lookupGetter__") as (
  this: object,
  key: PropertyKey
) => unknown

const hasGetter = (array: Array<unknown>): boolean => {
  for (let at = 0; at < array.length; at++) {
    if (lookupGetter.call(array, at) !== undefined) return true
  }
  return false
}

const isObject = (object: object, seen: Set<object>, depth: number): boolean => {
  if (Object.getPrototypeOf(object) !== Object.prototype) return false
  for (const key of Reflect.ownKeys(object)) {
    if (typeof key === "symbol") return false
    const { configurable, enumerable, value, writable } = Object.getOwnPropertyDescriptor(
      object,
      key
    )!
    // An accessor is not writable either.
    if (configurable !== true || enumerable !== true || writable !== true) return false
    if (
      typeof value === "object" && value !== null
        ? !isTree(value, seen, depth)
        : !isLeaf(value)
    ) {
      return false
    }
  }
  return true
}
