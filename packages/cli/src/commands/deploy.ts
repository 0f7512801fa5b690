/**
 * `rappel deploy`: what `rappel build` left becomes what starts by name use.
 *
 * A start from an app brings its own program; starts by name (SQL, the command line,
 * schedules) follow a pointer, and only this moves it: a process of the previous release that
 * starts late changes nothing.
 *
 * @since 0.1.0
 */
import { Queue } from "@rappel/core/queue/Queue"
import { projectRootOf, readManifest, readProgram } from "@rappel/worker/project/ProjectFiles"
import * as Database from "@rappel/worker/runtime/Database"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { BadUsage, ExitCode } from "../CliError.ts"
import { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { settingsWith, targetOf } from "../runtime/options.ts"

export interface DeployInput {
  readonly databaseUrl: Option.Option<Redacted.Redacted<string>>
  readonly json: boolean
}

export const execute = (
  input: DeployInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.gen(function*() {
    const { folder } = yield* Invocation
    const { result } = yield* Output
    const projectRoot = projectRootOf(folder)
    const manifest = readManifest(projectRoot)
    if (manifest === undefined) {
      return yield* new BadUsage({
        kind: "NotFound",
        message: `There is no .rappel/manifest.json in ${projectRoot}. Run \`rappel build\` first.`
      })
    }
    const programs = manifest.workflows.map(({ program }) => readProgram(projectRoot, program))
    yield* Effect.provide(
      Effect.flatMap(Queue, ({ deploy }) => deploy(programs)),
      Database.layerQueue(targetOf(yield* settingsWith(input), folder), { maxConnections: 1 })
    )
    for (const { hash, program } of programs) {
      result(
        input.json
          ? JSON.stringify({ workflow: program.name, program: hash })
          : `${program.name} is ${hash}`
      )
    }
    return ExitCode.done
  })
