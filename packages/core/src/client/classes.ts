/**
 * Which classes of this process stand for which on the wire.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { ProgramFile } from "../program/Program.ts"
import { type ClassRef, decodeError, decodeValue, type ValueHost } from "../value/Value.ts"
import { classRef } from "../worker/classesByName.ts"
import { importModule } from "./Loader.ts"

/** Names an instance's class, so that the workflow makes it one of its own class of that name. */
export const hostOfArguments: ValueHost = { classOf: classRef, prototypeOf: () => undefined }

/** Modules that the workflow's own file imports, so that importing them again runs nothing. */
const modulesOf = ({ program }: ProgramFile): ReadonlySet<string> =>
  new Set([...program.modules, ...program.actions].map(({ file }) => file))

/**
 * Decodes a result or an error of a program's instance. Classes of the program's modules
 * become instances of this process's classes, when the program's files stand at `root`.
 */
export const decodeFor = (
  kind: "value" | "error",
  text: string,
  source: { readonly file: ProgramFile; readonly root: string } | undefined
): Effect.Effect<unknown> =>
  Effect.suspend(() => {
    const found = new Map<string, object>()
    const wanted = new Set<string>()
    const modules = source === undefined ? new Set<string>() : modulesOf(source.file)
    const keyOf = (module: string, name: string) => `${module}#${name}`
    const host: ValueHost = {
      classOf: () => undefined,
      prototypeOf: ({ export: exported, module }: ClassRef) => {
        if (module === undefined || exported === undefined) return undefined
        if (modules.has(module)) wanted.add(module)
        return found.get(keyOf(module, exported))
      }
    }
    const decode = (): unknown =>
      kind === "value" ? decodeValue(text, host) : decodeError(text, host)
    const first = decode()
    if (wanted.size === 0 || source === undefined) return Effect.succeed(first)

    const load = (module: string) =>
      Effect.map(
        // A class that cannot be had is no reason to lose the error: it keeps name and fields.
        Effect.option(Effect.tryPromise(() => importModule(`file://${source.root}/${module}`))),
        (loaded) => {
          if (loaded._tag === "None") return
          for (const [name, value] of Object.entries(loaded.value as Record<string, unknown>)) {
            if (typeof value === "function") {
              found.set(keyOf(module, name), value.prototype as object)
            }
          }
        }
      )
    return Effect.map(Effect.forEach(wanted, load, { discard: true }), decode)
  })
