/**
 * `rappel dev`: one process tree for a project in development.
 *
 * It runs what the project's apps start, on the embedded Postgres; apps that run beside it
 * find it by themselves. When a source changes, its workflows are compiled again, findings
 * are printed, and the workers are replaced, so that actions are today's.
 *
 * @since 0.1.0
 */
import { type CompilerModule, loadCompiler } from "@rappel/core/client/Loader"
import * as Background from "@rappel/worker/background/Background"
import { projectRootOf, sourceFiles } from "@rappel/worker/project/ProjectFiles"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { watch } from "node:fs"
import { basename, dirname, relative } from "node:path"
import { ExitCode } from "../CliError.ts"
import { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { settingsWith } from "../runtime/options.ts"

export interface DevInput {
  readonly workers: Option.Option<number>
  readonly concurrency: Option.Option<number>
}

/** Editors write a file in several steps. */
const QUIET = "100 millis"

const IGNORED = /(?:^|\/)(?:node_modules|dist|build|coverage|\.[^/]+)(?:\/|$)/
const SOURCE = /\.(?:[cm]?[jt]sx?|json)$/

/** Paths below a folder, as they change. */
const changesOf = (folder: string): Stream.Stream<string, Error> =>
  Stream.asyncPush<string, Error>((emit) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const watcher = watch(folder, { recursive: true }, (_event, name) => {
          if (name !== null && SOURCE.test(name) && !IGNORED.test(name)) emit.single(name)
        })
        watcher.on("error", (error) => emit.fail(error))
        return watcher
      }),
      (watcher) => Effect.sync(() => watcher.close())
    )
  )

const report = (
  compiler: CompilerModule,
  projectRoot: string,
  { note }: Output["Type"]
) =>
(file: string): number => {
  // A package of a workspace is a project of its own.
  if (projectRootOf(dirname(file)) !== projectRoot) return 0
  const { workflows } = compiler.compileFile({ file, projectRoot })
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

export const execute = (input: DevInput): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.gen(function*() {
    const { folder } = yield* Invocation
    const output = yield* Output
    const settings = yield* settingsWith(input)
    const projectRoot = projectRootOf(folder)
    const compiler = yield* loadCompiler
    const compile = report(compiler, projectRoot, output)
    const compileAll = () =>
      Array.from(sourceFiles(projectRoot)).reduce((sum, file) => sum + compile(file), 0)
    output.note(
      `${compileAll()} workflows in ${basename(projectRoot)}; starting Postgres and workers ...`
    )

    yield* Background.serve({
      projectRoot,
      settings,
      onReady: (background) =>
        Effect.zipRight(
          Effect.sync(() => {
            output.note(`Ready: ${background.workers} worker processes. Ctrl+C ends all of it.`)
          }),
          changesOf(projectRoot).pipe(
            Stream.groupedWithin(1000, QUIET),
            Stream.runForEach((changed) =>
              Effect.gen(function*() {
                output.note(`Changed: ${Array.from(new Set(changed)).join(", ")}`)
                compileAll()
                yield* background.refresh
              })
            )
          )
        )
    })
    return ExitCode.done
  })
