/**
 * `rappel build`: compiles all workflows of a project for production.
 *
 * It writes below `.rappel/` one file per program, the manifest, and a generated module. An
 * app that imports the module has its workflows' programs and its workers find its actions,
 * wherever a bundler has moved the code.
 *
 * @since 0.1.0
 */
import {
  type CompiledWorkflow,
  type CompilerModule,
  loadCompiler
} from "@rappel/core/client/Loader"
import { type Manifest, MANIFEST_FORMAT } from "@rappel/core/client/Manifest"
import { MANIFEST, projectRootOf, sourceFiles } from "@rappel/worker/project/ProjectFiles"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative, resolve, sep } from "node:path"
import { BadUsage, ExitCode } from "../CliError.ts"
import { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { generatedModule } from "./generatedModule.ts"

export interface BuildInput {
  readonly out: Option.Option<string>
  readonly strict: boolean
}

type Accepted = CompiledWorkflow & { readonly program: NonNullable<CompiledWorkflow["program"]> }

const PROGRAMS = ".rappel/programs"

/** Cheap and generous: most files of a project have nothing to do with workflows. */
const MENTIONS = /\bworkflow\b|\bWorkflow\b|\bextends\b/

const compileAll = (
  compiler: CompilerModule,
  projectRoot: string,
  strict: boolean
): ReadonlyArray<CompiledWorkflow> =>
  Array.from(sourceFiles(projectRoot))
    .filter((file) =>
      // A package of a workspace is a project of its own.
      projectRootOf(dirname(file)) === projectRoot && MENTIONS.test(readFileSync(file, "utf8"))
    )
    .flatMap((file) => compiler.compileFile({ file, projectRoot, strict }).workflows)

/** Two workflows of one name would hide each other from starts by name. */
const sameName = (workflows: ReadonlyArray<Accepted>): BadUsage | undefined => {
  const byName = new Map<string, Accepted>()
  for (const workflow of workflows) {
    const other = byName.get(workflow.name)
    if (other !== undefined) {
      return new BadUsage({
        kind: "BadRequest",
        message: `Two workflows are named ${workflow.name}: ${other.file}#${other.export} and ` +
          `${workflow.file}#${workflow.export}. Give one another name: workflow({ name: "…" }, …).`
      })
    }
    byName.set(workflow.name, workflow)
  }
  return undefined
}

const manifestOf = (
  projectRoot: string,
  generated: string,
  workflows: ReadonlyArray<Accepted>
): Manifest => {
  const actions = new Map(
    workflows.flatMap((workflow) =>
      workflow.actions.map((action) =>
        [action.id, {
          id: action.id,
          file: relative(projectRoot, action.file).split(sep).join("/"),
          export: action.export
        }] as const
      )
    )
  )
  return {
    format: MANIFEST_FORMAT,
    workflows: workflows.map((
      { column, endLine, export: exportName, file, line, name, program }
    ) => ({
      name,
      file,
      export: exportName,
      line,
      column,
      endLine,
      hash: program.hash,
      program: `${PROGRAMS}/${program.hash}.json`
    })),
    actions: Array.from(actions.values()),
    generated
  }
}

const write = (
  projectRoot: string,
  manifest: Manifest,
  workflows: ReadonlyArray<Accepted>
): void => {
  const programs = join(projectRoot, PROGRAMS)
  mkdirSync(programs, { recursive: true })
  const kept = new Set(workflows.map(({ program }) => `${program.hash}.json`))
  for (const name of readdirSync(programs)) if (!kept.has(name)) rmSync(join(programs, name))
  for (const { program } of workflows) {
    writeFileSync(join(programs, `${program.hash}.json`), JSON.stringify(program))
  }
  const generated = join(projectRoot, manifest.generated)
  mkdirSync(dirname(generated), { recursive: true })
  writeFileSync(
    generated,
    generatedModule(projectRoot, manifest, workflows.map(({ program }) => program))
  )
  // Last, so that a reader never sees a manifest whose programs are not there.
  writeFileSync(join(projectRoot, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`)
}

export const execute = (
  { out, strict }: BuildInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.gen(function*() {
    const { folder } = yield* Invocation
    const { note, result } = yield* Output
    const projectRoot = projectRootOf(folder)
    const compiler = yield* loadCompiler
    const compiled = compileAll(compiler, projectRoot, strict)
    const rendered = new Set(
      compiled.flatMap(({ findings }) => findings.map((each) => compiler.render(each as never)))
    )
    for (const text of rendered) note(`${text}\n`)
    const workflows = compiled.filter((each): each is Accepted => each.program !== undefined)
    if (workflows.length < compiled.length) {
      note("Nothing was written; the last build stays.")
      return ExitCode.failed
    }
    if (workflows.length === 0) {
      note(
        `No workflow was found below ${projectRoot}; one is \`export const name = workflow(…)\`.`
      )
    }
    const conflict = sameName(workflows)
    if (conflict !== undefined) return yield* conflict
    const generated = relative(
      projectRoot,
      Option.isSome(out) ? resolve(folder, out.value) : join(projectRoot, ".rappel/generated.ts")
    ).split(sep).join("/")
    const manifest = manifestOf(projectRoot, generated, workflows)
    write(projectRoot, manifest, workflows)
    for (const { export: exportName, file, hash, name } of manifest.workflows) {
      result(`${name}  ${file}#${exportName}  ${hash.slice(0, 12)}`)
    }
    note(
      `Wrote ${MANIFEST} and ${generated}: ${workflows.length} workflows, ` +
        `${manifest.actions.length} actions.`
    )
    return ExitCode.done
  })
