/**
 * `RegExp` without the record of the process's last match.
 *
 * @since 0.1.0
 */
import { type Callable, replaceValue } from "./replaced.ts"

const LEGACY = new Set([
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((group) => `$${group}`),
  "input",
  "$_",
  "lastMatch",
  "$&",
  "lastParen",
  "$+",
  "leftContext",
  "$`",
  "rightContext",
  "$'"
])

const HostRegExp = RegExp

const own = {
  RegExp: function(...args: ReadonlyArray<unknown>): unknown {
    if (new.target !== undefined) return Reflect.construct(HostRegExp, args, new.target)
    return Reflect.apply(HostRegExp as unknown as Callable, undefined, args)
  }
}.RegExp

export const RegExpConstructor: Callable = own

export const installRegExps = (): void => {
  Object.defineProperty(own, "length", { value: 2, configurable: true })
  Object.defineProperty(own, "prototype", { value: HostRegExp.prototype, writable: false })
  for (const key of Reflect.ownKeys(HostRegExp)) {
    if (Object.hasOwn(own, key)) continue
    if (typeof key === "string" && LEGACY.has(key)) {
      Object.defineProperty(own, key, {
        get(): never {
          throw new TypeError(`RegExp.${key} is not available in workflows: use the match itself`)
        },
        configurable: true
      })
    } else {
      Object.defineProperty(own, key, Object.getOwnPropertyDescriptor(HostRegExp, key)!)
    }
  }
  replaceValue(HostRegExp, own, undefined)
}
