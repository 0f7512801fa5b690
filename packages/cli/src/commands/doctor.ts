/**
 * `rappel doctor`: finds instances that nobody moves, and settings that endanger them.
 *
 * Ends with 1 when there is a problem; warnings alone end with 0.
 *
 * @since 0.1.0
 */
import * as Doctor from "@rappel/sql/doctor/Doctor"
import * as Sql from "@rappel/sql/layer"
import * as Database from "@rappel/worker/runtime/Database"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { ExitCode } from "../CliError.ts"
import { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { table } from "../output/table.ts"
import { settingsWith, targetOf } from "../runtime/options.ts"

export interface DoctorInput {
  readonly databaseUrl: Option.Option<Redacted.Redacted<string>>
  readonly json: boolean
}

const factsOf = ({ connections, dispatchers, instances, postgres, schema }: Doctor.Facts) =>
  table(["", ""], [
    ["Postgres", `${postgres}, schema ${schema}`],
    ["connections", `${connections.used} of ${connections.most}`],
    [
      "instances",
      `${instances.running} in memory, ${instances.due} due, ${instances.waiting} waiting, ` +
      `${instances.aside} set aside`
    ],
    ["dispatchers", String(dispatchers.length)],
    ...dispatchers.map(({ beatMillisAgo, host, id, owned, pid }) => [
      "",
      `${id} on ${host}, process ${pid}: ${owned} instances, beat ` +
      `${(beatMillisAgo / 1000).toFixed(1)} s ago`
    ])
  ]).split("\n").slice(1).join("\n")

const findingOf = ({ examples, level, message, remedy }: Doctor.Finding) =>
  [
    `${level === "problem" ? "✗" : "!"} ${message}`,
    ...examples.map((example) => `    ${example}`),
    `  ${remedy}`
  ].join("\n")

export const execute = (
  input: DoctorInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.scoped(Effect.gen(function*() {
    const { folder } = yield* Invocation
    const { result } = yield* Output
    const url = yield* Database.urlOf(targetOf(yield* settingsWith(input), folder))
    const { facts, findings } = yield* Effect.provide(
      Doctor.examine(),
      Sql.layerClient({ url, maxConnections: 1 })
    )
    const problems = findings.filter(({ level }) => level === "problem")
    if (input.json) {
      result(JSON.stringify({ healthy: problems.length === 0, findings, facts }))
    } else {
      result(factsOf(facts))
      for (const finding of findings) result(`\n${findingOf(finding)}`)
      if (findings.length === 0) result("\nNothing is wrong.")
    }
    return problems.length === 0 ? ExitCode.done : ExitCode.failed
  }))
