/**
 * Runs async functions: until an `await`, and on from there.
 *
 * @since 0.1.0
 */
import type { Driver, Task } from "./Frame.ts"
import {
  FULFILLED,
  type MachinePromise,
  newPromise,
  react,
  REJECTED,
  resolve,
  settle
} from "./promises.ts"
import { AwaitReaction } from "./reactions.ts"
import { running } from "./running.ts"
import { type Completion, RETURN, SUSPENDED } from "./signals.ts"
import { caught } from "./stack.ts"

export class AsyncFunctionDriver implements Driver {
  readonly promise: MachinePromise

  constructor(promise: MachinePromise) {
    this.promise = promise
  }

  static start(task: Task): MachinePromise {
    const driver = new AsyncFunctionDriver(newPromise())
    task.driver = driver
    driver.resume(task)
    return driver.promise
  }

  resume(task: Task): void {
    const vm = running
    const caller = vm.frame
    vm.enter(task)
    let completion: Completion | undefined
    try {
      completion = task.code.body!(task.env, task)
    } catch (error) {
      settle(this.promise, REJECTED, caught(caller, error))
      return
    }
    vm.frame = caller
    task.caller = null
    if (completion === SUSPENDED) {
      task.releaseArguments()
      const { awaited } = task
      task.awaited = undefined
      react(awaited!, new AwaitReaction(task))
    } else if (completion === RETURN) resolve(this.promise, task.result)
    else settle(this.promise, FULFILLED, undefined)
  }

  awaited(): MachinePromise {
    return this.promise
  }
}
