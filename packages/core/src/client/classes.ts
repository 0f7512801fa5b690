/**
 * Which classes of this process stand for which on the wire.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { ProgramFile } from "../program/Program.ts"
import {
  classesIn,
  type ClassRef,
  decodeError,
  decodeValue,
  type ValueHost
} from "../value/Value.ts"
import { classRef } from "../worker/classRef.ts"
import { coreErrors } from "../workflow/coreErrors.ts"
import { importModule } from "./Loader.ts"

/** Names an instance's class, so that the workflow makes it one of its own class of that name. */
export const hostOfArguments: ValueHost = { classOf: classRef, prototypeOf: () => undefined }

/** A program whose files stand below `root`. */
export interface LocalProgram {
  readonly file: ProgramFile
  readonly root: string
}

type Namespace = Readonly<Record<string, unknown>>

const keyOf = (module: string, name: string): string => `${module}#${name}`

/**
 * The classes that a program's modules export. The workflow's own file imports all of these
 * modules, so that importing them again runs nothing.
 */
const classesOf = ({ file: { program }, root }: LocalProgram) => {
  const modules = new Set([...program.modules, ...program.actions].map(({ file }) => file))
  const found = new Map<string, object>()
  const load = (module: string) =>
    Effect.map(
      // A class that cannot be had is no reason to lose an error: it keeps name and fields.
      Effect.option(Effect.tryPromise(() => importModule(`file://${root}/${module}`))),
      (loaded) => {
        if (loaded._tag === "None") return
        for (const [name, value] of Object.entries(loaded.value as Namespace)) {
          const prototype = typeof value === "function" ? value.prototype as unknown : undefined
          if (typeof prototype !== "object" || prototype === null) continue
          found.set(keyOf(module, name), prototype)
          const { name: className } = value as { readonly name: string }
          if (!found.has(className)) found.set(className, prototype)
        }
      }
    )
  return Effect.as(
    Effect.forEach(modules, load, { discard: true }),
    (ref: ClassRef) =>
      (ref.module === undefined || ref.export === undefined
        ? undefined
        : found.get(keyOf(ref.module, ref.export))) ?? found.get(ref.name)
  )
}

/** The name of a class that was lost on the way: an error of a built-in class says another. */
const lostClass = (error: unknown): string | undefined => {
  if (!(error instanceof Error) || !Object.isExtensible(error)) return undefined
  const { constructor } = Object.getPrototypeOf(error) as { readonly constructor: { name: string } }
  const isBuiltin = constructor === (globalThis as Record<string, unknown>)[constructor.name]
  return isBuiltin && error.name !== constructor.name ? error.name : undefined
}

/**
 * Gives an error of an action back its class: a program that does not mention the class
 * passes the error on as one of its built-in base, with name and fields.
 */
const restoreClasses = (thrown: unknown, prototypeOf: ValueHost["prototypeOf"]): void => {
  const seen = new Set<unknown>()
  for (let error = thrown; error instanceof Error && !seen.has(error); error = error.cause) {
    seen.add(error)
    const name = lostClass(error)
    const prototype = name === undefined ? undefined : prototypeOf({ name, bases: [] })
    const base = Object.getPrototypeOf(error) as object
    if (prototype !== undefined && Object.prototype.isPrototypeOf.call(base, prototype)) {
      Object.setPrototypeOf(error, prototype)
    }
  }
}

/**
 * Decodes what a workflow returned. Where the program's files are those of this process,
 * instances get this process's classes. An `Exit` already, unless those have to be loaded first:
 * most results have none.
 */
export const decodeResult = (
  text: string,
  local: LocalProgram | undefined
): Effect.Effect<unknown> => {
  const decode = (prototypeOf: ValueHost["prototypeOf"]) =>
    decodeValue(text, { classOf: () => undefined, prototypeOf })
  let hasClasses = false
  try {
    const value = decode(() => {
      hasClasses = true
      return undefined
    })
    if (!hasClasses || local === undefined) return Exit.succeed(value)
  } catch (cause) {
    return Exit.die(cause)
  }
  return Effect.map(classesOf(local), decode)
}

/** Decodes what a workflow threw, in the same way, so that `instanceof` works on both sides. */
export const decodeFailure = (
  text: string,
  local: LocalProgram | undefined
): Effect.Effect<unknown> =>
  Effect.suspend(() => {
    const decode = (prototypeOf: ValueHost["prototypeOf"]) =>
      decodeError(text, {
        classOf: () => undefined,
        prototypeOf: (ref) => prototypeOf(ref) ?? coreErrors.get(ref.name)
      })
    const plain = decode(() => undefined)
    const isForeign = lostClass(plain) !== undefined || classesIn(text).length > 0
    if (local === undefined || !isForeign) return Effect.succeed(plain)
    return Effect.map(classesOf(local), (prototypeOf) => {
      const thrown = decode(prototypeOf)
      restoreClasses(thrown, prototypeOf)
      return thrown
    })
  })
