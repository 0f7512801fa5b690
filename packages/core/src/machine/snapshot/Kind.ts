/**
 * One kind of the machine's objects in a snapshot.
 *
 * @since 0.1.0
 */
import type { Edge, HeapReader, HeapWriter, HostNode } from "../../heap/HeapHost.ts"
import type { Json } from "../../heap/Json.ts"
import type { LoadedProgram } from "../Code.ts"

/** What writing may ask about names; answers only when a path is wanted. */
export interface Names {
  /** How a variable is called in the path of a refusal; `where` says who holds it. */
  readonly edge: (name: string, where: string) => Edge
  /** Says that an array is an environment: `chain` has its names and those of the ones outside. */
  readonly env: (env: unknown, chain: ReadonlyArray<ReadonlyArray<string>>, where: string) => void
}

export interface Writing extends HeapWriter {
  readonly names: Names | undefined
  readonly program: LoadedProgram
  /** The stored form of an environment; other arrays may have more than their items. */
  readonly list: HeapWriter["list"]
}

export interface Reading extends HeapReader {
  readonly program: LoadedProgram
}

export type Data = ReadonlyArray<Json>

export interface StoredKind {
  /** Starts with `@`; never reused for something else. */
  readonly tag: HostNode[0]
  /** The prototype of all its objects, where they have one of their own: they are found by it. */
  readonly prototype?: object
  /** What follows the tag; `undefined` for an object of another kind. */
  readonly write: (object: object, out: Writing) => Data | undefined
  readonly shell: (data: Data, heap: Reading) => object
  readonly fill?: (object: object, data: Data, heap: Reading) => void
}

/** Most objects have nothing of their own: it takes one look at each property to see that. */
const isUsualObject = (
  object: object,
  isUsual: (key: PropertyKey, own: PropertyDescriptor) => boolean
): boolean => {
  if (!Object.isExtensible(object)) return false
  if (
    typeof object === "function" &&
    !(Object.hasOwn(object, "name") && Object.hasOwn(object, "length"))
  ) return false
  const keys = Reflect.ownKeys(object)
  for (let at = 0; at < keys.length; at++) {
    if (!isUsual(keys[at]!, Reflect.getOwnPropertyDescriptor(object, keys[at]!)!)) return false
  }
  return true
}

/** Own properties beyond those that the kind gives its objects; nothing when there are none. */
export const extras = (
  object: object,
  out: HeapWriter,
  isUsual: (key: PropertyKey, own: PropertyDescriptor) => boolean
): Data => {
  if (isUsualObject(object, isUsual)) return []
  const properties = out.properties(
    object,
    (key) => isUsual(key, Reflect.getOwnPropertyDescriptor(object, key)!)
  )
  // Functions are made with these two, which a program may delete.
  const lost = typeof object === "function"
    ? ["name", "length"].filter((key) => !Object.hasOwn(object, key))
    : []
  if (lost.length > 0) return [properties, lost]
  return Object.keys(properties as object).length === 0 ? [] : [properties]
}

export const fillExtras = (
  object: object,
  [properties, lost = []]: Data,
  heap: HeapReader
): void => {
  for (const key of lost as ReadonlyArray<string>) Reflect.deleteProperty(object, key)
  if (properties !== undefined) heap.defineProperties(object, properties)
}
