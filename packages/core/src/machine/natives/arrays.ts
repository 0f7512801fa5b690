/**
 * Methods that write into their receiver, whatever that is.
 *
 * @since 0.1.0
 */
import { isIntrinsic, refuseWrite, replace, replaceMutator } from "./replaced.ts"

const MUTATORS = [
  "push",
  "pop",
  "shift",
  "unshift",
  "splice",
  "sort",
  "reverse",
  "fill",
  "copyWithin"
]

/** Their protocols set `lastIndex` on any object that they are called on. */
const REGEXP_METHODS = [
  Symbol.match,
  Symbol.matchAll,
  Symbol.replace,
  Symbol.search,
  Symbol.split
]

export const installMutators = (): void => {
  for (const key of MUTATORS) replaceMutator(Array.prototype, key)
  for (const key of REGEXP_METHODS) {
    if (key === Symbol.matchAll) continue
    replace(RegExp.prototype, key, (original, self, args) => {
      if (isIntrinsic(self)) refuseWrite(self as object, "lastIndex")
      return Reflect.apply(original, self, args)
    })
  }
  // It answers with a promise of the host's, which no snapshot can hold.
  replace(Array, "fromAsync", () => {
    throw new TypeError("Array.fromAsync is not available in workflows: use for await")
  })
}
