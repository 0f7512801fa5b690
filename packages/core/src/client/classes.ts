/**
 * Which classes of this process stand for which on the wire.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { ProgramFile } from "../program/Program.ts"
import {
  classesIn,
  type ClassRef,
  decodeError,
  decodeValue,
  type ValueHost
} from "../value/Value.ts"
import { classRef } from "../worker/classRef.ts"
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

/**
 * Decodes what came of an instance. Where the program's files are those of this process,
 * instances get this process's classes, so that `instanceof` works on both sides.
 */
export const decodeFor = (
  kind: "value" | "error",
  text: string,
  local: LocalProgram | undefined
): Effect.Effect<unknown> => {
  const decode = (prototypeOf: ValueHost["prototypeOf"]) => {
    const host: ValueHost = { classOf: () => undefined, prototypeOf }
    return kind === "value" ? decodeValue(text, host) : decodeError(text, host)
  }
  return Effect.suspend(() =>
    local === undefined || classesIn(text).length === 0
      ? Effect.sync(() => decode(() => undefined))
      : Effect.map(classesOf(local), decode)
  )
}
