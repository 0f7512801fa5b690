/**
 * What a workflow imports from `@rappel/core`, as the machine has it.
 *
 * @since 0.1.0
 */
import { judgesOf, laterJudges } from "../../action/judges.ts"
import { type PolicyOptions, toPolicy } from "../../action/Policy.ts"
import { ActionLost, ActionTimeout } from "../../dispatcher/DispatcherError.ts"
import { Cancelled, WaitTimeout } from "../../workflow/errors.ts"
import {
  type ChildEffect,
  ChildHandle,
  type ChildOptions,
  emitChild,
  entryOf,
  makeHandle,
  optionsOf,
  trimmedFor
} from "../children.ts"
import { sleep } from "../effects.ts"
import { hidden } from "../hidden.ts"
import { isPromise, type MachinePromise, newPromise, promiseResolve, react } from "../promises.ts"
import { ThenReaction } from "../reactions.ts"
import { running } from "../running.ts"
import { publish, signal, until, update, waitFor } from "../waits.ts"
import { defineMethods } from "./defineMethods.ts"
import { addIntrinsic } from "./replaced.ts"

type Callable = (...args: ReadonlyArray<unknown>) => unknown

/** The function that a workflow of the program was made of. */
export class WorkflowFunction {
  fn: Callable

  constructor(fn: Callable) {
    this.fn = fn
  }
}

export const workflowFunctions = hidden<WorkflowFunction>()

/** Its function in this instance, and always a promise. */
export const callInline = (
  { fn }: WorkflowFunction,
  args: ReadonlyArray<unknown>
): MachinePromise => {
  const result = newPromise()
  const given = promiseResolve(Reflect.apply(fn, undefined, args))
  react(given, new ThenReaction(undefined, undefined, result))
  return result
}

const AT_ONCE = optionsOf(undefined)

/** The child of a workflow at the top level of a module; others have no name to be found by. */
const childOf = (
  workflow: unknown,
  args: ReadonlyArray<unknown>,
  options: ChildOptions,
  detached: boolean
): ChildEffect => {
  const entry = entryOf(workflow)
  if (entry === undefined) {
    throw new TypeError("A workflow inside of a function has no name to be started by")
  }
  const record = workflowFunctions.get(workflow)
  const read = record === undefined ? args : trimmedFor(record.fn, args)
  return emitChild(entry, read, options, detached)
}

const start = (
  workflow: unknown,
  args: ReadonlyArray<unknown>,
  options: ChildOptions
): MachinePromise => {
  const { id, promise } = childOf(workflow, args, options, true)
  return promiseResolve(makeHandle(new ChildHandle(id, promise)))
}

/** A workflow called inside another is its child; one that no module holds is a part of it. */
export const makeWorkflow = (record: WorkflowFunction): Callable => {
  const fn = (...args: ReadonlyArray<unknown>): MachinePromise =>
    entryOf(fn) === undefined ? callInline(record, args) : childOf(fn, args, AT_ONCE, false).promise
  Object.setPrototypeOf(fn, WORKFLOW_PROTOTYPE)
  workflowFunctions.set(fn, record)
  return fn
}

/** What `other.with(options)` gives: the two ways to start it so. */
export class DurableRecord {
  readonly workflow: unknown
  readonly options: ChildOptions

  constructor(workflow: unknown, options: ChildOptions) {
    this.workflow = workflow
    this.options = options
  }
}

export const durables = hidden<DurableRecord>()

const recordOf = (value: unknown): DurableRecord =>
  durables.get(value) ?? new DurableRecord(value, AT_ONCE)

/** Methods of workflows, of classes of workflows, and of what `with` gives. */
const METHODS = {
  run(this: unknown, ...args: ReadonlyArray<unknown>): MachinePromise {
    const { options, workflow } = recordOf(this)
    return childOf(workflow, args, options, false).promise
  },
  start(this: unknown, ...args: ReadonlyArray<unknown>): MachinePromise {
    const { options, workflow } = recordOf(this)
    return start(workflow, args, options)
  },
  with(this: unknown, options: unknown): object {
    const durable = Object.create(DURABLE_PROTOTYPE) as object
    durables.set(durable, new DurableRecord(this, optionsOf(options)))
    return durable
  }
}

export const WORKFLOW_PROTOTYPE: object = Object.create(Function.prototype) as object
defineMethods(WORKFLOW_PROTOTYPE, METHODS)
addIntrinsic(WORKFLOW_PROTOTYPE)

export const DURABLE_PROTOTYPE: object = Object.create(Object.prototype) as object
defineMethods(DURABLE_PROTOTYPE, { run: METHODS.run, start: METHODS.start })
addIntrinsic(DURABLE_PROTOTYPE)

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
    vm.nextPolicy = { policy, judges: judgesOf(options) }
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
  effect.judges = laterJudges(effect.judges, options)
  return call as MachinePromise
}

/** The base of workflows that are classes. */
class Workflow {}
defineMethods(Workflow, METHODS)

const VALUES: Readonly<Record<string, unknown>> = {
  ActionLost,
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
