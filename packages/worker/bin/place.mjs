/**
 * Where rappel's own code is loaded from.
 *
 * - As published: from the `dist` of each package.
 * - In the repository: from `dist` when none of it is older than its source, else from the
 *   sources, through the export condition `@rappel/source`.
 */
import { existsSync, readdirSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

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
export const sourceOf = (specifier) => {
  const [, name, module = "index"] = /^@rappel\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? []
  if (name === undefined || !NAMES.includes(name)) return undefined
  const path = join(packages, name, "src", `${module}.ts`)
  return existsSync(path) ? path : undefined
}
