/**
 * `#names`: fields, methods and accessors that only the code of their class can reach.
 *
 * Each evaluation of a class makes a key object per name and keeps it in the class's own
 * environment. An object holds its private elements in a hidden table by key, so frozen
 * objects have them too and no reflection shows them.
 *
 * @since 0.1.0
 */
import { hidden } from "./hidden.ts"

type Callable = (...args: ReadonlyArray<unknown>) => unknown

export class PrivateKey {
  /** With the `#`. */
  readonly name: string
  readonly className: string
  readonly isStatic: boolean
  /** Methods and accessors are the class's: its instances hold the key only. */
  method: Callable | undefined
  getter: Callable | undefined
  setter: Callable | undefined

  constructor(name: string, className: string, isStatic: boolean) {
    this.name = name
    this.className = className
    this.isStatic = isStatic
    this.method = undefined
    this.getter = undefined
    this.setter = undefined
  }

  get isField(): boolean {
    return this.method === undefined && this.getter === undefined && this.setter === undefined
  }
}

/** The private elements of an object, in the order in which they were added. */
export class PrivateElements {
  readonly owner: object
  readonly values: Map<PrivateKey, unknown>

  constructor(owner: object) {
    this.owner = owner
    this.values = new Map()
  }
}

export const privateElements = hidden<PrivateElements>()

const foreign = (object: unknown, key: PrivateKey, verb: "read" | "write"): TypeError => {
  if (object === null || object === undefined) {
    // For methods and accessors V8 looks for the class's mark, and names that.
    if (!key.isField) {
      return new TypeError(`Cannot read properties of ${object} (reading '${key.className}')`)
    }
    return new TypeError(
      verb === "read"
        ? `Cannot read properties of ${object} (reading '${key.name}')`
        : `Cannot set properties of ${object} (setting '${key.name}')`
    )
  }
  return new TypeError(
    key.isField
      ? `Cannot ${verb} private member ${key.name} ${verb === "read" ? "from" : "to"} an object ` +
        "whose class did not declare it"
      : `Receiver must be ${key.isStatic ? "class" : "an instance of class"} ` +
        (key.className || "anonymous")
  )
}

export const addPrivate = (object: object, key: PrivateKey, value: unknown): void => {
  let elements = privateElements.get(object)
  if (elements === undefined) {
    elements = new PrivateElements(object)
    privateElements.set(object, elements)
  }
  if (elements.values.has(key)) {
    throw new TypeError(
      key.isField
        ? `Cannot initialize ${key.name} twice on the same object`
        : `Cannot initialize private methods of class ${key.className || "anonymous"} ` +
          "twice on the same object"
    )
  }
  elements.values.set(key, value)
}

export const readPrivate = (object: unknown, key: PrivateKey): unknown => {
  const values = privateElements.get(object)?.values
  if (values === undefined || !values.has(key)) throw foreign(object, key, "read")
  if (key.isField) return values.get(key)
  if (key.method !== undefined) return key.method
  if (key.getter === undefined) throw new TypeError(`'${key.name}' was defined without a getter`)
  return Reflect.apply(key.getter, object, [])
}

export const writePrivate = (object: unknown, key: PrivateKey, value: unknown): void => {
  const values = privateElements.get(object)?.values
  if (values === undefined || !values.has(key)) throw foreign(object, key, "write")
  if (key.isField) values.set(key, value)
  else if (key.method !== undefined) {
    throw new TypeError(`Private method '${key.name}' is not writable`)
  } else if (key.setter === undefined) {
    throw new TypeError(`'${key.name}' was defined without a setter`)
  } else Reflect.apply(key.setter, object, [value])
}

export const hasPrivate = (object: unknown, key: PrivateKey): boolean => {
  if (typeof object !== "object" && typeof object !== "function" || object === null) {
    throw new TypeError(`Cannot use 'in' operator to search for '${key.name}' in ${String(object)}`)
  }
  return privateElements.get(object)?.values.has(key) === true
}
