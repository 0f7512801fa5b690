/**
 * `rappel dev`: one process tree for a project in development.
 *
 * It runs what the project's apps start, on the embedded Postgres; apps that run beside it
 * find it by themselves. When a source changes, its workflows are compiled again, findings
 * are printed, and the workers are replaced, so that actions are today's.
 *
 * @since 0.1.0
 */
import { type CheckedFile, type CompilerModule, loadCompiler } from "@rappel/core/client/Loader"
import * as Background from "@rappel/worker/background/Background"
import { projectRootOf, sourceFiles } from "@rappel/worker/project/ProjectFiles"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { basename, dirname, relative } from "node:path"
import { ExitCode } from "../CliError.ts"
import { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { settingsWith } from "../runtime/options.ts"
import { watchSources } from "../watchSources.ts"

export interface DevInput {
  readonly workers: Option.Option<number>
  readonly concurrency: Option.Option<number>
}

const report = (
  compiler: CompilerModule,
  projectRoot: string,
  { note }: Output["Type"]
) =>
({ file, workflows }: CheckedFile): number => {
  for (const { findings, name, program } of workflows) {
    for (const finding of findings) note(`${compiler.render(finding as never)}\n`)
    note(
      program === undefined
        ? `✗ ${name} (${relative(projectRoot, file)}) does not compile`
        : `✓ ${name} (${relative(projectRoot, file)}) ${program.hash.slice(0, 12)}`
    )
  }
  return workflows.length
}

/** A package of a workspace is a project of its own. */
const ownFiles = (projectRoot: string): ReadonlyArray<string> =>
  Array.from(sourceFiles(projectRoot)).filter((file) =>
    projectRootOf(dirname(file)) === projectRoot
  )

export const execute = (input: DevInput): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.gen(function*() {
    const { folder } = yield* Invocation
    const output = yield* Output
    const settings = yield* settingsWith(input)
    const projectRoot = projectRootOf(folder)
    const compiler = yield* loadCompiler
    const checker = compiler.makeChecker({ projectRoot })
    const print = report(compiler, projectRoot, output)
    const printAll = (checked: ReadonlyArray<CheckedFile>) =>
      checked.reduce((sum, each) => sum + print(each), 0)
    output.note(
      `${printAll(checker.check(ownFiles(projectRoot)))} workflows in ${
        basename(projectRoot)
      }; starting Postgres and workers ...`
    )

    yield* Background.serve({
      projectRoot,
      settings,
      onReady: (background) =>
        Effect.zipRight(
          Effect.sync(() => {
            output.note(`Ready: ${background.workers} worker processes. Ctrl+C ends all of it.`)
          }),
          watchSources(projectRoot).pipe(
            Stream.runForEach((changed) =>
              Effect.gen(function*() {
                const names = changed.map((path) => relative(projectRoot, path))
                output.note(`Changed: ${names.join(", ")}`)
                // A file that is new is not known to the checker yet.
                const added = ownFiles(projectRoot).filter((file) => changed.includes(file))
                printAll(checker.changed(changed))
                printAll(checker.check(added.filter((file) => !checker.knows(file))))
                yield* background.refresh
              })
            )
          )
        )
    })
    return ExitCode.done
  })
