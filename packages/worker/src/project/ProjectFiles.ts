/**
 * Reads what a project has on disk: its manifest, its programs, the files of its classes.
 *
 * Synchronous, as core finds programs synchronously (`client/ProgramSource.ts`).
 *
 * @since 0.1.0
 */
import { Manifest } from "@rappel/core/client/Manifest"
import type { ProgramFile } from "@rappel/core/program/Program"
import * as Schema from "effect/Schema"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"

/** Where `rappel build` writes, below the project root. */
export const MANIFEST = ".rappel/manifest.json"

/** The folder of the nearest `package.json` upward that has a name or workspaces. */
export const findProject = (folder: string): string | undefined => {
  for (let at = resolve(folder);; at = dirname(at)) {
    if (startsProject(join(at, "package.json"))) return at
    if (dirname(at) === at) return undefined
  }
}

/**
 * The project around a folder, else the folder itself: the same rule by which the compiler
 * names files.
 */
export const projectRootOf = (folder: string): string => findProject(folder) ?? resolve(folder)

const startsProject = (file: string): boolean => {
  if (!existsSync(file)) return false
  try {
    const manifest = JSON.parse(readFileSync(file, "utf8")) as object
    return "name" in manifest || "workspaces" in manifest
  } catch {
    return false
  }
}

/**
 * The manifest of a project, or none when it was never built.
 *
 * **Errors** Throws when the file is damaged or of another release's format.
 */
export const readManifest = (projectRoot: string): Manifest | undefined => {
  const file = join(projectRoot, MANIFEST)
  if (!existsSync(file)) return undefined
  try {
    return Schema.decodeUnknownSync(Manifest)(JSON.parse(readFileSync(file, "utf8")))
  } catch (cause) {
    throw new Error(`${file} cannot be read by this release; run \`rappel build\` again`, { cause })
  }
}

/** A program that `rappel build` wrote; `path` is relative to the project root. */
export const readProgram = (projectRoot: string, path: string): ProgramFile =>
  JSON.parse(readFileSync(join(projectRoot, path), "utf8")) as ProgramFile

const SOURCE = /\.(?:[cm]?ts|tsx|[cm]?js|jsx)$/
const SKIPPED = new Set(["node_modules", "dist", "build", "coverage"])

/** All source files of a project: no dependencies, no build output, no hidden folders. */
export const sourceFiles = function*(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (!entry.name.startsWith(".") && !SKIPPED.has(entry.name)) yield* sourceFiles(path)
    } else if (SOURCE.test(entry.name) && !entry.name.endsWith(".d.ts")) {
      yield path
    }
  }
}

/** Absolute paths of the files that define a class of this name with a base class. */
export const findClass = (projectRoot: string, className: string): ReadonlyArray<string> => {
  const name = className.replace(/\$/g, "\\$&")
  // Not `\b` after the name: to it a dollar sign ends a word.
  const definition = new RegExp(`\\bclass\\s+${name}(?![\\w$])[^{]*\\bextends\\b`)
  return Array.from(sourceFiles(projectRoot)).filter((file) =>
    definition.test(readFileSync(file, "utf8"))
  )
}
