/**
 * `Object` and `Reflect`: what they write into, and what they read out.
 *
 * @since 0.1.0
 */
import { isConstructor } from "../functions.ts"
import { isObject } from "../iteration.ts"
import { refresh } from "../stack.ts"
import { sourceOf } from "./functions.ts"
import { isIntrinsic, refuseWrite, replace, replaced, replaceFunction } from "./replaced.ts"

const firstKey = (keys: unknown): PropertyKey =>
  (isObject(keys) ? Reflect.ownKeys(keys)[0] : undefined) ?? "length"

/** A descriptor that came from an object of the host's. */
const cleaned = (descriptor: unknown): unknown => {
  if (!isObject(descriptor)) return descriptor
  for (const key of ["value", "get", "set"] as const) {
    const own = Reflect.getOwnPropertyDescriptor(descriptor, key)
    if (typeof own?.value === "function") {
      Object.defineProperty(descriptor, key, { ...own, value: replaced(own.value) })
    }
  }
  return descriptor
}

const read = (value: unknown): unknown => typeof value === "function" ? replaced(value) : value

const notExtensible = (key: unknown): TypeError =>
  new TypeError(`Cannot define property ${String(key)}, object is not extensible`)

const installObject = (): void => {
  replace(Object, "assign", (original, self, args) => {
    if (isIntrinsic(args[0]) && args.length > 1) {
      for (const source of args.slice(1)) {
        if (isObject(source) && Object.keys(source).length > 0) {
          refuseWrite(args[0] as object, firstKey(source))
        }
      }
      return args[0]
    }
    return Reflect.apply(original, self, args)
  })
  replace(Object, "defineProperty", (original, self, args) => {
    if (isIntrinsic(args[0])) throw notExtensible(args[1])
    return Reflect.apply(original, self, args)
  })
  replace(Object, "defineProperties", (original, self, args) => {
    if (isIntrinsic(args[0])) throw notExtensible(firstKey(args[1]))
    return Reflect.apply(original, self, args)
  })
  replace(Object, "setPrototypeOf", (original, self, args) => {
    if (isIntrinsic(args[0]) && Object.getPrototypeOf(args[0]) !== args[1]) {
      throw new TypeError("#<Object> is not extensible")
    }
    return Reflect.apply(original, self, args)
  })
  // Nothing is left to do to an object that behaves as frozen.
  for (const key of ["freeze", "seal", "preventExtensions"]) {
    replace(
      Object,
      key,
      (original, self, args) => isIntrinsic(args[0]) ? args[0] : Reflect.apply(original, self, args)
    )
  }
  for (const key of ["isFrozen", "isSealed"]) {
    replace(
      Object,
      key,
      (original, self, args) => isIntrinsic(args[0]) || Reflect.apply(original, self, args)
    )
  }
  replace(
    Object,
    "isExtensible",
    (original, self, args) => !isIntrinsic(args[0]) && Reflect.apply(original, self, args)
  )
  replace(Object, "getOwnPropertyDescriptor", (original, self, args) => {
    if (isObject(args[0])) refresh(args[0])
    return cleaned(Reflect.apply(original, self, args))
  })
  replace(Object, "getOwnPropertyDescriptors", (original, self, args) => {
    const all = Reflect.apply(original, self, args) as Record<PropertyKey, unknown>
    for (const key of Reflect.ownKeys(all)) cleaned(all[key])
    return all
  })
}

const installReflect = (): void => {
  replace(Reflect, "get", (original, self, args) => read(Reflect.apply(original, self, args)))
  replace(Reflect, "construct", (original, self, args) => {
    for (const at of [0, 2]) {
      const given = args[at]
      if (typeof given === "function" && !isConstructor(given)) {
        throw new TypeError(`${sourceOf(given)} is not a constructor`)
      }
    }
    return Reflect.apply(original, self, args)
  })
  replace(
    Reflect,
    "getOwnPropertyDescriptor",
    (original, self, args) => cleaned(Reflect.apply(original, self, args))
  )
  replace(
    Reflect,
    "set",
    (original, self, args) =>
      isIntrinsic(args[0]) && args.length < 4 || isIntrinsic(args[3])
        ? false
        : Reflect.apply(original, self, args)
  )
  for (const key of ["defineProperty", "deleteProperty", "isExtensible"]) {
    replace(
      Reflect,
      key,
      (original, self, args) => isIntrinsic(args[0]) ? false : Reflect.apply(original, self, args)
    )
  }
  replace(Reflect, "setPrototypeOf", (original, self, args) =>
    isIntrinsic(args[0])
      ? Object.getPrototypeOf(args[0]) === args[1]
      : Reflect.apply(original, self, args))
  replace(
    Reflect,
    "preventExtensions",
    (original, self, args) => isIntrinsic(args[0]) || Reflect.apply(original, self, args)
  )
}

const installPrototype = (): void => {
  for (const key of ["__defineGetter__", "__defineSetter__"]) {
    replace(Object.prototype, key, (original, self, args) => {
      if (isIntrinsic(self)) throw notExtensible(args[0])
      return Reflect.apply(original, self, args)
    })
  }
  for (const key of ["__lookupGetter__", "__lookupSetter__"]) {
    replace(
      Object.prototype,
      key,
      (original, self, args) => read(Reflect.apply(original, self, args))
    )
  }
  const { set } = Object.getOwnPropertyDescriptor(Object.prototype, "__proto__")!
  replaceFunction(set!, undefined, (original, self, args) => {
    if (isIntrinsic(self)) throw new TypeError("#<Object> is not extensible")
    return Reflect.apply(original, self, args)
  })
}

export const installObjects = (): void => {
  installObject()
  installReflect()
  installPrototype()
}
