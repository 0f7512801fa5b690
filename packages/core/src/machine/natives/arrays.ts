/**
 * Methods that write into their receiver, whatever that is.
 *
 * @since 0.1.0
 */
import { matching, overArrayLike } from "./costs.ts"
import { isIntrinsic, refuseWrite, replace, replaceArrayMethod } from "./replaced.ts"

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
  for (const key of MUTATORS) {
    replaceArrayMethod(key, (original, self, args) => {
      if (isIntrinsic(self)) refuseWrite(self as object, "length")
      return overArrayLike(original, self, self, args)
    })
  }
  for (const key of REGEXP_METHODS) {
    if (key === Symbol.matchAll) continue
    replace(RegExp.prototype, key, (original, self, args) => {
      if (isIntrinsic(self)) refuseWrite(self as object, "lastIndex")
      const run = (): unknown => Reflect.apply(original, self, args)
      return self instanceof RegExp ? matching(self, args[0], run) : run()
    })
  }
  // It answers with a promise of the host's, which no snapshot can hold.
  replace(Array, "fromAsync", () => {
    throw new TypeError("Array.fromAsync is not available in workflows: use for await")
  })
}
