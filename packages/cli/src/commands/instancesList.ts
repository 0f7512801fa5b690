/**
 * `rappel instances list`: the newest instances.
 *
 * @since 0.1.0
 */
import type { InstanceStatus } from "@rappel/core/queue/Queue"
import { parseSearch } from "@rappel/core/search/parseSearch"
import type { SearchNotReadable } from "@rappel/core/search/Search"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { ExitCode } from "../CliError.ts"
import type { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { moment, table } from "../output/table.ts"
import { detailsOf } from "../runtime/details.ts"
import { withClient } from "../runtime/reader.ts"

export interface ListInput {
  readonly workflow: Option.Option<string>
  readonly status: Option.Option<InstanceStatus>
  readonly search: Option.Option<string>
  readonly limit: number
  readonly databaseUrl: Option.Option<Redacted.Redacted<string>>
  readonly json: boolean
}

const readSearch = (text: string) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.try({
      try: () => parseSearch(text, now),
      catch: (error) => error as SearchNotReadable
    }))

export const execute = (input: ListInput): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.gen(function*() {
    const output = yield* Output
    const search = Option.isSome(input.search)
      ? yield* readSearch(input.search.value)
      : undefined
    const filter = {
      limit: Math.max(input.limit, 1),
      ...(Option.isSome(input.workflow) ? { name: input.workflow.value } : {}),
      ...(Option.isSome(input.status) ? { status: input.status.value } : {}),
      ...(search === undefined ? {} : { search })
    }
    const records = yield* withClient(input, (client) => client.list(filter))
    if (input.json) {
      for (const record of records) output.result(JSON.stringify(detailsOf(record)))
    } else if (records.length === 0) output.note("There are no instances.")
    else {
      output.result(table(
        ["id", "workflow", "status", "created", "finished", "key"],
        records.map(({ createdAt, finishedAt, id, key, name, status }) => [
          id,
          name,
          status,
          moment(createdAt),
          moment(finishedAt),
          key ?? ""
        ])
      ))
    }
    return ExitCode.done
  })
