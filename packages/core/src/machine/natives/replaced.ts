/**
 * Keeps the host's own objects out of reach: what a workflow reads in place of some of them,
 * and which ones it never writes.
 *
 * Values of a workflow are ordinary objects of the host's realm, so it reaches the same
 * `Array.prototype` as the process around it. Functions that give something that differs from
 * run to run (`Math.random`), that make code of text (`Function`), or that write into what
 * they are given (`Object.assign`), have replacements; reading a property gives those.
 *
 * @since 0.1.0
 */

export type Callable = (...args: ReadonlyArray<any>) => unknown

/** Runs in place of a native; `self` is the receiver. */
export type Replacement = (
  original: Callable,
  self: unknown,
  args: ReadonlyArray<unknown>
) => unknown

const replacements = new Map<unknown, Callable>()
/** `stack` is written when it is read. */
const names = new Set<string>(["constructor", "stack"])
const arrayMethods = new Set<string>()
const intrinsics = new Set<unknown>()

/** What a workflow gets for a function that it read from an object. */
export const replaced = (fn: unknown): unknown => replacements.get(fn) ?? fn

/** Whether a property of that name may hold a replaced function. */
export const isReplacedName = (name: string): boolean => names.has(name)

/** Methods of arrays whose replacements differ only for what is no array of the workflow. */
export const isArrayMethod = (name: string): boolean => arrayMethods.has(name)

/** An object that every instance, and the host, shares. */
export const isIntrinsic = (value: unknown): boolean => intrinsics.has(value)

export const addIntrinsic = (object: object): void => {
  intrinsics.add(object)
}

export const replacedFunctions = (): ReadonlyMap<unknown, Callable> => replacements

/** The iterator of arrays, which `for … of` need not call. */
export const hostArrayIterator: unknown = Array.prototype[Symbol.iterator]

/** Puts one function in the place of another, wherever that is read. */
export const replaceValue = (original: unknown, own: Callable, name: string | undefined): void => {
  replacements.set(original, own)
  if (name !== undefined) names.add(name)
}

/** Replaces a method; one that this engine lacks is passed over. */
export const replace = (holder: object, key: PropertyKey, run: Replacement): void => {
  const original: unknown = Reflect.getOwnPropertyDescriptor(holder, key)?.value
  if (typeof original !== "function") return
  replaceFunction(original as Callable, typeof key === "string" ? key : undefined, run)
}

export const replaceFunction = (
  original: Callable,
  key: string | undefined,
  run: Replacement
): void => {
  const known = replacements.get(original)
  // The same function stands at two keys: `values` and `Symbol.iterator` of arrays.
  const own = known ?? wrapper(original, run)
  replaceValue(original, own, key)
}

const wrapper = (original: Callable, run: Replacement): Callable => {
  const own = {
    [original.name](this: unknown, ...args: ReadonlyArray<unknown>): unknown {
      return run(original, this, args)
    }
  }[original.name]!
  Object.defineProperty(own, "length", { value: original.length, configurable: true })
  return own
}

/** Replaces a method of arrays for receivers that are none: a call on an array skips it. */
export const replaceArrayMethod = (key: string, run: Replacement): void => {
  arrayMethods.add(key)
  replace(Array.prototype, key, run)
}

const describe = (object: object): string => {
  if (typeof object === "function") {
    return `function 'function ${object.name}() { [native code] }'`
  }
  if (Array.isArray(object)) return "object '[object Array]'"
  const constructor: unknown = Reflect.getOwnPropertyDescriptor(object, "constructor")?.value
  return `object '#<${typeof constructor === "function" ? constructor.name : "Object"}>'`
}

/** What V8 says of a frozen object. */
export const refuseWrite = (object: object, key: PropertyKey): never => {
  if (key in object) {
    throw new TypeError(
      `Cannot assign to read only property '${String(key)}' of ${describe(object)}`
    )
  }
  throw new TypeError(`Cannot add property ${String(key)}, object is not extensible`)
}
