/**
 * Finds and compiles the workflow that a command names.
 *
 * @since 0.1.0
 */
import { CompileFailed, type PackageMissing } from "@rappel/core/client/ClientError"
import {
  type CompiledWorkflow,
  type CompilerModule,
  loadCompiler
} from "@rappel/core/client/Loader"
import type { ProgramFile } from "@rappel/core/program/Program"
import * as Effect from "effect/Effect"
import { realpathSync, statSync } from "node:fs"
import { resolve } from "node:path"
import { BadUsage } from "./CliError.ts"

export interface WorkflowProgram {
  readonly program: ProgramFile
  /** The folder that the program's files are relative to. */
  readonly projectRoot: string
  readonly compiled: CompiledWorkflow
}

const notFound = (message: string) => new BadUsage({ kind: "NotFound", message })

/** The file that a user's path names: absolute, without symbolic links. */
export const sourceFileOf = (folder: string, path: string): Effect.Effect<string, BadUsage> =>
  Effect.suspend(() => {
    const file = resolve(folder, path)
    const found = statSync(file, { throwIfNoEntry: false })
    if (found === undefined) {
      return notFound(`There is no file ${file}. Check the path; it begins at ${folder}.`)
    }
    return found.isFile()
      ? Effect.succeed(realpathSync(file))
      : notFound(`${file} is a folder. Name the file of the workflow.`)
  })

const failed = (compiler: CompilerModule, file: string, workflow: CompiledWorkflow) =>
  new CompileFailed({
    file,
    workflow: workflow.name,
    findings: workflow.findings.map(({ code, column, line, message, severity }) => ({
      code,
      severity,
      message,
      line,
      column
    })),
    rendered: workflow.findings.map((finding) => compiler.render(finding as never)).join("\n\n")
  })

/**
 * The program of an export of a file; `projectRoot` replaces the one that the file says,
 * and `strict` refuses implicit steps.
 *
 * **Errors** `BadUsage` for an unknown file or export, `CompileFailed` with all findings.
 *
 * @category running
 */
export const compileWorkflow = (
  file: string,
  exportName: string,
  options: { readonly projectRoot?: string; readonly strict?: boolean } = {}
): Effect.Effect<WorkflowProgram, BadUsage | CompileFailed | PackageMissing> =>
  Effect.gen(function*() {
    const compiler = yield* loadCompiler
    const root = options.projectRoot ?? compiler.findProjectRoot(file)
    const { findings, workflows } = compiler.compileFile({
      file,
      projectRoot: root,
      strict: options.strict === true
    })
    const compiled = workflows.find((workflow) => workflow.export === exportName)
    if (compiled === undefined) {
      const broken = findings.filter(({ severity }) => severity === "error")
      if (broken.length > 0) {
        return yield* failed(compiler, file, {
          name: exportName,
          file,
          export: exportName,
          line: 1,
          column: 1,
          endLine: 1,
          findings: broken,
          actions: []
        })
      }
      const names = workflows.map((workflow) => workflow.export).join(", ")
      return yield* notFound(
        `${file} exports no workflow ${exportName}. ` + (names === ""
          ? "It exports none: write `export const name = workflow(async () => …)`."
          : `It exports ${names}.`)
      )
    }
    if (compiled.program === undefined) return yield* failed(compiler, file, compiled)
    return { program: compiled.program, projectRoot: root, compiled }
  })
