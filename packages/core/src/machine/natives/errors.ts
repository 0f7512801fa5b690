/**
 * Error constructors that give their errors stacks of the user's source.
 *
 * Each stands in for the host's and shares its prototype, so `instanceof` and everything that
 * natives throw fit.
 *
 * @since 0.1.0
 */
import type { Frame } from "../Frame.ts"
import { toArray, UNNAMED } from "../iteration.ts"
import { running } from "../running.ts"
import { stamp } from "../stack.ts"
import { defineMethods } from "./defineMethods.ts"
import { type Callable, isIntrinsic, refuseWrite, replaceValue } from "./replaced.ts"

type Constructor = new(...args: any) => Error

const HOST_ERRORS: ReadonlyArray<Constructor> = [
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  AggregateError
]

/** The frame that asked for the object: V8 leaves the constructors of its classes out. */
const constructedBy = (newTarget: unknown): Frame | null => {
  for (let frame = running.frame; frame !== null; frame = frame.caller) {
    if (frame.newTarget === newTarget && frame.lexical?.constructing === newTarget) {
      return frame.caller
    }
  }
  return running.frame
}

const standIn = (host: Constructor): Callable => {
  const own = {
    [host.name]: function(...args: ReadonlyArray<unknown>): Error {
      const given = host === AggregateError ? [toArray(args[0], UNNAMED), ...args.slice(1)] : args
      const error = Reflect.construct(host, given, new.target ?? own) as Error
      stamp(error, new.target === undefined ? running.frame : constructedBy(new.target))
      return error
    }
  }[host.name]!
  Object.defineProperty(own, "length", { value: host.length, configurable: true })
  Object.defineProperty(own, "prototype", { value: host.prototype, writable: false })
  return own
}

/** By name, for the table of globals. */
export const errorConstructors: ReadonlyMap<string, Callable> = new Map(
  HOST_ERRORS.map((host) => [host.name, standIn(host)])
)

const errorConstructor = errorConstructors.get("Error")!

defineMethods(errorConstructor, {
  captureStackTrace(object: object): void {
    if (isIntrinsic(object)) refuseWrite(object, "stack")
    stamp(object, running.frame)
  }
})
Object.defineProperty(errorConstructor, "stackTraceLimit", {
  value: 10,
  writable: true,
  enumerable: true,
  configurable: true
})

export const installErrors = (): void => {
  for (const host of HOST_ERRORS) {
    const own = errorConstructors.get(host.name)!
    if (host !== Error) Object.setPrototypeOf(own, errorConstructor)
    replaceValue(host, own, undefined)
  }
}

/** What `Promise.any` rejects with. */
export const defineAggregateError = (errors: ReadonlyArray<unknown>): Error =>
  new AggregateError(errors, "All promises were rejected")
