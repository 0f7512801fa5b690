/**
 * Where rappel's own code is loaded from: from the `dist` of each package.
 *
 * In the repository, what is missing there or older than its source is built first; where
 * nothing can be written, the sources are loaded, through the export condition
 * `@rappel/source`.
 */
import { existsSync, readdirSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

/** The folder that holds all packages: `packages/`, or `node_modules/@rappel/`. */
const packages = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const NAMES = ["core", "compiler", "sql", "embedded", "worker", "cli"]

/** A published package holds no `tsconfig.json`. */
const isPublished = !existsSync(join(packages, "worker", "tsconfig.json"))

/** Sources whose output is missing or older; a folder's own times tell nothing. */
const staleOf = (source, output) =>
  readdirSync(source, { withFileTypes: true }).flatMap((entry) => {
    const path = join(source, entry.name)
    if (entry.isDirectory()) return staleOf(path, join(output, entry.name))
    if (!entry.name.endsWith(".ts") || entry.name.endsWith(".d.ts")) return []
    const { mtimeMs } = statSync(path)
    const built = join(output, entry.name.replace(/\.ts$/, ".js"))
    const found = statSync(built, { throwIfNoEntry: false })
    return found !== undefined && found.mtimeMs >= mtimeMs
      ? []
      : [{ source: path, output: built, mtimeMs }]
  })

const buildAll = async () => {
  const stale = NAMES
    .map((name) => join(packages, name))
    .map((folder) => ({ folder, files: staleOf(join(folder, "src"), join(folder, "dist")) }))
    .filter(({ files }) => files.length > 0)
  if (stale.length === 0) return
  const { build } = await import("./build.mjs")
  await Promise.all(stale.map(({ files, folder }) => build(folder, files)))
}

/** Whether rappel's own code is loaded from its TypeScript sources. */
export const fromSources = !isPublished &&
  await buildAll().then(() => false, () => true)

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
