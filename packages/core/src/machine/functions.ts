/**
 * Functions of the program as real functions of the host, so that natives can call them.
 *
 * What makes one is data: which function of the program, and the environment that it closes
 * over. It is kept hidden on the function, for snapshots and for the machine.
 *
 * @since 0.1.0
 */
import { AsyncFunctionDriver } from "./asyncFunctions.ts"
import { makeAsyncGenerator } from "./asyncGenerators.ts"
import type { Code } from "./Code.ts"
import { type Env, Frame, Lexical, NO_ARGUMENTS, Task } from "./Frame.ts"
import { makeGenerator } from "./generators.ts"
import { hidden } from "./hidden.ts"
import { isObject } from "./iteration.ts"
import { boundFunctions } from "./natives/functions.ts"
import {
  ASYNC_GENERATOR_FUNCTIONS,
  ASYNC_GENERATOR_PROTOTYPE,
  GENERATOR_FUNCTIONS,
  GENERATOR_PROTOTYPE,
  HOST
} from "./natives/hostPrototypes.ts"
import { isIntrinsic } from "./natives/replaced.ts"
import { running } from "./running.ts"
import { NOTHING, UNSET } from "./signals.ts"

export type Callable = (...args: ReadonlyArray<unknown>) => unknown

/** A function of the program with what it closes over. */
export class Closure {
  readonly code: Code
  env: Env
  lexical: Lexical | null
  /** The object whose method it is, for `super`. */
  home: object | null
  /** The function itself; absent for the parts of a class that are no values. */
  fn: object | undefined

  constructor(code: Code, env: Env, lexical: Lexical | null, home: object | null) {
    this.code = code
    this.env = env
    this.lexical = lexical
    this.home = home
    this.fn = undefined
  }
}

export const closures = hidden<Closure>()

/** Of the `prototype` that a generator function was made with: it has no `constructor`. */
export const prototypeOwners = hidden<object>()

/** Natives that were found to be constructors. */
const knownConstructors = new Set<unknown>()

export const isConstructor = (value: unknown): value is new(...args: any) => object => {
  if (typeof value !== "function") return false
  const closure = closures.get(value)
  if (closure !== undefined) return isConstructible(closure.code)
  const bound = boundFunctions.get(value)
  if (bound !== undefined) return isConstructor(bound.target)
  if (knownConstructors.has(value)) return true
  try {
    // Makes an object of the host's own with `value` as new.target, which must be a constructor.
    Reflect.construct(Object, [], value)
  } catch {
    return false
  }
  if (isIntrinsic(value)) knownConstructors.add(value)
  return true
}

const isConstructible = ({ node }: Code): boolean =>
  node.k === "sync" && node.arrow !== 1 && node.method !== 1

/** The environment of a call, without its parameters. */
const enclosed = (closure: Closure): Env => {
  const { code } = closure
  if (!code.isCompiled) code.compile()
  const env = code.makeEnv(closure.env)
  if (code.node.self !== undefined) env[code.node.self] = closure.fn
  return env
}

const enter = (
  closure: Closure,
  env: Env,
  self: unknown,
  args: ReadonlyArray<unknown>,
  newTarget: unknown
): Frame => {
  const { code, home, lexical } = closure
  const frame = new Frame(code, env, self, args, home, lexical, newTarget)
  running.enter(frame)
  return frame
}

/** Begins a call of a function that cannot suspend; whoever did ends it. */
const begin = (
  closure: Closure,
  self: unknown,
  args: ReadonlyArray<unknown>,
  newTarget: unknown
): Frame => {
  const env = enclosed(closure)
  const { bound } = closure.code
  for (let at = 0; at < bound; at++) env[at + 1] = args[at]
  return enter(closure, env, self, args, newTarget)
}

/** The same without an array of arguments: for functions that ask for none. */
const begin0 = (closure: Closure, self: unknown): Frame =>
  enter(closure, enclosed(closure), self, NO_ARGUMENTS, undefined)

const begin1 = (closure: Closure, self: unknown, first: unknown): Frame => {
  const env = enclosed(closure)
  env[1] = first
  return enter(closure, env, self, NO_ARGUMENTS, undefined)
}

const begin2 = (closure: Closure, self: unknown, first: unknown, second: unknown): Frame => {
  const env = enclosed(closure)
  env[1] = first
  env[2] = second
  return enter(closure, env, self, NO_ARGUMENTS, undefined)
}

const end = (frame: Frame, value: unknown): unknown => {
  running.frame = frame.caller
  return value === NOTHING ? undefined : value
}

/** Calls a sync function of the program. */
export const callClosure = (
  closure: Closure,
  self: unknown,
  args: ReadonlyArray<unknown>
): unknown => {
  const frame = begin(closure, self, args, undefined)
  return end(frame, frame.code.result!(frame.env, frame))
}

/**
 * Runs the body of a constructor: `self` is the new object, or `UNSET` in a derived class.
 * Gives the object that the body returned, else what `this` is in the end. `initialise` runs
 * before the body: the fields of a class that extends nothing.
 */
export const runConstructor = (
  closure: Closure,
  self: unknown,
  args: ReadonlyArray<unknown>,
  newTarget: unknown,
  constructing: object,
  initialise?: () => void
): unknown => {
  const frame = begin(closure, self, args, newTarget)
  initialise?.()
  if (self === UNSET) {
    frame.lexical = new Lexical(UNSET, closure.home, newTarget, args, constructing)
  }
  const returned = end(frame, frame.code.result!(frame.env, frame))
  if (isObject(returned)) return ownObject(returned)
  if (self !== UNSET) return self
  if (returned !== undefined) {
    throw new TypeError("Derived constructors may only return object or undefined")
  }
  return frame.lexical!.self
}

/** A native that constructs through the program would write into what it gets. */
export const ownObject = (object: object): object => {
  if (isIntrinsic(object)) {
    throw new TypeError(
      "A constructor cannot return one of the language's own objects in a workflow"
    )
  }
  return object
}

/** What arrows made in this frame take from it. */
export const lexicalOf = (F: Frame): Lexical =>
  F.lexical ??= new Lexical(F.self, F.home, F.newTarget, F.args, null)

const startTask = (closure: Closure, self: unknown, args: ReadonlyArray<unknown>): Task => {
  const { code } = closure
  if (!code.isCompiled) code.compile()
  const env = code.makeEnv(closure.env)
  if (code.node.self !== undefined) env[code.node.self] = closure.fn
  return new Task(code, env, self, args, closure.home, closure.lexical)
}

/** A generator binds its parameters when it is called, and throws what that throws. */
const bindParameters = (task: Task): Task => {
  const { heads } = task.code
  if (heads === undefined) return task
  const vm = running
  const caller = vm.frame
  vm.enter(task)
  heads(task.env, task)
  vm.frame = caller
  task.caller = null
  return task
}

/** How many arguments a function is given one by one; others get theirs as an array. */
const givenTo = (code: Code): number | undefined => code.needsArguments ? undefined : code.bound

// A computed key gives the function its name for less than a definition afterwards. The
// functions begin and end a call themselves: a helper around it would be one more frame on
// the host's stack for each level of recursion.
const makeMethod = (closure: Closure, name: string): Callable => {
  switch (givenTo(closure.code)) {
    case 0:
      return ({
        [name](this: unknown) {
          const frame = begin0(closure, this)
          return end(frame, frame.code.result!(frame.env, frame))
        }
      })[name]!
    case 1:
      return ({
        [name](this: unknown, first: unknown) {
          const frame = begin1(closure, this, first)
          return end(frame, frame.code.result!(frame.env, frame))
        }
      })[name]!
    case 2:
      return ({
        [name](this: unknown, first: unknown, second: unknown) {
          const frame = begin2(closure, this, first, second)
          return end(frame, frame.code.result!(frame.env, frame))
        }
      })[name]!
    default:
      return ({
        [name](this: unknown, ...args: ReadonlyArray<unknown>) {
          const frame = begin(closure, this, args, undefined)
          return end(frame, frame.code.result!(frame.env, frame))
        }
      })[name]!
  }
}

const makeOrdinary = (closure: Closure, name: string): Callable => {
  switch (givenTo(closure.code)) {
    case 0:
      return ({
        [name]: function(this: unknown) {
          if (new.target !== undefined) {
            return runConstructor(closure, this, NO_ARGUMENTS, new.target, closure.fn!)
          }
          const frame = begin0(closure, this)
          return end(frame, frame.code.result!(frame.env, frame))
        }
      })[name]!
    case 1:
      return ({
        [name]: function(this: unknown, first: unknown) {
          if (new.target !== undefined) {
            return runConstructor(closure, this, [first], new.target, closure.fn!)
          }
          const frame = begin1(closure, this, first)
          return end(frame, frame.code.result!(frame.env, frame))
        }
      })[name] as Callable
    case 2:
      return ({
        [name]: function(this: unknown, first: unknown, second: unknown) {
          if (new.target !== undefined) {
            return runConstructor(closure, this, [first, second], new.target, closure.fn!)
          }
          const frame = begin2(closure, this, first, second)
          return end(frame, frame.code.result!(frame.env, frame))
        }
      })[name] as Callable
    default:
      return ({
        [name]: function(this: unknown, ...args: ReadonlyArray<unknown>) {
          if (new.target !== undefined) {
            return runConstructor(closure, this, args, new.target, closure.fn!)
          }
          const frame = begin(closure, this, args, undefined)
          return end(frame, frame.code.result!(frame.env, frame))
        }
      })[name]!
  }
}

const makeAsync = (closure: Closure, name: string): Callable =>
  ({
    [name](this: unknown, ...args: ReadonlyArray<unknown>) {
      return AsyncFunctionDriver.start(startTask(closure, this, args))
    }
  })[name]!

const makeGeneratorFunction = (closure: Closure, name: string): Callable => {
  const fn: Callable = ({
    [name](this: unknown, ...args: ReadonlyArray<unknown>) {
      return makeGenerator(bindParameters(startTask(closure, this, args)), fn)
    }
  })[name]!
  return fn
}

const makeAsyncGeneratorFunction = (closure: Closure, name: string): Callable => {
  const fn: Callable = ({
    [name](this: unknown, ...args: ReadonlyArray<unknown>) {
      return makeAsyncGenerator(bindParameters(startTask(closure, this, args)), fn)
    }
  })[name]!
  return fn
}

/** The function of a closure, without a `prototype` that generators have. */
export const makeBareFunction = (closure: Closure): Callable => {
  const { arrow, k, len, method, n } = closure.code.node
  const fn = ((): Callable => {
    switch (k) {
      case "sync":
        // V8 shows what an arrow was called on in stacks, though it has no use for it.
        return arrow === 1 || method === 1 ? makeMethod(closure, n) : makeOrdinary(closure, n)
      case "async":
        return Object.setPrototypeOf(makeAsync(closure, n), HOST.asyncFunction) as Callable
      case "generator":
        return Object.setPrototypeOf(
          makeGeneratorFunction(closure, n),
          GENERATOR_FUNCTIONS
        ) as Callable
      case "asyncGenerator":
        return Object.setPrototypeOf(
          makeAsyncGeneratorFunction(closure, n),
          ASYNC_GENERATOR_FUNCTIONS
        ) as Callable
    }
  })()
  if (fn.length !== len) Object.defineProperty(fn, "length", { value: len, configurable: true })
  closure.fn = fn
  closures.set(fn, closure)
  return fn
}

export const makeFunction = (
  code: Code,
  env: Env,
  lexical: Lexical | null,
  home: object | null
): Callable => {
  const fn = makeBareFunction(new Closure(code, env, lexical, home))
  const { k } = code.node
  if (k === "generator" || k === "asyncGenerator") {
    const prototype = k === "generator" ? GENERATOR_PROTOTYPE : ASYNC_GENERATOR_PROTOTYPE
    const value = Object.create(prototype) as object
    prototypeOwners.set(value, fn)
    Object.defineProperty(fn, "prototype", { value, writable: true })
  }
  return fn
}

/** Makes a function the method of an object. */
export const setHome = (fn: unknown, home: object): void => {
  const closure = closures.get(fn)
  if (closure !== undefined) closure.home = home
}

/** How a function is called that stands at a key. */
export const keyName = (key: PropertyKey): string =>
  typeof key !== "symbol"
    ? String(key)
    : key.description === undefined
    ? ""
    : `[${key.description}]`

export const nameFunction = (fn: object, name: string): void => {
  Object.defineProperty(fn, "name", { value: name, configurable: true })
}
