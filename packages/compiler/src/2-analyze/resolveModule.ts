/**
 * Finds the file that an import specifier means, as TypeScript's bundler
 * resolution does.
 *
 * Relative names may lack an extension, name a folder, or say `.js` for `.ts`;
 * then come `paths` of the nearest tsconfig, `#imports`, and packages. A package
 * whose real folder lies outside every `node_modules` is a workspace of the
 * project and compiled from its source; all others are npm's.
 *
 * @since 0.1.0
 */
import { realpathSync } from "node:fs"
import { isBuiltin } from "node:module"
import { dirname, isAbsolute, join, resolve } from "node:path"
import type { SourceFiles } from "../1-parse/SourceFiles.ts"
import { fromManifest, type Manifest } from "./packageManifest.ts"
import { pathsOf } from "./tsconfig.ts"

export type Resolution =
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "core" }
  | { readonly kind: "package" }
  | { readonly kind: "missing" }

/** Extensions that a specifier may leave out, in the order in which they win. */
const SOURCES = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json"]

/** What a JavaScript extension may stand for. */
const MEANT: Readonly<Record<string, ReadonlyArray<string>>> = {
  ".js": [".ts", ".tsx", ".js", ".jsx"],
  ".jsx": [".tsx", ".jsx"],
  ".mjs": [".mts", ".mjs"],
  ".cjs": [".cts", ".cjs"]
}

const CORE = /^@rappel\/core(\/|$)/

export const resolveModule = (
  files: SourceFiles,
  from: string,
  specifier: string
): Resolution => {
  if (CORE.test(specifier)) return { kind: "core" }
  if (/^\.\.?(\/|$)/.test(specifier) || isAbsolute(specifier)) {
    return asFile(sourceAt(files, resolve(dirname(from), specifier))) ?? { kind: "missing" }
  }
  if (specifier.startsWith("node:")) return { kind: "package" }
  for (const target of pathsOf(files, from)(specifier)) {
    const found = asFile(sourceAt(files, target))
    if (found !== undefined) return found
  }
  if (specifier.startsWith("#")) return ownImport(files, from, specifier)
  if (isBuiltin(specifier)) return { kind: "package" }
  return packageSource(files, from, specifier)
}

const asFile = (file: string | undefined): Resolution | undefined =>
  file === undefined || /\.d\.[cm]?ts$/.test(file) ? undefined : { kind: "file", file }

/** The source that a path without, or with another, extension names. */
const sourceAt = (files: SourceFiles, path: string): string | undefined => {
  const extension = /\.[cm]?jsx?$/.exec(path)?.[0]
  if (extension !== undefined) {
    const stem = path.slice(0, -extension.length)
    const meant = MEANT[extension]!.map((each) => stem + each).find(files.exists)
    if (meant !== undefined) return meant
  }
  if (/\.([cm]?tsx?|json)$/.test(path) && files.exists(path)) return path
  const candidates = [
    ...SOURCES.map((each) => path + each),
    ...SOURCES.map((each) => join(path, `index${each}`))
  ]
  return candidates.find(files.exists)
}

const manifestAt = (files: SourceFiles, folder: string): Manifest | undefined => {
  const text = files.text(join(folder, "package.json"))
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as Manifest
  } catch {
    return undefined
  }
}

const firstSource = (
  files: SourceFiles,
  folder: string,
  targets: ReadonlyArray<string>
): Resolution | undefined => {
  for (const target of targets) {
    const found = asFile(sourceAt(files, join(folder, target)))
    if (found !== undefined) return found
  }
  return undefined
}

/** `#name` of the nearest package.json. */
const ownImport = (files: SourceFiles, from: string, specifier: string): Resolution => {
  for (let folder = dirname(from);; folder = dirname(folder)) {
    const manifest = manifestAt(files, folder)
    if (manifest !== undefined) {
      const targets = fromManifest(manifest.imports, specifier)
      const inside = firstSource(files, folder, targets.filter((each) => each.startsWith(".")))
      return inside ?? { kind: targets.length > 0 ? "package" : "missing" }
    }
    if (dirname(folder) === folder) return { kind: "missing" }
  }
}

const packageSource = (files: SourceFiles, from: string, specifier: string): Resolution => {
  const parts = specifier.split("/")
  const name = parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/")
  const subpath = specifier.slice(name.length + 1)
  const folder = workspaceFolder(files, from, name)
  if (folder === undefined) return { kind: "package" }
  const manifest = manifestAt(files, folder) ?? {}
  const key = subpath === "" ? "." : `./${subpath}`
  const targets = manifest.exports !== undefined
    ? fromManifest(manifest.exports, key)
    : subpath !== ""
    ? [subpath]
    : [manifest.source, manifest.module, manifest.main, manifest.types, "index", "src/index"]
  const named = targets.filter((each) => typeof each === "string")
  return firstSource(files, folder, named) ??
    firstSource(files, folder, named.map((each) => each.replace(/^(\.\/)?dist\//, "src/"))) ??
    { kind: "missing" }
}

/** The real folder of a package that is linked into `node_modules` from the project. */
const workspaceFolder = (
  files: SourceFiles,
  from: string,
  name: string
): string | undefined => {
  for (let folder = dirname(from);; folder = dirname(folder)) {
    const manifest = join(folder, "node_modules", name, "package.json")
    if (files.exists(manifest)) {
      const real = dirname(realPath(manifest))
      return /[\\/]node_modules[\\/]/.test(real) ? undefined : real
    }
    if (dirname(folder) === folder) return undefined
  }
}

const realPath = (file: string): string => {
  try {
    return realpathSync(file)
  } catch {
    // A source that only the caller's reader knows has no links.
    return file
  }
}
