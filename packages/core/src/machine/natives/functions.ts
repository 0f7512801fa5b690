/**
 * `Function.prototype` as workflows see it: bound functions that can be stored, no source
 * text of the machine, and no way to make code of text.
 *
 * @since 0.1.0
 */
import { hidden } from "../hidden.ts"
import { ASYNC_GENERATOR_FUNCTIONS, GENERATOR_FUNCTIONS, HOST } from "./hostPrototypes.ts"
import { type Callable, replace, replaceValue } from "./replaced.ts"

export class BoundFunction {
  target: Callable
  self: unknown
  args: ReadonlyArray<unknown>

  constructor(target: Callable, self: unknown, args: ReadonlyArray<unknown>) {
    this.target = target
    this.self = self
    this.args = args
  }
}

export const boundFunctions = hidden<BoundFunction>()

export const bind = (record: BoundFunction): Callable => {
  const bound = Reflect.apply(Function.prototype.bind, record.target, [
    record.self,
    ...record.args
  ]) as Callable
  boundFunctions.set(bound, record)
  return bound
}

const { toString: hostSource } = Function.prototype

/** How messages show a function. That of the program has no text and reads like a native's. */
export const sourceOf = (fn: object): string => {
  const { name } = fn as { readonly name: unknown }
  const isHost = /\{\s*\[native code\]\s*\}$/.test(hostText(fn))
  return isHost
    ? hostText(fn)
    : `function ${typeof name === "string" ? name : ""}() { [native code] }`
}

const hostText = (fn: object): string => Reflect.apply(hostSource, fn, []) as string

const refused = (): never => {
  throw new TypeError("dynamic code is not available in workflows")
}

/** Stands where a constructor of code stood: `instanceof` works, calling does not. */
const standIn = (original: Callable): Callable => {
  const { name, prototype } = original as Callable & { readonly prototype: object }
  const own = {
    [name]: function(): never {
      return refused()
    }
  }[name]!
  Object.defineProperty(own, "length", { value: 1, configurable: true })
  Object.defineProperty(own, "prototype", { value: prototype })
  return own
}

const constructorOf = (prototype: object): Callable =>
  (prototype as { readonly constructor: Callable }).constructor

export const installFunctions = (): void => {
  replace(Function.prototype, "bind", (original, self, args) => {
    if (typeof self !== "function") return Reflect.apply(original, self, args)
    const [first, ...rest] = args
    return bind(new BoundFunction(self as Callable, first, rest))
  })
  const own = standIn(Function)
  replaceValue(Function, own, undefined)
  const constructorFor = (prototype: object): Callable => {
    const original = constructorOf(prototype)
    const derived = standIn(original)
    Object.setPrototypeOf(derived, own)
    replaceValue(original, derived, undefined)
    return derived
  }
  constructorFor(HOST.asyncFunction)
  for (
    const [host, functions] of [
      [HOST.generatorFunction, GENERATOR_FUNCTIONS],
      [HOST.asyncGeneratorFunction, ASYNC_GENERATOR_FUNCTIONS]
    ] as const
  ) {
    const constructor = constructorFor(host)
    Object.defineProperty(constructor, "prototype", { value: functions, writable: false })
    Object.defineProperty(functions, "constructor", { value: constructor, configurable: true })
  }
}
