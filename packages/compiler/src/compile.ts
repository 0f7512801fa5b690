/**
 * Source file in, programs or findings out.
 *
 * The four phases: `1-parse` reads modules, `2-analyze` finds what a workflow
 * reaches and checks it, `3-lower` turns syntax into the tree of a program,
 * `4-emit` names it by its hash.
 *
 * @since 0.1.0
 */
import type { ProgramFile } from "@rappel/core/program/Program"
import { resolve } from "node:path"
import { fromDisk, fromReader, type SourceFiles } from "./1-parse/SourceFiles.ts"
import { callPosition } from "./2-analyze/actions.ts"
import { checkFile } from "./2-analyze/checks/checkFile.ts"
import { checkUnits } from "./2-analyze/checks/checkUnits.ts"
import { checkWorkflow } from "./2-analyze/checks/checkWorkflow.ts"
import { type Module, Modules } from "./2-analyze/Modules.ts"
import { findProjectRoot, relativeTo } from "./2-analyze/projectRoot.ts"
import { reach } from "./2-analyze/reach.ts"
import { type WorkflowDeclaration, workflowsOf } from "./2-analyze/workflows.ts"
import { type Lowered, lowerProgram } from "./3-lower/lowerProgram.ts"
import type { UsedAction } from "./3-lower/Output.ts"
import { emit } from "./4-emit/emit.ts"
import * as catalogue from "./diagnostics/catalogue.ts"
import { type Diagnostic, type Finding, toDiagnostic } from "./diagnostics/Diagnostic.ts"
import ts from "./typescript.ts"

/**
 * What to compile.
 *
 * @since 0.1.0
 * @category models
 */
export interface CompileOptions {
  readonly file: string
  /** The folder that names are relative to; found from the file when absent. */
  readonly projectRoot?: string
  /** Only the workflows with these export names; all when absent. */
  readonly exports?: ReadonlyArray<string>
  /** Makes implicit steps errors: nothing of a workflow then runs anywhere but in the machine. */
  readonly strict?: boolean
  /** Reads sources in the place of the disk; undefined means that a file does not exist. */
  readonly readFile?: (path: string) => string | undefined
}

/**
 * The workflows of one file.
 *
 * @since 0.1.0
 * @category models
 */
export interface Compiled {
  readonly workflows: ReadonlyArray<CompiledWorkflow>
  /** Of the file, outside of any workflow. */
  readonly findings: ReadonlyArray<Diagnostic>
}

export interface CompiledWorkflow {
  readonly name: string
  /** Relative to the project root, with forward slashes. */
  readonly file: string
  readonly export: string
  /** Of the call `workflow(…)` as V8 gives call sites, or of the class's name; from 1. */
  readonly line: number
  readonly column: number
  readonly endLine: number
  /** Absent when a finding is an error. */
  readonly program?: ProgramFile
  readonly findings: ReadonlyArray<Diagnostic>
  readonly actions: ReadonlyArray<ActionSite>
}

/** Where an action that a program calls is declared: `action(…)` knows its own call site. */
export interface ActionSite {
  readonly id: string
  /** Absolute path. */
  readonly file: string
  readonly export: string
  /** Of the callee `action`, as V8 gives call sites; from 1. */
  readonly line: number
  readonly column: number
  readonly endLine: number
}

/**
 * Compiles the workflows of a file; reports every finding of every workflow.
 *
 * **Errors** None; a file that does not exist gives a finding.
 *
 * @since 0.1.0
 * @category constructors
 */
export const compileFile = (options: CompileOptions): Compiled => {
  const file = resolve(options.file)
  const files: SourceFiles = options.readFile === undefined
    ? fromDisk
    : fromReader(options.readFile)
  const root = options.projectRoot === undefined
    ? findProjectRoot(file, files)
    : resolve(options.projectRoot)
  return compileWith(new Modules(root, files), file, options)
}

/** The same with modules that are known already: several files of one project at one moment. */
export const compileWith = (
  modules: Modules,
  file: string,
  options: Pick<CompileOptions, "exports" | "strict">
): Compiled => {
  const module = modules.at(file)
  const findings = new Findings(modules.root)
  if (module === undefined) {
    const missing = ts.createSourceFile(file, "", ts.ScriptTarget.ESNext, true)
    findings.add(catalogue.moduleNotFound(missing, relativeTo(modules.root, file)))
    return { workflows: [], findings: findings.sorted() }
  }
  checkFile(modules, module, findings.add)
  const wanted = options.exports === undefined ? undefined : new Set(options.exports)
  const workflows = workflowsOf(modules, module)
    .filter((each) => wanted === undefined || wanted.has(each.exportName))
    .map((each) => compileWorkflow(modules, module, each, options.strict === true))
  return { workflows, findings: findings.sorted() }
}

/**
 * The workflows that a file declares, without compiling them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const findWorkflows = (
  file: string,
  projectRoot?: string
): ReadonlyArray<{ readonly name: string; readonly export: string }> => {
  const path = resolve(file)
  const modules = new Modules(projectRoot ?? findProjectRoot(path), fromDisk)
  const module = modules.at(path)
  if (module === undefined) return []
  return workflowsOf(modules, module).map((each) => ({
    name: each.name,
    export: each.exportName
  }))
}

const compileWorkflow = (
  modules: Modules,
  module: Module,
  workflow: WorkflowDeclaration,
  isStrict: boolean
): CompiledWorkflow => {
  const findings = new Findings(modules.root)
  checkWorkflow(modules, module, workflow, findings.add)
  const reached = reach(modules, { module, local: workflow.local }, findings.add, isStrict)
  checkUnits(modules, reached, findings.add)
  const lowered = lowerProgram(modules, reached, workflow, findings.add)
  const found = findings.sorted()
  const hasErrors = found.some((each) => each.severity === "error")
  const compiled: CompiledWorkflow = {
    name: workflow.name,
    file: module.name,
    export: workflow.exportName,
    ...siteOf(workflow),
    findings: found,
    actions: lowered.actions.map(actionSite)
  }
  return hasErrors ? compiled : withProgram(compiled, lowered)
}

/** With its program, which is named when somebody asks for it: a check alone needs no hash. */
const withProgram = (
  compiled: CompiledWorkflow,
  { positions, program }: Lowered
): CompiledWorkflow => {
  let file: ProgramFile | undefined
  return Object.defineProperty(compiled, "program", {
    get: () => file ??= emit(program, positions),
    enumerable: true
  })
}

const siteOf = (
  workflow: WorkflowDeclaration
): { readonly line: number; readonly column: number; readonly endLine: number } => {
  const { node } = workflow
  if (ts.isCallExpression(node)) return { ...callPosition(node), endLine: lineOf(node, node.end) }
  const source = node.getSourceFile()
  const start = (node.name ?? node).getStart(source)
  const { character, line } = source.getLineAndCharacterOfPosition(start)
  return { line: line + 1, column: character + 1, endLine: lineOf(node, node.end) }
}

const lineOf = (node: ts.Node, offset: number): number =>
  node.getSourceFile().getLineAndCharacterOfPosition(offset).line + 1

const actionSite = ({ action, module }: UsedAction): ActionSite => ({
  id: action.id,
  file: module.file,
  export: action.exportName ?? action.name,
  ...callPosition(action.call),
  endLine: lineOf(action.call, action.call.end)
})

/** Collects findings; one is kept of several that say the same of the same place. */
class Findings {
  readonly #found = new Map<string, Finding>()
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  readonly add = (finding: Finding): void => {
    const { file, message, spec, start } = finding
    this.#found.set(`${file.fileName}:${start}:${spec.code}:${message}`, finding)
  }

  /** By file, then by place. */
  sorted(): ReadonlyArray<Diagnostic> {
    return Array.from(this.#found.values())
      .map((each) => toDiagnostic(each, (file) => relativeTo(this.#root, file)))
      .sort((a, b) =>
        (a.fileName < b.fileName ? -1 : a.fileName > b.fileName ? 1 : 0) || a.start - b.start
      )
  }
}
