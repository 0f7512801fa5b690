/**
 * Finds every object that the globals lead to, and names it for snapshots.
 *
 * @since 0.1.0
 */
import { NotStorable } from "../../heap/NotStorable.ts"
import { ACTION_PROTOTYPE } from "../actions.ts"
import { AsyncFromSyncIterator } from "../asyncFromSync.ts"
import { HANDLE_PROTOTYPE } from "../children.ts"
import { TIMEOUT_PROTOTYPE } from "../effects.ts"
import { isObject } from "../iteration.ts"
import { ITERATOR_PROTOTYPES } from "../iterators.ts"
import { KeyIterator } from "../keys.ts"
import { REQUEST_PROTOTYPE } from "../waits.ts"
import { DURABLE_PROTOTYPE, WORKFLOW_PROTOTYPE } from "./core.ts"
import { ASYNC_GENERATOR_FUNCTIONS, GENERATOR_FUNCTIONS, HOST } from "./hostPrototypes.ts"
import { addIntrinsic, replacedFunctions } from "./replaced.ts"

const nameOf = new Map<object, string>()
const byName = new Map<string, object>()

/** The name of an object that every instance shares. */
export const intrinsicName = (object: object): string | undefined => nameOf.get(object)

/** The object of that name, as a workflow has it. */
export const intrinsic = (name: string): object | undefined => byName.get(name)

/** Prototypes that are no property of anything. */
const ROOTS: ReadonlyArray<readonly [string, unknown]> = [
  ["%Iterator%", HOST.iterator],
  ["%AsyncIterator%", HOST.asyncIterator],
  ["%AsyncFunction%", HOST.asyncFunction],
  ["%GeneratorFunction%", HOST.generatorFunction],
  ["%AsyncGeneratorFunction%", HOST.asyncGeneratorFunction],
  ["%OwnGeneratorFunction%", GENERATOR_FUNCTIONS],
  ["%OwnAsyncGeneratorFunction%", ASYNC_GENERATOR_FUNCTIONS],
  ["%Action%", ACTION_PROTOTYPE],
  ["%Timeout%", TIMEOUT_PROTOTYPE],
  ["%Request%", REQUEST_PROTOTYPE],
  ["%Handle%", HANDLE_PROTOTYPE],
  ["%Workflow%", WORKFLOW_PROTOTYPE],
  ["%Durable%", DURABLE_PROTOTYPE],
  ["%ValueNotStorable%", NotStorable],
  ["%AsyncFromSync%", AsyncFromSyncIterator.prototype],
  ["%Keys%", KeyIterator.prototype],
  ...Object.entries(ITERATOR_PROTOTYPES).map(([tag, prototype]) => [`%${tag}%`, prototype] as const)
]

const step = (key: PropertyKey): string =>
  typeof key === "symbol" ? `[${key.description ?? ""}]` : `.${String(key)}`

/** Breadth first, so that every object has its shortest name, whatever else leads to it. */
export const walkIntrinsics = (globals: ReadonlyArray<readonly [string, unknown]>): void => {
  const replacements = replacedFunctions()
  const queue: Array<object> = []
  const meet = (name: string, value: unknown): void => {
    if (!isObject(value) || nameOf.has(value)) return
    addIntrinsic(value)
    nameOf.set(value, name)
    queue.push(value)
    // The replacement of a function goes by the function's name.
    const own = replacements.get(value)
    if (own !== undefined && !nameOf.has(own)) {
      addIntrinsic(own)
      nameOf.set(own, name)
      queue.push(own)
    }
    if (!byName.has(name)) byName.set(name, own ?? value)
  }
  for (const [name, value] of [...globals, ...ROOTS]) meet(name, value)
  for (let at = 0; at < queue.length; at++) {
    const object = queue[at]!
    const path = nameOf.get(object)!
    for (const key of Reflect.ownKeys(object)) {
      const own = Reflect.getOwnPropertyDescriptor(object, key)!
      meet(path + step(key), own.value)
      meet(`${path}${step(key)}:get`, own.get)
      meet(`${path}${step(key)}:set`, own.set)
    }
    meet(`${path}:proto`, Object.getPrototypeOf(object))
  }
}
