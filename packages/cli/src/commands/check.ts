/**
 * `rappel check`: compiles only, and prints what the compiler finds.
 *
 * @since 0.1.0
 */
import type { Finding } from "@rappel/core/client/ClientError"
import {
  type CompiledWorkflow,
  type CompilerModule,
  loadCompiler
} from "@rappel/core/client/Loader"
import * as Effect from "effect/Effect"
import { realpathSync } from "node:fs"
import { ExitCode } from "../CliError.ts"
import { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { expandFiles, type SourceFile } from "./expandFiles.ts"

export interface CheckInput {
  readonly files: ReadonlyArray<string>
  readonly json: boolean
  readonly strict: boolean
}

/** One line of the report: a workflow, or a file whose errors stand outside of any. */
interface Checked {
  readonly name: string
  readonly file: string
  readonly export: string
  readonly accepted: boolean
  readonly findings: ReadonlyArray<Finding>
}

const isError = ({ severity }: Finding): boolean => severity === "error"

const plain = ({ code, column, line, message, severity }: Finding): Finding => ({
  code,
  severity,
  message,
  line,
  column
})

const checkFile = (
  compiler: CompilerModule,
  file: SourceFile,
  strict: boolean
): ReadonlyArray<Checked> => {
  const { findings, workflows } = compiler.compileFile({ file: realpathSync(file.path), strict })
  const checked = workflows.map((workflow: CompiledWorkflow): Checked => ({
    name: workflow.name,
    file: file.shown,
    export: workflow.export,
    accepted: !workflow.findings.some(isError),
    findings: workflow.findings
  }))
  // A file in a folder is only of interest when it has to do with workflows.
  const isMeant = file.isNamed || workflows.length > 0
  return findings.length > 0 && isMeant
    ? [...checked, {
      name: file.shown,
      file: file.shown,
      export: "",
      accepted: !findings.some(isError),
      findings
    }]
    : checked
}

const count = (things: number, one: string): string => `${things} ${one}${things === 1 ? "" : "s"}`

const print = (
  compiler: CompilerModule,
  checked: ReadonlyArray<Checked>,
  { note, result }: Output["Type"]
): void => {
  // Workflows that share a helper share its findings.
  const rendered = new Set(
    checked.flatMap(({ findings }) => findings.map((finding) => compiler.render(finding as never)))
  )
  for (const text of rendered) result(`${text}\n`)
  const workflows = checked.filter((each) => each.export !== "")
  const refused = workflows.filter(({ accepted }) => !accepted)
  if (workflows.length === 0) {
    note("No workflow was found; one is `export const name = workflow(…)`.")
  } else if (refused.length === 0) {
    result(
      `${count(workflows.length, "workflow")} accepted: ${workflows.map((w) => w.name).join(", ")}`
    )
  } else {
    result(
      `${refused.length} of ${count(workflows.length, "workflow")} not accepted: ${
        refused.map((w) => w.name).join(", ")
      }`
    )
  }
}

export const execute = (
  input: CheckInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.gen(function*() {
    const { folder } = yield* Invocation
    const output = yield* Output
    const files = yield* expandFiles(folder, input.files)
    const compiler = yield* loadCompiler
    const checked = files.flatMap((file) => checkFile(compiler, file, input.strict))
    if (input.json) {
      const workflows = checked.map((each) => ({ ...each, findings: each.findings.map(plain) }))
      output.result(JSON.stringify({ workflows }))
    } else print(compiler, checked, output)
    return checked.every(({ accepted }) => accepted) ? ExitCode.done : ExitCode.failed
  })
