/**
 * The program's classes, for values that come and go.
 *
 * @since 0.1.0
 */
import type { ClassRef, ValueHost } from "../value/Value.ts"
import { coreErrors } from "../workflow/coreErrors.ts"
import { type ClassClosure, classClosures } from "./classes.ts"
import { exportedValue } from "./modules.ts"
import { running } from "./running.ts"

const constructorOf = (prototype: object): unknown =>
  Reflect.getOwnPropertyDescriptor(prototype, "constructor")?.value

const classOfPrototype = (prototype: object): ClassClosure | undefined => {
  const closure = classClosures.get(constructorOf(prototype))
  return closure !== undefined && closure.prototype === prototype ? closure : undefined
}

const parentOf = (prototype: object): object | null =>
  Object.getPrototypeOf(prototype) as object | null

/** Names of the classes above, nearest first, the builtin one included. */
const basesOf = (prototype: object): ReadonlyArray<string> => {
  const bases: Array<string> = []
  for (let at = parentOf(prototype); at !== null && at !== Object.prototype; at = parentOf(at)) {
    const constructor = constructorOf(at)
    if (typeof constructor === "function" && constructor.name !== "") bases.push(constructor.name)
  }
  return bases
}

/** What only the class itself can read would be lost on the way. */
const hasPrivateState = (prototype: object): boolean => {
  const closure = classOfPrototype(prototype)
  if (closure === undefined) return false
  const above = parentOf(prototype)
  return closure.node.privates.length > 0 || above !== null && hasPrivateState(above)
}

const refOf = (closure: ClassClosure, prototype: object): ClassRef => {
  const { m, n, x } = closure.node
  const module = closure.program.program.modules[m]?.file
  return {
    name: n,
    bases: basesOf(prototype),
    ...(x === undefined || module === undefined ? {} : { module, export: x })
  }
}

const byExport = (module: string, name: string): ClassClosure | undefined => {
  const { modules } = running.program.program
  const index = modules.findIndex(({ file }) => file === module)
  if (index < 0 || !Object.hasOwn(modules[index]!.exports, name)) return undefined
  return classClosures.get(exportedValue(index, name))
}

/** Classes of modules, also those that no export names. */
const byName = (name: string): ClassClosure | undefined => {
  for (const env of running.modules) {
    for (const value of env ?? []) {
      const closure = typeof value === "function" ? classClosures.get(value) : undefined
      if (closure?.node.n === name) return closure
    }
  }
  return undefined
}

export const valueHost: ValueHost = {
  classOf: (prototype) => {
    const closure = classOfPrototype(prototype)
    return closure === undefined || hasPrivateState(prototype)
      ? undefined
      : refOf(closure, prototype)
  },
  prototypeOf: ({ bases, export: exported, module, name }) => {
    const own = module === undefined || exported === undefined
      ? undefined
      : byExport(module, exported)
    const closure = [name, ...bases].reduce<ClassClosure | undefined>(
      (found, base) => found ?? byName(base),
      own
    )
    return closure?.prototype ?? (module === undefined ? coreErrors.get(name) : undefined)
  }
}
