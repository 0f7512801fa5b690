/**
 * What a workflow imports from `@rappel/core`, as the machine has it.
 *
 * @since 0.1.0
 */
import { type PolicyOptions, toPolicy } from "../../action/Policy.ts"
import { ActionTimeout } from "../../dispatcher/DispatcherError.ts"
import { Cancelled, WaitTimeout } from "../../workflow/errors.ts"
import { sleep } from "../effects.ts"
import { hidden } from "../hidden.ts"
import { isPromise, type MachinePromise, newPromise, promiseResolve, react } from "../promises.ts"
import { ThenReaction } from "../reactions.ts"
import { running } from "../running.ts"
import { publish, signal, until, update, waitFor } from "../waits.ts"

type Callable = (...args: ReadonlyArray<unknown>) => unknown

/** The function that a workflow of the program was made of. */
export class WorkflowFunction {
  fn: Callable

  constructor(fn: Callable) {
    this.fn = fn
  }
}

export const workflowFunctions = hidden<WorkflowFunction>()

/** A workflow called inside another: its function, and always a promise. */
export const makeWorkflow = (record: WorkflowFunction): Callable => {
  const fn = (...args: ReadonlyArray<unknown>): MachinePromise => {
    const result = newPromise()
    const given = promiseResolve(Reflect.apply(record.fn, undefined, args))
    react(given, new ThenReaction(undefined, undefined, result))
    return result
  }
  workflowFunctions.set(fn, record)
  return fn
}

const workflow = (first: unknown, second?: unknown): Callable => {
  const fn = typeof first === "function" ? first : second
  if (typeof fn !== "function") {
    throw new TypeError(
      "workflow(...) takes a function, or options and a function: workflow(async (id) => …)"
    )
  }
  return makeWorkflow(new WorkflowFunction(fn as Callable))
}

const noCall = (): TypeError =>
  new TypeError(
    "runAction(...) takes the call of an action: runAction(send(mail), policy) or " +
      "runAction(() => send(mail), policy)"
  )

const runAction = (call: unknown, options: PolicyOptions): MachinePromise => {
  const policy = toPolicy(options)
  const vm = running
  if (typeof call === "function") {
    const outer = vm.nextPolicy
    vm.nextPolicy = policy
    try {
      const result = promiseResolve(call())
      if (vm.nextPolicy !== undefined) throw noCall()
      return result
    } finally {
      vm.nextPolicy = outer
    }
  }
  const effect = isPromise(call) ? vm.fresh.get(call) : undefined
  if (effect === undefined) throw noCall()
  effect.policy = { ...effect.policy, ...policy }
  return call as MachinePromise
}

/** The base of workflows that are classes. */
class Workflow {}

const VALUES: Readonly<Record<string, unknown>> = {
  ActionTimeout,
  Cancelled,
  publish,
  runAction,
  signal,
  sleep,
  until,
  update,
  waitFor,
  WaitTimeout,
  workflow,
  Workflow
}

/** By the name that it is exported under. */
export const coreValue = (name: string): unknown => {
  if (!Object.hasOwn(VALUES, name)) {
    throw new TypeError(
      `The program uses ${name} of @rappel/core, which this release's machine does not have; update rappel`
    )
  }
  return VALUES[name]
}

export const coreValues = (): ReadonlyArray<readonly [string, unknown]> => Object.entries(VALUES)
