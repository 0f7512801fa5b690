/**
 * Generators.
 *
 * @since 0.1.0
 */
import type { Task } from "./Frame.ts"
import { hidden } from "./hidden.ts"
import { isObject } from "./iteration.ts"
import { defineMethods } from "./natives/defineMethods.ts"
import { GENERATOR_PROTOTYPE } from "./natives/hostPrototypes.ts"
import { running } from "./running.ts"
import {
  GeneratorReturn,
  NEXT,
  type ResumeMode,
  RETURN,
  RETURNING,
  SUSPENDED,
  THROW
} from "./signals.ts"
import { incompatible } from "./stack.ts"

export class Generator {
  readonly task: Task
  state: "start" | "suspended" | "running" | "done"

  constructor(task: Task) {
    this.task = task
    this.state = "start"
  }
}

export const generators = hidden<Generator>()

/** What `yield*` passes on as it came, without another result object around it. */
export class Delegated {
  readonly result: object

  constructor(result: object) {
    this.result = result
  }
}

/** Functions have the prototype of their generators as a property that the program may change. */
export const prototypeFor = (fn: object, fallback: object): object => {
  const { prototype } = fn as { readonly prototype?: unknown }
  return isObject(prototype) ? prototype : fallback
}

export const makeGenerator = (task: Task, fn: object): object => {
  const generator = Object.create(prototypeFor(fn, GENERATOR_PROTOTYPE)) as object
  generators.set(generator, new Generator(task))
  return generator
}

const finished = (mode: ResumeMode, value: unknown): object => {
  if (mode === THROW) throw value
  return { value: mode === RETURNING ? value : undefined, done: true }
}

const step = (generator: Generator, mode: ResumeMode, value: unknown): object => {
  const { state, task } = generator
  if (state === "running") throw new TypeError("Generator is already running")
  if (state === "done" || state === "start" && mode !== NEXT) {
    generator.state = "done"
    return finished(mode, value)
  }
  task.mode = mode
  task.sent = value
  generator.state = "running"
  const vm = running
  const caller = vm.frame
  vm.enter(task)
  let completion
  try {
    completion = task.code.body!(task.env, task)
  } catch (error) {
    generator.state = "done"
    if (!(error instanceof GeneratorReturn)) throw error
    vm.frame = caller
    return { value: error.value, done: true }
  }
  vm.frame = caller
  task.caller = null
  if (completion === SUSPENDED) {
    generator.state = "suspended"
    task.releaseArguments()
    const { yielded } = task
    task.yielded = undefined
    return yielded instanceof Delegated ? yielded.result : { value: yielded, done: false }
  }
  generator.state = "done"
  return { value: completion === RETURN ? task.result : undefined, done: true }
}

const receiver = (value: unknown, method: string): Generator => {
  const generator = generators.get(value)
  if (generator !== undefined) return generator
  throw incompatible(`[Generator].prototype.${method}`, value)
}

defineMethods(GENERATOR_PROTOTYPE, {
  next(this: unknown, value: unknown): object {
    return step(receiver(this, "next"), NEXT, value)
  },
  return(this: unknown, value: unknown): object {
    return step(receiver(this, "return"), RETURNING, value)
  },
  throw(this: unknown, error: unknown): object {
    return step(receiver(this, "throw"), THROW, error)
  }
})
