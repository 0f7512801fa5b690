/**
 * Finds the program that belongs to a workflow value.
 *
 * In development the source wins: the workflow's call site names a file, which is
 * compiled on first use. In production it is what `rappel build` left: a program that its
 * generated module registered, or the manifest. Each is the other's fallback.
 *
 * Once the layer is built, nothing here waits: a program is found synchronously, so that
 * a test with a stopped clock can start workflows.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { Site } from "../action/CallSite.ts"
import { declareSite, declareStep } from "../action/Registry.ts"
import type { ProgramFile } from "../program/Program.ts"
import {
  CompileFailed,
  type PackageMissing,
  type ProgramError,
  ProgramNotFound
} from "./ClientError.ts"
import {
  type CompiledWorkflow,
  type CompilerModule,
  loadCompiler,
  loadProjectFiles,
  type ProjectFilesModule
} from "./Loader.ts"
import type { Manifest, ManifestWorkflow } from "./Manifest.ts"

/**
 * What a program is asked for by.
 *
 * @since 0.1.0
 * @category models
 */
export type ProgramRef =
  /** A `workflow(...)` value, by the place of that call. */
  | {
    readonly kind: "site"
    readonly value: object
    readonly site: Site | undefined
    readonly name: string | undefined
  }
  /** A class that extends `Workflow`. */
  | { readonly kind: "class"; readonly value: object; readonly name: string }
  /** An export of a file; the path is absolute. */
  | { readonly kind: "export"; readonly file: string; readonly export: string }

/**
 * @since 0.1.0
 * @category services
 */
export class ProgramSource extends Context.Tag("@rappel/core/client/ProgramSource")<ProgramSource, {
  readonly programOf: (ref: ProgramRef) => Effect.Effect<ProgramFile, ProgramError>
  /** Where the files of a program stand that was found here; none for other programs. */
  readonly rootOf: (hash: string) => string | undefined
}>() {}

const registered = globalValue(
  Symbol.for("@rappel/core/client/ProgramSource/registered"),
  () => new WeakMap<object, ProgramFile>()
)

/** Ties a program to a workflow value: what the module that `rappel build` generates calls. */
export const registerProgram = (workflow: object, program: ProgramFile): void => {
  registered.set(workflow, program)
}

/**
 * Where programs come from; both parts may be absent.
 *
 * @category models
 */
export interface Sources {
  readonly compiler?: Pick<CompilerModule, "compileFile" | "findProjectRoot" | "render">
  readonly files?: ProjectFilesModule
  /** The project whose manifest is read, and in which classes are looked for. */
  readonly projectRoot?: string
  /** Programs that were built win over the source. */
  readonly isProduction?: boolean
}

const labelOf = (ref: ProgramRef): string =>
  ref.kind === "export"
    ? `${ref.export} of ${ref.file}`
    : ref.name ?? (ref.kind === "site" && ref.site !== undefined
      ? `at ${ref.site.file}:${ref.site.line}`
      : "(anonymous)")

const TYPESCRIPT = /\.[cm]?tsx?$/

/** Which of the workflows of a file stands at a line and column. */
const atSite = <
  W extends { readonly line: number; readonly column: number; readonly endLine: number }
>(
  workflows: ReadonlyArray<W>,
  { column, line }: Site
): W | undefined => {
  const distance = (w: W) => Math.abs(w.line - line) * 1e6 + Math.abs(w.column - column)
  return workflows
    .filter((w) => w.line <= line && line <= w.endLine)
    .sort((a, b) => distance(a) - distance(b))[0]
}

/**
 * A source of programs over the given parts.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (sources: Sources): ProgramSource["Type"] => {
  const { compiler, files, isProduction = false, projectRoot } = sources
  const roots = new Map<string, string>()
  const byValue = new WeakMap<object, ProgramFile>()
  const compiled = new Map<string, ReadonlyArray<CompiledWorkflow>>()

  let manifest: Manifest | undefined | null = null
  const manifestOf = (): Manifest | undefined => {
    if (manifest === null) {
      manifest = files === undefined || projectRoot === undefined
        ? undefined
        : files.readManifest(projectRoot)
    }
    return manifest
  }

  const fromManifest = (ref: ProgramRef): ProgramFile | undefined => {
    const built = manifestOf()
    if (built === undefined || files === undefined || projectRoot === undefined) return undefined
    const absolute = (w: ManifestWorkflow) => `${projectRoot}/${w.file}`
    const inFile = (file: string) => built.workflows.filter((w) => absolute(w) === file)
    const named = (name: string) => built.workflows.filter((w) => w.name === name)
    const found = ref.kind === "export"
      ? inFile(ref.file).find((w) => w.export === ref.export)
      : ref.kind === "class"
      ? built.workflows.find((w) => w.export === ref.name) ?? named(ref.name)[0]
      : (ref.site === undefined ? undefined : atSite(inFile(ref.site.file), ref.site)) ??
        (ref.name === undefined ? undefined : named(ref.name)[0])
    if (found === undefined) return undefined
    const program = files.readProgram(projectRoot, found.program)
    roots.set(program.hash, projectRoot)
    return program
  }

  const compile = (file: string): ReadonlyArray<CompiledWorkflow> => {
    const known = compiled.get(file)
    if (known !== undefined) return known
    const { workflows } = compiler!.compileFile({ file })
    compiled.set(file, workflows)
    return workflows
  }

  /** The program of one that was compiled, or the failure with all that was found. */
  const accepted = (
    file: string,
    workflow: CompiledWorkflow
  ): Effect.Effect<ProgramFile, CompileFailed> => {
    const { actions, findings, name, program } = workflow
    for (const action of actions) declareSite(action.id, action)
    if (program !== undefined) {
      const root = compiler!.findProjectRoot(file)
      roots.set(program.hash, root)
      for (const { id, step } of program.program.actions) {
        if (step !== undefined) declareStep(id, root)
      }
      return Effect.succeed(program)
    }
    const rendered = findings.map((finding) => compiler!.render(finding as never)).join("\n\n")
    return Effect.fail(
      new CompileFailed({
        file,
        workflow: name,
        findings: findings.map(({ code, column, line, message, severity }) => ({
          code,
          severity,
          message,
          line,
          column
        })),
        rendered
      })
    )
  }

  const notFound = (ref: ProgramRef, reason: string) =>
    Effect.fail(new ProgramNotFound({ workflow: labelOf(ref), reason }))

  const fromClass = (
    ref: ProgramRef & { readonly kind: "class" }
  ): Effect.Effect<ProgramFile, ProgramError> => {
    const candidates = files === undefined || projectRoot === undefined
      ? []
      : files.findClass(projectRoot, ref.name)
    const found = candidates.flatMap((file) =>
      compile(file)
        .filter((w) => w.export === ref.name || w.name === ref.name)
        .map((workflow) => ({ file, workflow }))
    )
    const [first, second] = found
    if (first !== undefined && second !== undefined) {
      return notFound(
        ref,
        `several files export a class of that name (${
          found.map(({ file }) => file).join(", ")
        }); rename one of them`
      )
    }
    return first === undefined
      ? notFound(
        ref,
        `no source file below ${projectRoot ?? "the project"} exports it; export the class`
      )
      : accepted(first.file, first.workflow)
  }

  const fromSource = (ref: ProgramRef): Effect.Effect<ProgramFile, ProgramError> => {
    if (ref.kind === "class") return fromClass(ref)
    const file = ref.kind === "export" ? ref.file : ref.site?.file
    if (file === undefined) return notFound(ref, "the place of its workflow(...) call is unknown")
    const workflows = compile(file)
    const found = ref.kind === "export"
      ? workflows.find((w) => w.export === ref.export)
      : atSite(workflows, ref.site!)
    if (found !== undefined) return accepted(file, found)
    return notFound(
      ref,
      ref.kind === "export"
        ? workflows.length === 0
          ? "the file exports no workflow"
          : `the file exports ${workflows.map((w) => w.export).join(", ")}`
        : `no workflow that ${file} exports begins at line ${ref.site!.line}; ` +
          "write it as `export const name = workflow(…)`, or import the module that `rappel build` generates"
    )
  }

  const isSource = (ref: ProgramRef): boolean => {
    if (isProduction) return false
    const file = ref.kind === "export" ? ref.file : ref.kind === "site" ? ref.site?.file : undefined
    if (ref.kind === "class") return true
    if (file === undefined) return false
    return TYPESCRIPT.test(file) ||
      (manifestOf()?.workflows.some((w) => `${projectRoot}/${w.file}` === file) ?? false)
  }

  const find = (ref: ProgramRef): Effect.Effect<ProgramFile, ProgramError> => {
    if (compiler !== undefined && isSource(ref)) {
      return Effect.catchTag(fromSource(ref), "ProgramNotFound", (error) => {
        const built = builtOf(ref)
        return built === undefined ? Effect.fail(error) : Effect.succeed(built)
      })
    }
    const built = builtOf(ref)
    if (built !== undefined) return Effect.succeed(built)
    return compiler === undefined
      ? notFound(
        ref,
        "it is not in .rappel/manifest.json. Run `rappel build`, or install @rappel/compiler to " +
          "compile it on first use"
      )
      : fromSource(ref)
  }

  const builtOf = (ref: ProgramRef): ProgramFile | undefined =>
    (ref.kind === "export" ? undefined : registered.get(ref.value)) ?? fromManifest(ref)

  return ProgramSource.of({
    rootOf: (hash) => roots.get(hash),
    programOf: (ref) =>
      Effect.suspend(() => {
        const known = ref.kind === "export" ? undefined : byValue.get(ref.value)
        if (known !== undefined) return Effect.succeed(known)
        return Effect.tap(find(ref), (program) => {
          if (ref.kind !== "export") byValue.set(ref.value, program)
          return Effect.void
        })
      })
  })
}

/**
 * Compiles on first use, and reads what was built; loads the compiler when it is built.
 *
 * **Errors** `PackageMissing` when neither the compiler nor a way to read a manifest is
 * installed.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Pick<Sources, "projectRoot" | "isProduction"> = {}
): Layer.Layer<ProgramSource, PackageMissing> => Layer.effect(ProgramSource, fromInstalled(options))

/**
 * The same as a value: what `layer` holds.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromInstalled = (
  options: Pick<Sources, "projectRoot" | "isProduction"> = {}
): Effect.Effect<ProgramSource["Type"], PackageMissing> =>
  Effect.gen(function*() {
    const files = yield* Effect.option(loadProjectFiles)
    const { process } = globalThis as { readonly process?: { readonly cwd: () => string } }
    const projectRoot = options.projectRoot ??
      (Option.isSome(files) && process !== undefined
        ? files.value.projectRootOf(process.cwd())
        : undefined)
    const sources: Sources = {
      ...options,
      ...(Option.isSome(files) ? { files: files.value } : {}),
      ...(projectRoot === undefined ? {} : { projectRoot })
    }
    // What was built needs no compiler, which production may not even have installed.
    const isBuilt = options.isProduction === true && Option.isSome(files) &&
      projectRoot !== undefined && files.value.readManifest(projectRoot) !== undefined
    if (isBuilt) return make(sources)
    const compiler = yield* Effect.either(loadCompiler)
    if (compiler._tag === "Right") return make({ ...sources, compiler: compiler.right })
    return Option.isSome(files) ? make(sources) : yield* compiler.left
  })
