/**
 * Lets this process load the user's TypeScript, and rappel's own code wherever it is.
 *
 * Importing this module registers tsx (in this process: a second `node` would lose the
 * socket on fd 3) and decides where rappel's packages come from:
 *
 * - as published: from their `dist`;
 * - in the repository: from `dist` when it is newer than every source, else from the
 *   sources, through the export condition `@rappel/source`.
 *
 * `@rappel/*` and `effect` are found from here when the importing file has no
 * `node_modules` of its own that holds them, so that a lone file can be run.
 *
 * Only `node:` modules and tsx are loaded, so that it works before any build.
 */
import { existsSync, readdirSync, statSync } from "node:fs"
import Module, { createRequire, register as registerHooks } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { OURS } from "./hooks.mjs"

/** The folder that holds all packages: `packages/`, or `node_modules/@rappel/`. */
const packages = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const NAMES = ["core", "compiler", "sql", "embedded", "worker", "cli"]

/** A published package holds no `tsconfig.json`. */
const isPublished = !existsSync(join(packages, "worker", "tsconfig.json"))

/** Whether each source has an output that is not older; a folder's own times tell nothing. */
const isBuilt = (source, output) =>
  readdirSync(source, { withFileTypes: true }).every((entry) => {
    const path = join(source, entry.name)
    if (entry.isDirectory()) return isBuilt(path, join(output, entry.name))
    if (!entry.name.endsWith(".ts") || entry.name.endsWith(".d.ts")) return true
    const built = statSync(join(output, entry.name.replace(/\.ts$/, ".js")), {
      throwIfNoEntry: false
    })
    return built !== undefined && built.mtimeMs >= statSync(path).mtimeMs
  })

/** Whether rappel's own code is loaded from its TypeScript sources. */
export const fromSources = !isPublished &&
  !NAMES.every((name) => isBuilt(join(packages, name, "src"), join(packages, name, "dist")))

/** The URL of a module of rappel's own: `entry("cli", "bin")`. */
export const entry = (name, module) =>
  pathToFileURL(
    fromSources
      ? join(packages, name, "src", `${module}.ts`)
      : join(packages, name, "dist", `${module}.js`)
  ).href

/** `@rappel/core/queue/Queue` → its source file, for `require`, which knows no added conditions. */
const sourceOf = (specifier) => {
  const [, name, module = "index"] = /^@rappel\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? []
  if (name === undefined || !NAMES.includes(name)) return undefined
  const path = join(packages, name, "src", `${module}.ts`)
  return existsSync(path) ? path : undefined
}

const { register } = await import("tsx/esm/api")
register()
const { register: registerRequire } = await import("tsx/cjs/api")
registerRequire()
// Registered last, so that they are asked first.
registerHooks("./hooks.mjs", import.meta.url, { data: { fromSources, home: import.meta.url } })
const resolveFilename = Module._resolveFilename
const home = createRequire(import.meta.url)
Module._resolveFilename = function(specifier, ...rest) {
  const source = fromSources ? sourceOf(specifier) : undefined
  if (source !== undefined) return source
  try {
    return resolveFilename.call(this, specifier, ...rest)
  } catch (error) {
    if (error?.code !== "MODULE_NOT_FOUND" || !OURS.test(specifier)) throw error
    return home.resolve(specifier)
  }
}
