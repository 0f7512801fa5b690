/**
 * Names a class by its constructor, as far as it can be named.
 *
 * @since 0.1.0
 */
import type { ClassRef } from "../value/Value.ts"

const constructorOf = (prototype: object): { readonly name: string } | undefined => {
  const own = Object.getOwnPropertyDescriptor(prototype, "constructor")
  return typeof own?.value === "function" ? own.value : undefined
}

/** `Promise`, `WeakMap` and their like hold what no text can say. */
const isNative = (constructor: object): boolean =>
  /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(constructor))

/** Names of the classes above, nearest first, without `Object`. */
const basesOf = (prototype: object): ReadonlyArray<string> => {
  const names: Array<string> = []
  for (
    let base = Object.getPrototypeOf(prototype);
    base !== null && base !== Object.prototype;
    base = Object.getPrototypeOf(base)
  ) {
    const constructor = constructorOf(base)
    if (constructor !== undefined) names.push(constructor.name)
  }
  return names
}

/** A class by its name; none for built-in and anonymous ones. */
export const classRef = (prototype: object): ClassRef | undefined => {
  const constructor = constructorOf(prototype)
  if (constructor === undefined || constructor.name === "" || isNative(constructor)) {
    return undefined
  }
  return { name: constructor.name, bases: basesOf(prototype) }
}
