/**
 * The two settings of a tsconfig that change what a program is: `paths`, and
 * whether class fields are defined or assigned.
 *
 * @since 0.1.0
 */
import { dirname, join, resolve } from "node:path"
import type { SourceFiles } from "../1-parse/SourceFiles.ts"
import ts from "../typescript.ts"

interface Settings {
  readonly paths: (specifier: string) => ReadonlyArray<string>
  readonly definesFields: boolean
}

const DEFAULTS: Settings = { paths: () => [], definesFields: true }

/** The files to try for a specifier, from `paths` and `baseUrl`. */
export const pathsOf = (
  files: SourceFiles,
  from: string
): (specifier: string) => ReadonlyArray<string> => settingsOf(files, dirname(from)).paths

/**
 * Whether fields are defined on the instance, as ECMAScript does, or assigned, as
 * TypeScript does below the target ES2022.
 */
export const definesFields = (files: SourceFiles, file: string): boolean =>
  /\.[cm]?ts$/.test(file) ? settingsOf(files, dirname(file)).definesFields : true

/** What was read for a tsconfig, itself and those that it extends. */
interface Known {
  readonly texts: ReadonlyMap<string, string | undefined>
  readonly settings: Settings
}

const known = new Map<string, Known>()

/** By folder, for the files of one compilation. */
const byFolder = new WeakMap<SourceFiles, Map<string, Settings>>()

const settingsOf = (files: SourceFiles, folder: string): Settings => {
  let cache = byFolder.get(files)
  if (cache === undefined) byFolder.set(files, cache = new Map())
  const found = cache.get(folder)
  if (found !== undefined) return found
  const file = join(folder, "tsconfig.json")
  const settings = files.text(file) !== undefined
    ? read(files, file)
    : dirname(folder) === folder
    ? DEFAULTS
    : settingsOf(files, dirname(folder))
  cache.set(folder, settings)
  return settings
}

const read = (files: SourceFiles, file: string): Settings => {
  const before = known.get(file)
  if (before !== undefined && isCurrent(files, before)) return before.settings
  const texts = new Map<string, string | undefined>()
  const text = (name: string): string | undefined => {
    const content = files.text(name)
    texts.set(name, content)
    return content
  }
  const settings = parse(files, file, text)
  known.set(file, { texts, settings })
  return settings
}

const isCurrent = (files: SourceFiles, { texts }: Known): boolean => {
  for (const [name, text] of texts) {
    if (files.text(name) !== text) return false
  }
  return true
}

const parse = (
  files: SourceFiles,
  file: string,
  text: (name: string) => string | undefined
): Settings => {
  const { config } = ts.parseConfigFileTextToJson(file, text(file) ?? "")
  if (config === undefined) return DEFAULTS
  const { options } = ts.parseJsonConfigFileContent(
    // The list of files is not wanted, and finding it would read the whole project.
    { ...config, files: [], include: [], references: [] },
    {
      useCaseSensitiveFileNames: true,
      readDirectory: () => [],
      fileExists: files.exists,
      readFile: text
    },
    dirname(file)
  )
  return { paths: matcher(options, dirname(file)), definesFields: fieldsAreDefined(options) }
}

const fieldsAreDefined = (options: ts.CompilerOptions): boolean =>
  options.useDefineForClassFields ??
    (options.target === undefined || options.target >= ts.ScriptTarget.ES2022)

const matcher = (options: ts.CompilerOptions, folder: string): Settings["paths"] => {
  // TypeScript notes the folder of the tsconfig that wrote `paths`, which may be an extended one.
  const written: unknown = options["pathsBasePath"]
  const base = options.baseUrl ?? (typeof written === "string" ? written : folder)
  const patterns = Object.entries(options.paths ?? {})
    .map(([pattern, targets]) => {
      const [before = "", after] = pattern.split("*")
      return { before, after, targets }
    })
    .sort((a, b) => b.before.length - a.before.length)
  return (specifier) => {
    const fromBase = options.baseUrl === undefined ? [] : [resolve(base, specifier)]
    const match = patterns.find(({ after, before }) =>
      after === undefined
        ? specifier === before
        : specifier.startsWith(before) && specifier.endsWith(after) &&
          specifier.length >= before.length + after.length
    )
    if (match === undefined) return fromBase
    const star = specifier.slice(
      match.before.length,
      specifier.length - (match.after?.length ?? 0)
    )
    return [...match.targets.map((each) => resolve(base, each.replace("*", star))), ...fromBase]
  }
}
