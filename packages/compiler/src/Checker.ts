/**
 * Compiles many files of a project, and after a change only those that it concerns.
 *
 * Parsed files are kept while they do not change, and what one moment's look at the disk has
 * found is shared by all files of a round. A change of a file concerns the files that import it,
 * through however many others; one that comes, goes or configures the project concerns all.
 *
 * @since 0.1.0
 */
import { basename, resolve } from "node:path"
import { fromDisk, type SourceFile, type SourceFiles } from "./1-parse/SourceFiles.ts"
import { type Module, Modules } from "./2-analyze/Modules.ts"
import { findProjectRoot } from "./2-analyze/projectRoot.ts"
import { type Compiled, compileWith } from "./compile.ts"

/**
 * The workflows of one file of a round.
 *
 * @since 0.1.0
 * @category models
 */
export interface CheckedFile extends Compiled {
  /** Absolute path. */
  readonly file: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Checker {
  /** Compiles files, and remembers them for `changed`. */
  readonly check: (files: ReadonlyArray<string>) => ReadonlyArray<CheckedFile>
  /** Compiles again what the change of some files concerns, if they differ. A file that is gone is forgotten. */
  readonly changed: (paths: ReadonlyArray<string>) => ReadonlyArray<CheckedFile>
  /** Whether a file was given to `check` and is still there. */
  readonly knows: (path: string) => boolean
}

export interface CheckerOptions {
  /** The folder that names are relative to; found from each file when absent. */
  readonly projectRoot?: string
  readonly strict?: boolean
  /** Where sources come from; the disk when absent. */
  readonly files?: SourceFiles
}

const CONFIGURES = /^(?:package\.json|tsconfig.*\.json)$/

/**
 * A checker that has seen no file yet.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeChecker = (options: CheckerOptions = {}): Checker => {
  const { files = fromDisk } = options
  /** By file, what it reaches through imports, as it was read. */
  const known = new Map<string, ReadonlyMap<string, SourceFile>>()

  const round = (paths: Iterable<string>): ReadonlyArray<CheckedFile> => {
    const projects = new Map<string, Modules>()
    const modulesOf = (file: string): Modules => {
      const root = options.projectRoot ?? findProjectRoot(file, files)
      let modules = projects.get(root)
      if (modules === undefined) projects.set(root, modules = new Modules(root, files))
      return modules
    }
    return Array.from(paths, (file) => {
      const modules = modulesOf(file)
      const compiled = compileWith(modules, file, options)
      known.set(file, importedBy(modules, modules.at(file)))
      return { file, ...compiled }
    })
  }

  return {
    knows: (path) => known.has(resolve(path)),
    check: (paths) => round(paths.map((path) => resolve(path))),
    changed: (paths) => {
      const changed = paths.map((path) => resolve(path))
      for (const path of changed) {
        if (known.has(path) && !files.exists(path)) known.delete(path)
      }
      const read = new Map(Array.from(known.values()).flatMap((reached) => Array.from(reached)))
      const concernsAll = changed.some((path) =>
        CONFIGURES.test(basename(path)) || read.has(path) !== files.exists(path)
      )
      const differing = changed.filter((path) => files.parse(path) !== read.get(path))
      return round(
        Array.from(known).flatMap(([file, reached]) =>
          concernsAll || differing.some((path) => reached.has(path)) ? [file] : []
        )
      )
    }
  }
}

/** A module and all that it imports, for values or for what they do. */
const importedBy = (
  modules: Modules,
  entry: Module | undefined
): ReadonlyMap<string, SourceFile> => {
  const reached = new Map<string, SourceFile>()
  const visit = (module: Module | undefined): void => {
    if (module === undefined || reached.has(module.file)) return
    reached.set(module.file, module.syntax.source)
    const { effects, exports, imports, stars } = module.syntax
    const specifiers = new Set([
      ...Array.from(imports.values(), ({ specifier }) => specifier),
      ...Array.from(exports.values()).flatMap((each) => each.kind === "from" ? each.specifier : []),
      ...[...stars, ...effects].map(({ specifier }) => specifier)
    ])
    for (const specifier of specifiers) visit(modules.imported(module, specifier))
  }
  visit(entry)
  return reached
}
