/**
 * Async generators: requests wait in a queue, one is served at a time.
 *
 * Source: ECMA-262, 15th edition, section 27.6.
 *
 * @since 0.1.0
 */
import type { Driver, Task } from "./Frame.ts"
import { prototypeFor } from "./generators.ts"
import { hidden } from "./hidden.ts"
import { defineMethods } from "./natives/defineMethods.ts"
import { ASYNC_GENERATOR_PROTOTYPE } from "./natives/hostPrototypes.ts"
import {
  FULFILLED,
  type MachinePromise,
  newPromise,
  promiseResolve,
  type PromiseStatus,
  react,
  REJECTED,
  resolve,
  settle
} from "./promises.ts"
import { AwaitReaction, type Reaction } from "./reactions.ts"
import { running } from "./running.ts"
import {
  type Completion,
  GeneratorReturn,
  NEXT,
  type ResumeMode,
  RETURN,
  RETURNING,
  SUSPENDED,
  THROW
} from "./signals.ts"
import { caught, incompatible } from "./stack.ts"

interface Request {
  readonly mode: ResumeMode
  readonly value: unknown
  readonly promise: MachinePromise
}

export class AsyncGenerator implements Driver {
  readonly task: Task
  state: "start" | "suspended" | "running" | "awaiting return" | "done"
  readonly queue: Array<Request>

  constructor(task: Task) {
    this.task = task
    this.state = "start"
    this.queue = []
  }

  request(mode: ResumeMode, value: unknown): MachinePromise {
    const promise = newPromise()
    if (mode === THROW && this.state === "start") this.state = "done"
    if (this.state === "done" && mode !== RETURNING) {
      if (mode === THROW) settle(promise, REJECTED, value)
      else settle(promise, FULFILLED, { value: undefined, done: true })
      return promise
    }
    this.queue.push({ mode, value, promise })
    if (mode === RETURNING && (this.state === "start" || this.state === "done")) this.awaitReturn()
    else if (this.state === "start" || this.state === "suspended") this.next()
    return promise
  }

  /** Goes on with the first request. */
  private next(): void {
    const { mode, value } = this.queue[0]!
    this.task.mode = mode
    this.task.sent = value
    this.resume(this.task)
  }

  resume(task: Task): void {
    this.state = "running"
    const vm = running
    const caller = vm.frame
    vm.enter(task)
    let completion: Completion | undefined
    try {
      completion = task.code.body!(task.env, task)
      while (completion === SUSPENDED && task.awaited === undefined) {
        const { yielded } = task
        task.yielded = undefined
        this.answer(FULFILLED, yielded, false)
        const request = this.queue[0]
        if (request === undefined) {
          this.state = "suspended"
          break
        }
        task.mode = request.mode
        task.sent = request.value
        completion = task.code.body!(task.env, task)
      }
    } catch (error) {
      this.state = "done"
      if (error instanceof GeneratorReturn) {
        vm.frame = caller
        this.answer(FULFILLED, error.value, true)
      } else this.answer(REJECTED, caught(caller, error), true)
      this.drain()
      return
    }
    vm.frame = caller
    task.caller = null
    if (completion === SUSPENDED) {
      task.releaseArguments()
      const { awaited } = task
      if (awaited === undefined) return
      task.awaited = undefined
      react(awaited, new AwaitReaction(task))
      return
    }
    this.state = "done"
    this.answer(FULFILLED, completion === RETURN ? task.result : undefined, true)
    this.drain()
  }

  /** Settles the first request. */
  answer(status: PromiseStatus, value: unknown, done: boolean): void {
    const { promise } = this.queue.shift()!
    if (status === REJECTED) settle(promise, REJECTED, value)
    else resolve(promise, { value, done })
  }

  /** Answers what was requested of a generator that has ended since. */
  drain(): void {
    while (this.queue.length > 0) {
      const { mode, value } = this.queue[0]!
      if (mode === RETURNING) {
        this.awaitReturn()
        return
      }
      this.answer(mode === THROW ? REJECTED : FULFILLED, mode === THROW ? value : undefined, true)
    }
  }

  /** `return(value)` of a generator that does not run waits for the value all the same. */
  private awaitReturn(): void {
    this.state = "awaiting return"
    let awaited: MachinePromise
    try {
      awaited = promiseResolve(this.queue[0]!.value)
    } catch (error) {
      this.state = "done"
      this.answer(REJECTED, caught(running.frame, error), true)
      this.drain()
      return
    }
    react(awaited, new ReturnReaction(this))
  }

  awaited(): MachinePromise | undefined {
    return this.queue[0]?.promise
  }
}

/** The value of a `return(value)` has settled. */
export class ReturnReaction implements Reaction {
  readonly generator: AsyncGenerator
  readonly result = undefined

  constructor(generator: AsyncGenerator) {
    this.generator = generator
  }

  run(status: PromiseStatus, value: unknown): void {
    this.generator.state = "done"
    this.generator.answer(status, value, true)
    this.generator.drain()
  }
}

export const asyncGenerators = hidden<AsyncGenerator>()

export const makeAsyncGenerator = (task: Task, fn: object): object => {
  const generator = Object.create(prototypeFor(fn, ASYNC_GENERATOR_PROTOTYPE)) as object
  const driver = new AsyncGenerator(task)
  task.driver = driver
  asyncGenerators.set(generator, driver)
  return generator
}

/** A receiver that is none rejects: these methods never throw. */
const request = (
  receiver: unknown,
  method: string,
  mode: ResumeMode,
  value: unknown
): MachinePromise => {
  const generator = asyncGenerators.get(receiver)
  if (generator !== undefined) return generator.request(mode, value)
  const promise = newPromise()
  settle(promise, REJECTED, incompatible(`[AsyncGenerator].prototype.${method}`, receiver))
  return promise
}

defineMethods(ASYNC_GENERATOR_PROTOTYPE, {
  next(this: unknown, value: unknown): MachinePromise {
    return request(this, "next", NEXT, value)
  },
  return(this: unknown, value: unknown): MachinePromise {
    return request(this, "return", RETURNING, value)
  },
  throw(this: unknown, error: unknown): MachinePromise {
    return request(this, "throw", THROW, error)
  }
})
