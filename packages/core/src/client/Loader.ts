/**
 * The one place where core reaches for its sibling packages, and only by name at run time.
 *
 * A package is looked for from here first (one `node_modules` holds all), then from the
 * folder in which the process was started, which is where a strict package manager puts
 * what the user installed.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { SiteRange } from "../action/CallSite.ts"
import type { ProgramFile } from "../program/Program.ts"
import { type Finding, PackageMissing } from "./ClientError.ts"
import type { Manifest } from "./Manifest.ts"

/** One workflow of a file, as the compiler gives it. */
export interface CompiledWorkflow {
  readonly name: string
  /** Relative to the project root. */
  readonly file: string
  readonly export: string
  readonly line: number
  readonly column: number
  readonly endLine: number
  /** Absent when there are errors. */
  readonly program?: ProgramFile
  readonly findings: ReadonlyArray<Finding>
  readonly actions: ReadonlyArray<SiteRange & { readonly id: string; readonly export: string }>
}

/** Compiles files, and again what a change of some files concerns. */
export interface CheckerOfProject {
  readonly check: (files: ReadonlyArray<string>) => ReadonlyArray<CheckedFile>
  readonly changed: (paths: ReadonlyArray<string>) => ReadonlyArray<CheckedFile>
  readonly knows: (path: string) => boolean
}

export interface CheckedFile {
  readonly file: string
  readonly workflows: ReadonlyArray<CompiledWorkflow>
  readonly findings: ReadonlyArray<Finding>
}

/** What this package calls of `@rappel/compiler`. */
export interface CompilerModule {
  readonly compileFile: (options: {
    readonly file: string
    readonly projectRoot?: string
    readonly exports?: ReadonlyArray<string>
    readonly strict?: boolean
  }) => {
    readonly workflows: ReadonlyArray<CompiledWorkflow>
    readonly findings: ReadonlyArray<Finding>
  }
  readonly makeChecker: (
    options: { readonly projectRoot?: string; readonly strict?: boolean }
  ) => CheckerOfProject
  readonly findProjectRoot: (file: string) => string
  /** Takes a finding that `compileFile` gave. */
  readonly render: (finding: never) => string
  /** The same with the colors of terminals. */
  readonly renderColored: (finding: never) => string
  readonly visualize: (program: ProgramFile, format: "terminal" | "mermaid" | "dot") => string
}

/** What this package calls of `@rappel/worker/project/ProjectFiles`: the files of a project on disk. */
export interface ProjectFilesModule {
  readonly projectRootOf: (folder: string) => string
  /** The manifest of a project; none when it was never built. */
  readonly readManifest: (projectRoot: string) => Manifest | undefined
  readonly readProgram: (projectRoot: string, path: string) => ProgramFile
  /** Absolute paths of the source files that define a class of this name. */
  readonly findClass: (projectRoot: string, className: string) => ReadonlyArray<string>
}

/** What this package calls of `@rappel/worker/project/Packages`. */
export interface PackagesModule {
  /** Imports a package as the module `file` would, or the folder of this process. */
  readonly importFrom: (
    file: string | undefined,
    specifier: string
  ) => Promise<Readonly<Record<string, unknown>>>
}

/** The parts of the host that are looked up by feature: absent outside of Node. */
interface Host {
  readonly process?: {
    readonly cwd: () => string
    readonly getBuiltinModule?: (name: string) => unknown
  }
}

interface ModuleBuiltin {
  readonly createRequire: (from: string) => { readonly resolve: (specifier: string) => string }
}

const held = new Map<string, () => unknown>()

/**
 * Tells which modules this process has already, by name: those of the bundle that it runs from,
 * which must not be loaded a second time.
 */
export const hold = (
  modules: Readonly<Record<string, () => unknown>>,
  isInstalled: (specifier: string) => boolean
): void => {
  for (const [specifier, module] of Object.entries(modules)) {
    if (isInstalled(specifier)) held.set(specifier, module)
  }
}

/** Imports a module by URL, path or name, through whatever loader serves this process. */
export const importModule = async (specifier: string): Promise<unknown> => {
  const module = held.get(specifier)
  return module === undefined ? await import(/* @vite-ignore */ specifier) : module()
}

const fromUsersProject = async (specifier: string): Promise<unknown> => {
  const { process } = globalThis as unknown as Host
  const builtin = process?.getBuiltinModule?.("node:module") as ModuleBuiltin | undefined
  if (process === undefined || builtin === undefined) {
    throw new Error("this host has no node:module")
  }
  return await importModule(
    "file://" + builtin.createRequire(`${process.cwd()}/`).resolve(specifier)
  )
}

const isAbsent = (error: unknown, packageName: string): boolean => {
  const { code, message = "" } = error as { readonly code?: string; readonly message?: string }
  return (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND" ||
    message.startsWith("Failed to load url") || message.startsWith("Cannot find package")) &&
    message.includes(packageName)
}

/**
 * A module of a sibling package.
 *
 * **Errors** `PackageMissing` when the package is not installed, with the command that
 * installs it, or when it throws while it loads.
 */
export const load = <Module>(
  specifier: string,
  purpose: string
): Effect.Effect<Module, PackageMissing> => {
  const packageName = specifier.split("/").slice(0, 2).join("/")
  return Effect.tryPromise({
    try: () =>
      importModule(specifier).catch((error: unknown) => {
        if (!isAbsent(error, packageName)) throw error
        return fromUsersProject(specifier)
      }) as Promise<Module>,
    catch: (error) =>
      new PackageMissing({
        packageName,
        purpose,
        reason: isAbsent(error, packageName)
          ? "it is not installed"
          : `it cannot be loaded (${error instanceof Error ? error.message : String(error)})`
      })
  })
}

/** The compiler of TypeScript sources; loading it takes the better part of a second. */
export const loadCompiler = load<CompilerModule>(
  "@rappel/compiler",
  "compile workflows from their source"
)

/** How this process reads a project's files. */
export const loadProjectFiles = load<ProjectFilesModule>(
  "@rappel/worker/project/ProjectFiles",
  "find the programs of a project"
)

/** How this process imports the packages of implicit steps. */
export const loadPackages = load<PackagesModule>(
  "@rappel/worker/project/Packages",
  "run implicit steps"
)
