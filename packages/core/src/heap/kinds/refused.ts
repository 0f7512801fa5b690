/**
 * Builtins whose hidden part cannot be read, with what to write instead.
 *
 * @since 0.1.0
 */
import { builtin, type Kind } from "./Kind.ts"

const REMEDIES: Readonly<Record<string, string>> = {
  Promise: "await it first",
  WeakMap: "use a Map",
  WeakSet: "use a Set",
  WeakRef: "hold the object itself",
  FinalizationRegistry: "it belongs to one process",
  SharedArrayBuffer: "copy its bytes into an ArrayBuffer",
  Iterator: "collect it with Array.from(...) first",
  AsyncIterator: "collect its values into an array first"
}

const iteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([].values())) as object
const asyncIteratorPrototype = Object.getPrototypeOf(
  Object.getPrototypeOf(Object.getPrototypeOf(async function*() {}()))
) as object

/** The prototypes by name: iterators have no constructor in the engines that we support. */
export const refusedPrototypes: ReadonlyMap<object, string> = new Map<object, string>([
  ...Object.keys(REMEDIES).flatMap((name) => {
    const prototype: unknown = builtin(name)?.prototype
    return typeof prototype === "object" && prototype !== null ? [[prototype, name] as const] : []
  }),
  [iteratorPrototype, "Iterator"],
  [asyncIteratorPrototype, "AsyncIterator"]
])

export const refused: Kind = {
  tag: "",
  builtins: [],
  is: () => true,
  remedy: (object) => {
    for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at) as object) {
      const name = refusedPrototypes.get(at)
      if (name !== undefined) return REMEDIES[name]
    }
    return REMEDIES["Promise"]
  },
  write: () => null,
  make: () => ({})
}
