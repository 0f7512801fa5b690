/**
 * `rappel bench-report`: what benchmarks wrote, in a few lines.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { text } from "node:stream/consumers"
import { type Run, summarise } from "../bench/summary.ts"
import { BadUsage, ExitCode } from "../CliError.ts"
import { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { table } from "../output/table.ts"

export interface BenchReportInput {
  readonly files: ReadonlyArray<string>
  readonly json: boolean
}

const rowOf = ({ done, elapsed_s, finished, result, steps_per_s, workload }: Run) => [
  finished ? workload : `${workload} (cut off)`,
  `${elapsed_s} s`,
  String(done),
  result === null ? "-" : String(result.throughput_per_s),
  `${steps_per_s.mean} (${steps_per_s.min}–${steps_per_s.max})`,
  String(result?.latency.p50 ?? "-"),
  String(result?.latency.p99 ?? "-"),
  String(result?.cpu_ms_per_step.total ?? "-")
]

const HEAD = [
  "workload",
  "elapsed",
  "instances",
  "throughput/s",
  "steps/s",
  "p50 ms",
  "p99 ms",
  "CPU ms/step"
]

export const execute = (
  input: BenchReportInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.gen(function*() {
    const { folder, stdin } = yield* Invocation
    const { result } = yield* Output
    const texts = input.files.length === 0
      ? [yield* Effect.promise(() => text(stdin))]
      : yield* Effect.forEach(input.files, (file) =>
        Effect.try({
          try: () => readFileSync(resolve(folder, file), "utf8"),
          catch: (cause) =>
            new BadUsage({ kind: "NotFound", message: `${file}: ${(cause as Error).message}` })
        }))
    const runs = texts.flatMap((text) => summarise(text.split(/\r?\n/)))
    if (runs.length === 0) {
      return yield* new BadUsage({
        kind: "BadRequest",
        message: "There is no line of a benchmark in this. Pipe in what `rappel bench` or " +
          "`rappel bench-instances` wrote to stdout, or name files of it."
      })
    }
    result(input.json ? JSON.stringify({ runs }) : table(HEAD, runs.map(rowOf)))
    return ExitCode.done
  })
