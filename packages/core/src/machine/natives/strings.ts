/**
 * `String` that shows a function's text as the program's.
 *
 * @since 0.1.0
 */
import { sourceOf } from "./functions.ts"
import { type Callable, replaceValue } from "./replaced.ts"

const HostString = String

const own = {
  String: function(...args: ReadonlyArray<unknown>): unknown {
    const given = typeof args[0] === "function" ? [sourceOf(args[0])] : args
    return new.target === undefined
      ? Reflect.apply(HostString as unknown as Callable, undefined, given)
      : Reflect.construct(HostString, given, new.target)
  }
}.String

export const StringConstructor: Callable = own

export const installStrings = (): void => {
  for (const key of Reflect.ownKeys(HostString)) {
    const property = Object.getOwnPropertyDescriptor(HostString, key)!
    Object.defineProperty(own, key, property)
  }
  replaceValue(HostString, own, undefined)
}
