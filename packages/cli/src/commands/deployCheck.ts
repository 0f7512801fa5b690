/**
 * `rappel deploy-check`: compares the actions of this project with the instances that are live.
 *
 * Actions are looked for as workers look for them, so their modules are loaded in this process;
 * none of them runs.
 *
 * @since 0.1.0
 */
import { checkDeploy, type DeployFinding } from "@rappel/core/deploy/checkDeploy"
import { Queue } from "@rappel/core/queue/Queue"
import * as ActionModules from "@rappel/worker/ActionModules"
import { projectRootOf, readManifest } from "@rappel/worker/project/ProjectFiles"
import * as Database from "@rappel/worker/runtime/Database"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { ExitCode } from "../CliError.ts"
import { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { table } from "../output/table.ts"
import { settingsWith, targetOf } from "../runtime/options.ts"

export interface DeployCheckInput {
  readonly limit: number
  readonly databaseUrl: Option.Option<Redacted.Redacted<string>>
  readonly json: boolean
}

const detailsOf = ({ action, examples, reason, workflow }: DeployFinding): string =>
  [
    `${workflow}${action === "" ? "" : `, ${action}`}: ${reason}`,
    ...(examples.length === 0 ? [] : [`  instances: ${examples.join(", ")}`])
  ].join("\n")

/** Exit code 1 when there is a problem; warnings alone end with 0. */
export const execute = (
  input: DeployCheckInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.scoped(Effect.gen(function*() {
    const { folder } = yield* Invocation
    const { claimStdout, note, result } = yield* Output
    const settings = yield* settingsWith(input)
    // Modules may print while they load.
    claimStdout()
    const projectRoot = projectRootOf(folder)
    const { userModules } = settings
    const manifest = readManifest(projectRoot)?.generated ?? null
    const source = yield* ActionModules.make({ projectRoot, userModules, manifest })
    const report = yield* Effect.provide(
      Effect.flatMap(Queue, (queue) => checkDeploy(queue, source, input.limit)),
      Database.layerQueue(targetOf(settings, folder), { maxConnections: 1 })
    )
    const { findings, live, looked, programs } = report
    const problems = findings.filter(({ level }) => level === "problem")
    if (input.json) {
      result(JSON.stringify({ ready: problems.length === 0, ...report }))
    } else {
      if (findings.length > 0) {
        result(table(
          ["", "finding", "workflow", "action", "instances", "of which"],
          findings.map(({ action, code, examples, instances, level, workflow }) => [
            level === "problem" ? "✗" : "!",
            code,
            workflow,
            action,
            String(instances),
            code === "action-gone" ? `${examples.length} wait for it now` : ""
          ])
        ))
        for (const finding of findings) result(`\n${detailsOf(finding)}`)
        result("")
      }
      result(
        `${live} live ${live === 1 ? "instance" : "instances"} of ${programs} ` +
          `${programs === 1 ? "program" : "programs"}: ` +
          (problems.length === 0
            ? "this code can go on with them"
            : `${problems.length} ${problems.length === 1 ? "problem" : "problems"}`)
      )
    }
    if (live >= input.limit || looked >= input.limit) {
      note(`Only ${input.limit} instances were looked at: --limit`)
    }
    return problems.length === 0 ? ExitCode.done : ExitCode.failed
  }))
