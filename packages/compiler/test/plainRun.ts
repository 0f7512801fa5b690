/**
 * Loads modules as Node would, with plain functions in the place of
 * `@rappel/core`: the oracle that compiled workflows are compared with.
 *
 * @since 0.1.0
 */
import { createRequire } from "node:module"
import type { SourceFiles } from "../src/1-parse/SourceFiles.ts"
import { resolveModule } from "../src/2-analyze/resolveModule.ts"
import ts from "../src/typescript.ts"

export type Exports = Readonly<Record<string, any>>

const packages = createRequire(import.meta.url)

type Fn = (...args: ReadonlyArray<unknown>) => unknown

const plainAction = (first: unknown, second?: unknown): unknown => {
  const fn = (second ?? first) as Fn
  const call = async (...args: ReadonlyArray<unknown>): Promise<unknown> => await fn(...args)
  return Object.assign(call, { with: () => plainAction(fn) })
}

const plainCore = {
  action: plainAction,
  workflow: (first: unknown, second?: unknown) => second ?? first,
  sleep: (duration: unknown) =>
    new Promise((done) => setTimeout(done, parseFloat(String(duration)))),
  runAction: async (call: unknown) => await (typeof call === "function" ? (call as Fn)() : call),
  Workflow: class Workflow {}
}

/** The exports of a file, after it and what it imports have run. */
export const load = (files: SourceFiles, file: string): Exports => {
  const loaded = new Map<string, object>()
  const loadFile = (path: string): object => {
    const known = loaded.get(path)
    if (known !== undefined) return known
    const text = files.text(path) ?? ""
    if (path.endsWith(".json")) {
      const value: unknown = JSON.parse(text)
      return { ...(value as object), default: value, __esModule: true }
    }
    const exports = {}
    loaded.set(path, exports)
    const { outputText } = ts.transpileModule(text, {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.CommonJS,
        useDefineForClassFields: true,
        esModuleInterop: true
      }
    })
    const require = (specifier: string): object => {
      const target = resolveModule(files, path, specifier)
      if (target.kind === "file") return loadFile(target.file)
      if (target.kind === "core") return plainCore
      return packages(specifier) as object
    }
    const run = new Function("require", "exports", outputText) as (
      require: (name: string) => object,
      exports: object
    ) => void
    run(require, exports)
    return exports
  }
  return loadFile(file) as Exports
}
