/**
 * Implicit steps: expressions of a workflow that use packages, executed as actions are.
 *
 * The code of a step is a part of the program, so that an instance finds it after any deploy;
 * only its packages must be installed. A module that `rappel build` generates brings the same
 * code with static imports, for apps that a bundler has packed.
 *
 * A step takes and gives copies. What it would change in its arguments is refused, and so is a
 * promise that the workflow would hold, because neither would behave as it does under Node.
 *
 * @since 0.1.0
 */
import type { ActionInfo } from "../action/Action.ts"
import { stepOf } from "../action/Registry.ts"
import type { StepNode } from "../program/Program.ts"
import { encodeValue, type ValueHost } from "../value/Value.ts"
import { StepChangedArgument, StepGavePromise, StepResultNotStorable } from "./WorkerError.ts"

/** Imports a package as a module of the project would: `file` is relative to the project root. */
export type ImportFrom = (
  specifier: string,
  file: string
) => Promise<Readonly<Record<string, unknown>>>

type Fn = (...args: ReadonlyArray<unknown>) => unknown

// Under another name, because it is the one place in which code is made of text.
const makeFunction = Function as unknown as new(...text: ReadonlyArray<string>) => Fn

const exportOf = (
  namespace: Readonly<Record<string, unknown>>,
  { from, x }: StepNode["imports"][number]
): unknown => {
  if (x === "*") return namespace
  if (x in namespace) return namespace[x]
  // Node sees the names of a CommonJS module by reading it, and misses some.
  const whole = namespace["default"]
  if (typeof whole === "object" && whole !== null && x in whole) {
    return (whole as Readonly<Record<string, unknown>>)[x]
  }
  throw new SyntaxError(`The module "${from}" has no export "${x}"`)
}

const functionOf = async (step: StepNode, importFrom: ImportFrom): Promise<Fn> => {
  const imported = await Promise.all(
    step.imports.map(async (each) => exportOf(await importFrom(each.from, each.file), each))
  )
  const scope = new makeFunction(
    ...step.imports.map(({ n }) => n),
    `"use strict";\n${step.setup}\nreturn (${step.code})`
  )
  return scope(...imported) as Fn
}

const isObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null || typeof value === "function"

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  isObject(value) && typeof (value as { readonly then?: unknown }).then === "function"

/** Refuses what a copy would hide from the workflow, and what could not go back to it. */
const guarded = ({ held, n }: StepNode, fn: Fn, values: ValueHost): Fn => (...args) => {
  const before = args.some(isObject) ? encodeValue(args, values) : undefined
  const check = (): void => {
    if (before !== undefined && !isText(args, before, values)) throw new StepChangedArgument(n)
  }
  const ended = (value: unknown): unknown => {
    check()
    if (isObject(value)) storable(n, value, values)
    return value
  }
  const failed = (reason: unknown): never => {
    check()
    throw reason
  }
  let result: unknown
  try {
    result = fn(...args)
  } catch (thrown) {
    return failed(thrown)
  }
  if (held === 2) {
    return (result as PromiseLike<readonly [unknown]>).then(([value]) => {
      if (isThenable(value)) throw heldPromise(n, value)
      return ended(value)
    }, failed)
  }
  if (!isThenable(result)) return ended(result)
  if (held === 1) throw heldPromise(n, result)
  return result.then(ended, failed)
}

const heldPromise = (step: string, promise: PromiseLike<unknown>): StepGavePromise => {
  // Nobody else will look at it.
  promise.then(undefined, () => {})
  return new StepGavePromise(step)
}

/** Objects of packages mostly are not, and the user can say more about a step than the encoder. */
const storable = (step: string, value: unknown, values: ValueHost): void => {
  try {
    encodeValue(value, values)
  } catch (refused) {
    throw new StepResultNotStorable(step, refused)
  }
}

const isText = (args: ReadonlyArray<unknown>, text: string, values: ValueHost): boolean => {
  try {
    return encodeValue(args, values) === text
  } catch {
    return false
  }
}

/**
 * What executes a step: the function that was registered for it, else its code.
 *
 * **Errors** What a package throws while it loads.
 *
 * @since 0.1.0
 * @category constructors
 */
export const stepInfo = async (
  call: { readonly action: string; readonly step: StepNode },
  importFrom: ImportFrom,
  values: ValueHost
): Promise<ActionInfo> => {
  const { action, step } = call
  const make = stepOf(action)
  const fn = make === undefined ? await functionOf(step, importFrom) : make() as unknown as Fn
  return {
    fn: guarded(step, fn, values) as ActionInfo["fn"],
    name: undefined,
    schemas: {},
    policy: undefined,
    label: () => step.n
  }
}
