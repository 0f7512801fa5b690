/**
 * Natives whose work can outgrow what they are given: they run under the watchdog.
 *
 * @since 0.1.0
 */
import { checkItems, guarded, lookSoon } from "../watch.ts"
import { patternWork } from "./patternWork.ts"
import { type Callable, replace, replaceArrayMethod } from "./replaced.ts"

/** Below this bound a match takes milliseconds at most: some 10 ns a step. */
const CHEAP_STEPS = 1_000_000

/** Texts that no pattern takes long for. */
const SHORT = 12

const isRegExp = (value: unknown): value is RegExp => value instanceof RegExp

/** Runs what matches a pattern against a text. */
export const matching = <A>(pattern: RegExp, text: unknown, run: () => A): A => {
  if (typeof text !== "string") return guarded(run)
  const { length } = text
  if (length <= SHORT || patternWork(pattern.source, length) <= CHEAP_STEPS) return run()
  return guarded(run)
}

const TEXT_METHODS = ["match", "replace", "replaceAll", "search", "split"]

const installTexts = (): void => {
  for (const key of TEXT_METHODS) {
    replace(String.prototype, key, (original, self, args) => {
      const run = (): unknown => Reflect.apply(original, self, args)
      return isRegExp(args[0]) ? matching(args[0], self, run) : run()
    })
  }
  for (const key of ["exec", "test"]) {
    replace(RegExp.prototype, key, (original, self, args) => {
      const run = (): unknown => Reflect.apply(original, self, args)
      return isRegExp(self) ? matching(self, args[0], run) : run()
    })
  }
}

/** What they go over has no length of its own that could be looked at first. */
const UNMEASURED: ReadonlyArray<readonly [object, string]> = [
  [JSON, "stringify"],
  [JSON, "parse"],
  [Object, "keys"],
  [Object, "values"],
  [Object, "entries"],
  [Object, "fromEntries"],
  [Reflect, "ownKeys"]
]

/** `fill.call({ length: 2 ** 53 })` would never end. */
const ARRAY_METHODS = [
  "concat",
  "every",
  "filter",
  "find",
  "findIndex",
  "findLast",
  "findLastIndex",
  "flat",
  "flatMap",
  "forEach",
  "includes",
  "indexOf",
  "join",
  "lastIndexOf",
  "map",
  "reduce",
  "reduceRight",
  "slice",
  "some",
  "toReversed",
  "toSorted",
  "toSpliced",
  "with"
]

export const installCosts = (): void => {
  installTexts()
  for (const [holder, key] of UNMEASURED) {
    replace(holder, key, (original, self, args) => {
      const result: unknown = Reflect.apply(original, self, args)
      lookSoon()
      return result
    })
  }
  for (const key of ARRAY_METHODS) {
    replaceArrayMethod(key, (original, self, args) => overArrayLike(original, self, self, args))
  }
  replace(Array, "from", (original, self, args) => overArrayLike(original, args[0], self, args))
}

/**
 * Runs what goes over an array, or over whatever claims to be like one. A length by getter is
 * the program's own code, and asking twice would be seen.
 */
export const overArrayLike = (
  original: Callable,
  subject: unknown,
  self: unknown,
  args: ReadonlyArray<unknown>
): unknown => {
  if (typeof subject === "object" && subject !== null) {
    const length: unknown = Reflect.getOwnPropertyDescriptor(subject, "length")?.value
    if (typeof length === "number" && !isRefused(original, length + args.length)) {
      checkItems(length, original, args)
    }
  }
  return Reflect.apply(original, self, args)
}

const named = Array.prototype as unknown as Readonly<Record<string, Callable | undefined>>
const { pop, push, unshift } = named

/** They make an array of that length first, and none is longer than 2 ** 32 - 1. */
const MAKERS = new Set<unknown>([
  Array.from,
  named["map"],
  named["toReversed"],
  named["toSorted"],
  named["with"]
])

/** The language refuses what would be too long before it moves an item; `pop` moves none. */
const isRefused = (original: Callable, length: number): boolean =>
  original === pop || original === push ||
  (original === unshift && length > Number.MAX_SAFE_INTEGER) ||
  (MAKERS.has(original) && length > 2 ** 33)
