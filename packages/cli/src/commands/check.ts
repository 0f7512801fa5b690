/**
 * `rappel check`: compiles only, and prints what the compiler finds.
 *
 * @since 0.1.0
 */
import type { Finding } from "@rappel/core/client/ClientError"
import { type CheckedFile, type CompilerModule, loadCompiler } from "@rappel/core/client/Loader"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { realpathSync } from "node:fs"
import { ExitCode } from "../CliError.ts"
import { Invocation } from "../Invocation.ts"
import { report } from "../output/findings.ts"
import { Output } from "../output/Output.ts"
import { watchSources } from "../watchSources.ts"
import { expandFiles } from "./expandFiles.ts"

export interface CheckInput {
  readonly files: ReadonlyArray<string>
  readonly json: boolean
  readonly strict: boolean
  readonly watch: boolean
}

/** One line of the report: a workflow, or a file whose errors stand outside of any. */
export interface Checked {
  readonly name: string
  readonly file: string
  readonly export: string
  readonly accepted: boolean
  readonly findings: ReadonlyArray<Finding>
}

/** A file as the user named it; `isNamed` by itself, and not found in a folder. */
interface Named {
  readonly shown: string
  readonly isNamed: boolean
}

const isError = ({ severity }: Finding): boolean => severity === "error"

const plain = ({ code, column, line, message, severity }: Finding): Finding => ({
  code,
  severity,
  message,
  line,
  column
})

const linesOf = ({ findings, workflows }: CheckedFile, { isNamed, shown }: Named) => {
  const checked = workflows.map((workflow): Checked => ({
    name: workflow.name,
    file: shown,
    export: workflow.export,
    accepted: !workflow.findings.some(isError),
    findings: workflow.findings
  }))
  // A file in a folder is only of interest when it has to do with workflows.
  const isMeant = isNamed || workflows.length > 0
  return findings.length > 0 && isMeant
    ? [...checked, {
      name: shown,
      file: shown,
      export: "",
      accepted: !findings.some(isError),
      findings
    }]
    : checked
}

const print = (
  compiler: CompilerModule,
  checked: ReadonlyArray<Checked>,
  isJson: boolean,
  output: Output["Type"]
): void => {
  if (isJson) {
    const workflows = checked.map((each) => ({ ...each, findings: each.findings.map(plain) }))
    output.result(JSON.stringify({ workflows }))
  } else report(compiler, checked, output)
}

export const execute = (
  input: CheckInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.gen(function*() {
    const { folder } = yield* Invocation
    const output = yield* Output
    const compiler = yield* loadCompiler
    const checker = compiler.makeChecker({ strict: input.strict })
    const named = new Map<string, Named>()
    const byFile = new Map<string, ReadonlyArray<Checked>>()
    const take = (results: ReadonlyArray<CheckedFile>): number => {
      for (const result of results) {
        byFile.set(result.file, linesOf(result, named.get(result.file)!))
      }
      return results.length
    }
    /** Compiles the files that were not there the last time; answers how many. */
    const checkNew = Effect.map(expandFiles(folder, input.files), (files) => {
      for (const file of files) named.set(realpathSync(file.path), file)
      return take(checker.check(Array.from(named.keys()).filter((file) => !checker.knows(file))))
    })
    const all = (): ReadonlyArray<Checked> => Array.from(byFile.values()).flat()

    yield* checkNew
    print(compiler, all(), input.json, output)
    if (input.watch) {
      const watching = () => output.note("Watching for changes; Ctrl+C ends it.")
      yield* watchSources(folder, watching).pipe(
        Stream.runForEach((paths) =>
          Effect.gen(function*() {
            const start = performance.now()
            const changed = take(checker.changed(paths))
            const gone = Array.from(byFile.keys()).filter((file) => !checker.knows(file))
            for (const file of gone) {
              byFile.delete(file)
              named.delete(file)
            }
            const checked = changed + (yield* checkNew)
            // Editors touch files twice, and what no workflow imports changes nothing.
            if (checked + gone.length === 0) return
            const millis = performance.now() - start
            print(compiler, all(), input.json, output)
            output.note(`Checked ${checked} of ${byFile.size} files in ${millis.toFixed(0)} ms.`)
          })
        )
      )
    }
    return all().every(({ accepted }) => accepted) ? ExitCode.done : ExitCode.failed
  })
