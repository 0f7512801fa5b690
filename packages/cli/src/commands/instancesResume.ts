/**
 * `rappel instances resume`: lets instances go on that were set aside.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { ExitCode } from "../CliError.ts"
import type { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { withClient } from "../runtime/reader.ts"

export interface ResumeInput {
  readonly ids: ReadonlyArray<string>
  readonly databaseUrl: Option.Option<Redacted.Redacted<string>>
  readonly json: boolean
}

/** Exit code 2 when one of the instances is not aside: the ids are probably not what was meant. */
export const execute = (
  input: ResumeInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.gen(function*() {
    const { note, result } = yield* Output
    const resumed = yield* withClient(input, (client) => client.resume(input.ids))
    for (const id of input.ids) {
      if (input.json) result(JSON.stringify({ id, resumed: resumed.has(id) }))
      else if (resumed.has(id)) result(`${id} is due`)
      else note(`${id} is not set aside; see \`rappel instances list --status aside\``)
    }
    return input.ids.every((id) => resumed.has(id)) ? ExitCode.done : ExitCode.usage
  })
