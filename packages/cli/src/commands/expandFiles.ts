/**
 * Files from what a user writes: paths, folders, patterns.
 *
 * @since 0.1.0
 */
import { sourceFiles } from "@rappel/worker/project/ProjectFiles"
import * as Effect from "effect/Effect"
import { statSync } from "node:fs"
import { resolve, sep } from "node:path"
import { BadUsage } from "../CliError.ts"

export interface SourceFile {
  readonly path: string
  /** As it is printed: what the user wrote, or relative to the user's folder. */
  readonly shown: string
  /** Named by itself, not found in a folder or by a pattern. */
  readonly isNamed: boolean
}

/** `**` any folders, `*` and `?` within a name, `{a,b}` either. */
export const patternOf = (glob: string): RegExp => {
  const source = glob.replace(/\*\*\/?|[*?]|\{[^{}]*\}|[.+^$()|[\]\\{}]/g, (part) => {
    if (part === "**/") return "(?:[^/]+/)*"
    if (part === "**") return ".*"
    if (part === "*") return "[^/]*"
    if (part === "?") return "[^/]"
    return part.length > 1
      ? `(?:${
        part.slice(1, -1).split(",").map((each) => patternOf(each).source.slice(1, -1)).join("|")
      })`
      : `\\${part}`
  })
  return new RegExp(`^${source}$`)
}

const isPattern = (text: string): boolean => /[*?{]/.test(text)

/**
 * The source files that are meant; the whole folder when nothing is named.
 *
 * **Errors** `BadUsage` for a path that does not exist and a pattern that matches nothing.
 */
export const expandFiles = (
  folder: string,
  named: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<SourceFile>, BadUsage> =>
  Effect.gen(function*() {
    const found = new Map<string, SourceFile>()
    const add = (path: string, shown: string, isNamed: boolean) => {
      if (!found.has(path)) found.set(path, { path, shown, isNamed })
    }
    const relative = (path: string) =>
      path.startsWith(folder + sep) ? path.slice(folder.length + 1) : path
    for (const text of named.length > 0 ? named : ["."]) {
      const path = resolve(folder, text)
      const stat = statSync(path, { throwIfNoEntry: false })
      if (stat?.isFile() === true) add(path, text, true)
      else if (stat?.isDirectory() === true) {
        for (const file of sourceFiles(path)) add(file, relative(file), false)
      } else if (isPattern(text)) {
        const pattern = patternOf(path.split(sep).join("/"))
        const start = path.slice(0, path.search(/[*?{]/))
        const matches = Array.from(sourceFiles(start.slice(0, start.lastIndexOf(sep)) || sep))
          .filter((file) => pattern.test(file.split(sep).join("/")))
        if (matches.length === 0) {
          return yield* new BadUsage({
            kind: "NotFound",
            message: `No source file matches ${text}.`
          })
        }
        for (const file of matches) add(file, relative(file), false)
      } else {
        return yield* new BadUsage({
          kind: "NotFound",
          message: `There is no file ${path}. Check the path; it begins at ${folder}.`
        })
      }
    }
    return Array.from(found.values())
  })
