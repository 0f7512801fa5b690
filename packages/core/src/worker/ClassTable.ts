/**
 * The classes that a process knows: those that the modules it loaded export, by module and
 * export, and those of which it has encoded an instance, by name.
 *
 * @since 0.1.0
 */
import type { ClassRef, ValueHost } from "../value/Value.ts"
import { classRef } from "./classRef.ts"

export interface ClassTable {
  readonly values: ValueHost
  /** Takes the exports of a module, named as programs name it: `src/money.ts`. */
  readonly learn: (module: string, exports: Readonly<Record<string, unknown>>) => void
}

const keyOf = (module: string, name: string): string => `${module}#${name}`

export const make = (): ClassTable => {
  const refs = new WeakMap<object, { readonly ref: ClassRef | undefined }>()
  const byExport = new Map<string, object>()
  const byName = new Map<string, object>()

  const classOf: ValueHost["classOf"] = (prototype) => {
    let known = refs.get(prototype)
    if (known === undefined) {
      known = { ref: classRef(prototype) }
      refs.set(prototype, known)
      if (known.ref !== undefined) byName.set(known.ref.name, prototype)
    }
    return known.ref
  }

  return {
    values: {
      classOf,
      prototypeOf: (ref) => {
        const exported = ref.module === undefined || ref.export === undefined
          ? undefined
          : byExport.get(keyOf(ref.module, ref.export))
        if (exported !== undefined) return exported
        const nearest = [ref.name, ...ref.bases].find((name) => byName.has(name))
        return nearest === undefined ? undefined : byName.get(nearest)
      }
    },
    learn: (module, exports) => {
      for (const [name, value] of Object.entries(exports)) {
        const prototype = typeof value === "function" ? value.prototype as unknown : undefined
        if (typeof prototype !== "object" || prototype === null) continue
        const ref = classRef(prototype)
        if (ref === undefined) continue
        // A re-export says less about a class than the module that comes first.
        if (refs.get(prototype)?.ref?.module === undefined) {
          refs.set(prototype, { ref: { ...ref, module, export: name } })
        }
        byExport.set(keyOf(module, name), prototype)
        // The newest of a name wins: a module that is loaded again replaces its classes.
        byName.set(ref.name, prototype)
      }
    }
  }
}
