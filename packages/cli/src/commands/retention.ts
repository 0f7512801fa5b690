/**
 * `rappel retention show` and `rappel retention run`: how long finished instances are kept.
 *
 * @since 0.1.0
 */
import { format } from "@rappel/core/duration/Duration"
import { Queue } from "@rappel/core/queue/Queue"
import { sweep } from "@rappel/core/retention/Retention"
import { keepMillisOf, type Rules } from "@rappel/core/retention/Rules"
import * as Database from "@rappel/worker/runtime/Database"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { ExitCode } from "../CliError.ts"
import { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { table } from "../output/table.ts"
import { settingsWith, targetOf } from "../runtime/options.ts"

export interface RetentionInput {
  readonly action: "show" | "run"
  readonly databaseUrl: Option.Option<Redacted.Redacted<string>>
  readonly json: boolean
}

const kept = (keepMillis: number): string =>
  keepMillis === Infinity ? "forever" : format(keepMillis)

const show = (rules: Rules, workflows: ReadonlyArray<string>) =>
  workflows.toSorted().map((workflow) => ({
    workflow,
    completed: kept(keepMillisOf(rules, workflow, "completed")),
    failed: kept(keepMillisOf(rules, workflow, "failed"))
  }))

export const execute = (
  input: RetentionInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.gen(function*() {
    const { note, result } = yield* Output
    const { folder } = yield* Invocation
    const settings = yield* settingsWith(input)
    const target = targetOf(settings, folder)
    const withQueue = <A>(effect: Effect.Effect<A, unknown, Queue>) =>
      Effect.provide(effect, Database.layerQueue(target, { maxConnections: 1 }))
    if (settings.retention.length === 0) {
      note("RAPPEL_RETENTION is not set: everything is kept. See docs/operations.md.")
    }
    if (input.action === "run") {
      const removed = yield* withQueue(sweep(settings.retention))
      result(input.json ? JSON.stringify({ removed }) : `${removed} finished instances removed`)
      return ExitCode.done
    }
    const workflows = yield* withQueue(Effect.flatMap(Queue, (queue) => queue.workflows))
    const rows = show(settings.retention, workflows)
    if (input.json) { for (const row of rows) result(JSON.stringify(row)) }
    else if (rows.length === 0) note("There are no workflows.")
    else {
      result(table(
        ["workflow", "completed", "failed"],
        rows.map(({ completed, failed, workflow }) => [workflow, completed, failed])
      ))
    }
    return ExitCode.done
  })
