/**
 * Modules of the program: their bindings, initialised once per instance in import order.
 *
 * @since 0.1.0
 */
import type { Program } from "../program/Program.ts"
import type { Statement } from "../program/Statement.ts"
import type { Code, Execute, Initial, LoadedProgram } from "./Code.ts"
import { type Env, Frame } from "./Frame.ts"
import { hidden } from "./hidden.ts"
import { running } from "./running.ts"
import { UNSET } from "./signals.ts"

/** Follows re-exports to the module that declares a binding. */
const resolve = (
  program: Program,
  module: number,
  name: string
): { readonly module: number; readonly index: number } | undefined => {
  const target = program.modules[module]?.exports[name]
  if (target === undefined) return undefined
  return typeof target === "number"
    ? { module, index: target }
    : resolve(program, target.m, target.x)
}

/** Reads an export as it is now. */
export const importedBinding = (
  program: Program,
  module: number,
  name: string
): () => unknown => {
  const found = resolve(program, module, name)
  if (found === undefined) {
    throw new TypeError(`The program imports ${name} of module ${module}, which has no such export`)
  }
  return () => {
    const env = running.modules[found.module]
    return env === undefined ? UNSET : env[found.index]
  }
}

/** Hoisted functions come first in a module: they exist before any module runs. */
const isHoisted = (statement: Statement): boolean =>
  statement.t === "Ex" && statement.e.t === "Set" && statement.e.e.t === "Fn"

/** Makes the environments of a module and all it imports, then runs them, imports first. */
export const initialise = (module: number): void => {
  const vm = running
  const { initialOrders } = vm.program
  const isFirst = vm.modules.length === 0
  let order = isFirst ? initialOrders.get(module) : undefined
  if (order === undefined) {
    order = orderOf(vm.program, module, vm.modules)
    if (isFirst) initialOrders.set(module, order)
  }
  for (const { at, code } of order) vm.modules[at] = code.makeEnv(null)
  for (const { at, code, hoisted } of order) run(at, code, code.part(0, hoisted))
  for (const { at, code, hoisted } of order) run(at, code, code.part(hoisted, Infinity))
}

/** The modules that are not there yet of those that one needs, as they are to be run. */
const orderOf = (
  { codes, program }: LoadedProgram,
  module: number,
  known: ReadonlyArray<Env | undefined>
): ReadonlyArray<Initial> => {
  const order: Array<Initial> = []
  const seen = new Set<number>()
  const visit = (at: number): void => {
    if (known[at] !== undefined || seen.has(at)) return
    seen.add(at)
    const node = program.modules[at]!
    for (const imported of node.imports) visit(imported)
    const code = codes[node.f]!
    const { body } = code.node
    const statements = body.t === "Blk" ? body.b : [body]
    const hoisted = statements.findIndex((statement) => !isHoisted(statement))
    order.push({ at, code, hoisted: hoisted < 0 ? statements.length : hoisted })
  }
  visit(module)
  return order
}

const run = (at: number, code: Code, execute: Execute): void => {
  const vm = running
  const env = vm.modules[at]!
  const frame = new Frame(code, env, undefined, [], null, null, undefined)
  vm.enter(frame)
  execute(env, frame)
  vm.frame = null
}

export class Namespace {
  readonly module: number

  constructor(module: number) {
    this.module = module
  }
}

export const namespaces = hidden<Namespace>()

/** The object of `import * as`, used as a value: one per module, its properties are live. */
export const namespaceOf = (module: number): object => {
  const vm = running
  const known = vm.namespaces[module]
  if (known !== undefined) return known
  const { program } = vm.program
  const object = Object.create(null, {
    [Symbol.toStringTag]: { value: "Module" }
  }) as object
  for (const name of Object.keys(program.modules[module]!.exports).sort()) {
    const read = importedBinding(program, module, name)
    Object.defineProperty(object, name, {
      get(): unknown {
        const value = read()
        if (value === UNSET) {
          throw new ReferenceError(`Cannot access '${name}' before initialization`)
        }
        return value
      },
      enumerable: true
    })
  }
  Object.preventExtensions(object)
  namespaces.set(object, new Namespace(module))
  vm.namespaces[module] = object
  return object
}

/** The value of an export, by module and name. */
export const exportedValue = (module: number, name: string): unknown => {
  const value = importedBinding(running.program.program, module, name)()
  return value === UNSET ? undefined : value
}

export type { Env }
