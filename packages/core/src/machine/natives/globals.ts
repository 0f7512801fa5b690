/**
 * The globals that a workflow has: the language's library, and what of the platform is
 * deterministic, or made so.
 *
 * @since 0.1.0
 */
import { clearTimeout, setTimeout } from "../effects.ts"
import { installIterators } from "../iterators.ts"
import { PromiseConstructor } from "../promiseConstructor.ts"
import { FULFILLED, isPromise } from "../promises.ts"
import { MicrotaskReaction } from "../reactions.ts"
import { running } from "../running.ts"
import { lookSoon } from "../watch.ts"
import { installMutators } from "./arrays.ts"
import { crypto, installChance } from "./chance.ts"
import { console } from "./console.ts"
import { coreValues } from "./core.ts"
import { installCosts } from "./costs.ts"
import { DateConstructor, installDates } from "./dates.ts"
import { errorConstructors, installErrors } from "./errors.ts"
import { installFunctions } from "./functions.ts"
import { installFunctionText } from "./functionText.ts"
import { callbackError, domException } from "./hostErrors.ts"
import { installLocale } from "./locale.ts"
import { installObjects } from "./objects.ts"
import { installRegExps, RegExpConstructor } from "./regExps.ts"
import { replace, replaced, replaceFunction } from "./replaced.ts"
import { TextDecoder, TextEncoder } from "./text.ts"
import { walkIntrinsics } from "./walkIntrinsics.ts"

/** Taken from the host as they are; reading their members may still give replacements. */
const FROM_HOST = [
  "Object",
  "Array",
  "Number",
  "Boolean",
  "Symbol",
  "BigInt",
  "Math",
  "JSON",
  "Reflect",
  "Map",
  "Set",
  "ArrayBuffer",
  "DataView",
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
  "URL",
  "URLSearchParams",
  "parseInt",
  "parseFloat",
  "isNaN",
  "isFinite",
  "encodeURI",
  "encodeURIComponent",
  "decodeURI",
  "decodeURIComponent",
  "escape",
  "unescape",
  "atob",
  "btoa",
  "structuredClone"
]

const queueMicrotask = (callback: unknown): void => {
  if (typeof callback !== "function") throw callbackError(callback)
  running.enqueue(new MicrotaskReaction(callback as () => unknown), FULFILLED, undefined)
}

const fromHost = (name: string): unknown => Reflect.get(globalThis, name)

const notCloned = (what: string): Error =>
  domException(`${what} could not be cloned.`, "DataCloneError")

const installHostClasses = (): void => {
  const clone = fromHost("structuredClone")
  if (typeof clone === "function") {
    replaceFunction(clone as () => unknown, undefined, (original, self, args) => {
      // The host takes it for an object without properties.
      if (isPromise(args[0])) throw notCloned("#<Promise>")
      try {
        const copy: unknown = Reflect.apply(original, self, args)
        lookSoon()
        return copy
      } catch (error) {
        // The message has the text of a function, which is the machine's.
        throw error instanceof Error && /=>|\{/.test(error.message)
          ? notCloned("A function")
          : error
      }
    })
  }
  // Node's own hooks for printing: they hand out functions of the process.
  const inspect = Symbol.for("nodejs.util.inspect.custom")
  for (const name of ["URL", "URLSearchParams"]) {
    const { prototype } = fromHost(name) as { readonly prototype: object }
    replace(prototype, inspect, (_original, self) => String(self))
  }
}

let table: ReadonlyMap<string, unknown> | undefined

/** The table of globals; the first call sets up all replacements. */
export const globals = (): ReadonlyMap<string, unknown> => table ??= makeTable()

const makeTable = (): ReadonlyMap<string, unknown> => {
  installFunctions()
  installFunctionText()
  installObjects()
  installErrors()
  installDates()
  installRegExps()
  installChance()
  installMutators()
  installCosts()
  installLocale()
  installHostClasses()
  installIterators()
  const made = new Map<string, unknown>([
    ["undefined", undefined],
    ["NaN", NaN],
    ["Infinity", Infinity],
    ...FROM_HOST.map((name) => [name, replaced(fromHost(name))] as const),
    ...errorConstructors,
    // Its stand-in: code from text is refused, `instanceof` and the prototype are the host's.
    ["Function", replaced(Function)],
    ["Date", DateConstructor],
    ["RegExp", RegExpConstructor],
    ["String", fromHost("String")],
    ["Promise", PromiseConstructor],
    ["TextDecoder", TextDecoder],
    ["TextEncoder", TextEncoder],
    ["console", console],
    ["crypto", crypto],
    ["setTimeout", setTimeout],
    ["clearTimeout", clearTimeout],
    ["queueMicrotask", queueMicrotask]
  ])
  walkIntrinsics([...made, ...coreValues().map(([name, value]) => [`@${name}`, value] as const)])
  return made
}
