/**
 * `rappel migrate`: brings the database's schema up to date.
 *
 * @since 0.1.0
 */
import * as Sql from "@rappel/sql/layer"
import * as Migrator from "@rappel/sql/migrations/Migrator"
import * as Database from "@rappel/worker/runtime/Database"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { ExitCode } from "../CliError.ts"
import { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { settingsWith, targetOf } from "../runtime/options.ts"

export interface MigrateInput {
  readonly databaseUrl: Option.Option<Redacted.Redacted<string>>
  readonly json: boolean
}

export const execute = (
  input: MigrateInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.scoped(Effect.gen(function*() {
    const { folder } = yield* Invocation
    const { result } = yield* Output
    const url = yield* Database.urlOf(targetOf(yield* settingsWith(input), folder))
    const { from, to } = yield* Effect.provide(
      Migrator.run,
      Sql.layerClient({ url, maxConnections: 1 })
    )
    result(
      input.json
        ? JSON.stringify({ from, to })
        : from === to
        ? `The schema is at version ${to} already`
        : `The schema went from version ${from} to ${to}`
    )
    return ExitCode.done
  }))
