/**
 * Where rappel's own code is loaded from: from the `dist` of each package.
 *
 * A process of ours runs from a bundle of them (decision 17), which is published with them.
 *
 * In the repository, what is missing there or older than its source is built first; where
 * nothing can be written, the sources are loaded, through the export condition
 * `@rappel/source`.
 */
import { createHash } from "node:crypto"
import { existsSync, readdirSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { BUNDLE, hold, INFO, moduleOf } from "./held.mjs"

/** The folder that holds all packages: `packages/`, or `node_modules/@rappel/`. */
const packages = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const NAMES = ["core", "compiler", "sql", "embedded", "worker", "cli"]

/** A published package holds no `tsconfig.json`. */
const isPublished = !existsSync(join(packages, "worker", "tsconfig.json"))

/** Where core stands in the repository, in which a version says nothing yet. */
export const coreFolder = isPublished ? undefined : join(packages, "core")

/** Sources with their outputs; a folder's own times tell nothing. */
const filesOf = (source, output) =>
  readdirSync(source, { withFileTypes: true }).flatMap((entry) => {
    const path = join(source, entry.name)
    if (entry.isDirectory()) return filesOf(path, join(output, entry.name))
    if (!entry.name.endsWith(".ts") || entry.name.endsWith(".d.ts")) return []
    return [{ source: path, output: join(output, entry.name.replace(/\.ts$/, ".js")) }]
  })

/** The given files, with the times of both. */
const timed = (files) =>
  files.map(({ output, source }) => ({
    source,
    output,
    mtimeMs: statSync(source).mtimeMs,
    built: statSync(output, { throwIfNoEntry: false })?.mtimeMs
  }))

const isStale = ({ built, mtimeMs }) => built === undefined || built < mtimeMs

/** Builds what is out of date, and names what is there then: another name for other files. */
const buildAll = async () => {
  const all = () =>
    NAMES.map((name) => join(packages, name)).map((folder) => ({
      folder,
      files: timed(filesOf(join(folder, "src"), join(folder, "dist")))
    }))
  let found = all()
  if (found.some(({ files }) => files.some(isStale))) {
    const { build } = await import("./build.mjs")
    await Promise.all(found.map(({ files, folder }) => build(folder, files.filter(isStale))))
    found = all()
  }
  const others = [
    join(packages, "worker", "bin", "bundle.mjs"),
    join(dirname(packages), "node_modules", ".package-lock.json")
  ]
  const names = createHash("sha256")
  for (const { files } of found) {
    for (const { built, output } of files) names.update(`${output} ${built}\n`)
  }
  for (const path of others) names.update(`${statSync(path, { throwIfNoEntry: false })?.mtimeMs}`)
  return names.digest("hex").slice(0, 16)
}

const built = isPublished ? "release" : await buildAll().catch(() => undefined)

/** Whether rappel's own code is loaded from its TypeScript sources. */
export const fromSources = built === undefined

/** The URL of a module of rappel's own: `entry("cli", "bin")`. */
export const entry = (name, module) =>
  pathToFileURL(
    fromSources
      ? join(packages, name, "src", `${module}.ts`)
      : join(packages, name, "dist", `${module}.js`)
  ).href

/** The folder of the bundle for the processes of a package; undefined when there is none. */
const bundleOf = async (name) => {
  if (fromSources) return undefined
  const folder = join(packages, name, "dist", BUNDLE, built)
  if (existsSync(join(folder, INFO))) return folder
  if (isPublished) return undefined
  try {
    const [{ bundle }, { loadEsbuild }] = await Promise.all([
      import("./bundle.mjs"),
      import("./build.mjs")
    ])
    return await bundle(loadEsbuild(), packages, name, built)
  } catch (error) {
    // Where nothing can be written, it runs as it did.
    if (["EACCES", "EROFS", "EPERM"].includes(error.code)) return undefined
    throw error
  }
}

/**
 * Has this process run from the bundle of a package, and answers how it gets modules of ours:
 * `(await held("worker", "worker"))("worker", "main")`. Called once.
 */
export const held = async (name, kind) => {
  const folder = await bundleOf(name)
  if (folder === undefined) return (owner, module) => import(entry(owner, module))
  hold(folder, kind)
  return (owner, module) => moduleOf(`${owner}/${module}`)
}

/** `@rappel/core/queue/Queue` → its source file, for `require`, which knows no added conditions. */
export const sourceOf = (specifier) => {
  const [, name, module = "index"] = /^@rappel\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? []
  if (name === undefined || !NAMES.includes(name)) return undefined
  const path = join(packages, name, "src", `${module}.ts`)
  return existsSync(path) ? path : undefined
}
