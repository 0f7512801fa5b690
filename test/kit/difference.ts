/**
 * Compares two graphs of values: structure, attributes, prototypes, and which parts are the same.
 */

/** The path to the first difference, or `undefined` when no program could tell the two apart. */
export const difference = (left: unknown, right: unknown): string | undefined => {
  const toRight = new Map<unknown, unknown>()
  const toLeft = new Map<unknown, unknown>()
  const due: Array<readonly [unknown, unknown, string]> = [[left, right, "$"]]
  for (let next = due.pop(); next !== undefined; next = due.pop()) {
    const [a, b, path] = next
    if (typeof a !== "object" && typeof a !== "function" || a === null) {
      if (!Object.is(a, b)) return `${path}: ${String(a)} and ${String(b)}`
      continue
    }
    if (typeof b !== typeof a || b === null) return `${path}: not both objects`
    if (toRight.has(a) || toLeft.has(b)) {
      if (toRight.get(a) !== b || toLeft.get(b) !== a) return `${path}: another identity`
      continue
    }
    toRight.set(a, b)
    toLeft.set(b, a)
    const shallow = shallowDifference(a, b as object)
    if (shallow !== undefined) return `${path}: ${shallow}`
    due.push(...inner(a, b as object, path))
  }
  return undefined
}

const hidden = (object: object): string => {
  if (object instanceof Date) return `Date ${object.getTime()}`
  if (object instanceof RegExp) return `RegExp ${object.source} ${object.flags}`
  if (ArrayBuffer.isView(object)) {
    return `${object.constructor.name} ${object.byteOffset} ${object.byteLength}`
  }
  if (object instanceof ArrayBuffer) return `ArrayBuffer ${new Uint8Array(object).join()}`
  if (object instanceof URL || object instanceof URLSearchParams) return `URL ${String(object)}`
  if (object instanceof Number || object instanceof String || object instanceof Boolean) {
    return `boxed ${typeof object.valueOf()} ${String(object.valueOf())}`
  }
  return Object.prototype.toString.call(object)
}

const shallowDifference = (a: object, b: object): string | undefined => {
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return "other prototypes"
  if (hidden(a) !== hidden(b)) return `${hidden(a)} and ${hidden(b)}`
  const closed = (object: object) =>
    `${Object.isExtensible(object)} ${Object.isSealed(object)} ${Object.isFrozen(object)}`
  if (closed(a) !== closed(b)) return `closed ${closed(a)} and ${closed(b)}`
  const [ka, kb] = [Reflect.ownKeys(a), Reflect.ownKeys(b)]
  if (ka.length !== kb.length || ka.some((key, at) => key !== kb[at])) {
    return `keys ${ka.map(String).join()} and ${kb.map(String).join()}`
  }
  for (const key of ka) {
    const [da, db] = [a, b].map((object) => Object.getOwnPropertyDescriptor(object, key)!)
    for (const attribute of ["enumerable", "writable", "configurable"] as const) {
      if (da![attribute] !== db![attribute]) return `${String(key)} is not equally ${attribute}`
    }
  }
  return undefined
}

/** Whether it is a real map or set, and not only an object with that prototype. */
const isCollection = (object: object): object is Map<unknown, unknown> | Set<unknown> => {
  for (const prototype of [Map.prototype, Set.prototype]) {
    try {
      Reflect.get(prototype, "size", object)
      return true
    } catch {
      // Not of this one.
    }
  }
  return false
}

const inner = (
  a: object,
  b: object,
  path: string
): Array<readonly [unknown, unknown, string]> => {
  const pairs: Array<readonly [unknown, unknown, string]> = []
  for (const key of Reflect.ownKeys(a)) {
    const [da, db] = [a, b].map((object) => Object.getOwnPropertyDescriptor(object, key)!)
    const at = `${path}.${String(key)}`
    pairs.push([da!.value, db!.value, at], [da!.get, db!.get, at], [da!.set, db!.set, at])
  }
  if (isCollection(a)) {
    const [xs, ys] = [Array.from(a as Set<unknown>), Array.from(b as Set<unknown>)]
    // Entries are fresh arrays; their own identity means nothing, that of their items does.
    if (a instanceof Map) pairs.push([xs.flat(1), ys.flat(1), `${path}{}`])
    else pairs.push([xs, ys, `${path}{}`])
  }
  if (ArrayBuffer.isView(a)) {
    pairs.push([a.buffer, (b as ArrayBufferView).buffer, `${path}.buffer`])
  }
  return pairs
}
