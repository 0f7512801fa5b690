/**
 * `rappel bench` and `rappel bench-instances`: how much this release carries on this machine.
 *
 * Both run real worker processes on a real Postgres, in a database of their own, and compare
 * every result with what Node returns.
 *
 * @since 0.1.0
 */
import * as Database from "@rappel/worker/runtime/Database"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { readFileSync } from "node:fs"
import { measure } from "../bench/measure.ts"
import { type Report, rowsOf } from "../bench/Report.ts"
import * as Server from "../bench/Server.ts"
import { textOf } from "../bench/summary.ts"
import { ofMessages, type Shape, type Workload } from "../bench/Workload.ts"
import { ExitCode } from "../CliError.ts"
import { Invocation } from "../Invocation.ts"
import { Output } from "../output/Output.ts"
import { table } from "../output/table.ts"
import { settingsWith, targetOf } from "../runtime/options.ts"

interface CommonInput {
  readonly concurrency: number
  readonly workers: number
  readonly logInterval: number
  readonly inline: boolean
  readonly json: boolean
  readonly databaseUrl: Option.Option<Redacted.Redacted<string>>
}

export interface BenchInput extends CommonInput {
  readonly messages: number
  readonly payload: number
}

export interface BenchInstancesInput extends CommonInput {
  readonly instances: number
  readonly batchSize: number
  readonly inFlight: Option.Option<number>
  readonly payloadSize: number
  readonly steps: number
  readonly shape: Shape
}

interface Measurement {
  readonly workload: string
  readonly options: Readonly<Record<string, unknown>>
  readonly workloads: ReadonlyArray<Workload>
  readonly unit: "steps" | "instances"
}

const { version } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8")
) as { readonly version: string }

const execute = (
  input: CommonInput,
  { options, unit, workload, workloads }: Measurement
): Effect.Effect<ExitCode, unknown, Invocation | Output> =>
  Effect.scoped(Effect.gen(function*() {
    const { folder } = yield* Invocation
    const { claimStdout, note, result } = yield* Output
    claimStdout()
    const settings = yield* settingsWith({
      databaseUrl: input.databaseUrl,
      workers: Option.some(input.workers),
      concurrency: Option.some(input.concurrency)
    })
    const target = targetOf(settings, folder)
    const server = yield* Server.make(yield* Database.urlOf(target))
    const { facts } = server
    const durable = facts.fsync === "on" && facts.synchronous_commit !== "off" &&
      facts.full_page_writes === "on"
    note(
      `${workload} on ${
        target.kind === "url" ? "the Postgres that was named" : "the embedded Postgres"
      } (${facts.postgres}), in a database of its own`
    )
    if (!durable) {
      note("This server may lose what it has confirmed: these are no figures of durable runs.")
    }
    const measured = yield* measure({
      server,
      settings,
      workloads,
      unit,
      isInline: input.inline,
      logSeconds: input.logInterval,
      onProgress: (progress) =>
        result(
          input.json
            ? JSON.stringify({ kind: "progress", workload, ...progress })
            : textOf(workload, progress)
        )
    })
    const report: Report = {
      workload,
      options,
      ...measured,
      durable,
      versions: { rappel: version, node: process.versions.node, ...facts }
    }
    result(
      input.json
        ? JSON.stringify({ kind: "result", ...report })
        : table(["", ""], rowsOf(report)).split("\n").slice(1).join("\n")
    )
    return ExitCode.done
  }))

const commonOptions = ({ concurrency, inline, workers }: CommonInput) => ({
  workers: inline ? 0 : workers,
  concurrency,
  inline
})

export const bench = (
  input: BenchInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> => {
  const { messages, payload } = input
  return execute(input, {
    workload: "bench",
    options: { messages, payload, ...commonOptions(input) },
    workloads: ofMessages(messages, payload),
    unit: "steps"
  })
}

export const benchInstances = (
  input: BenchInstancesInput
): Effect.Effect<ExitCode, unknown, Invocation | Output> => {
  const { instances, payloadSize, shape, steps } = input
  // Latency is that of an idle system: one at a time.
  const isAlone = shape === "latency" || shape === "loop"
  const batchSize = isAlone ? 1 : Math.min(input.batchSize, instances)
  const inFlight = Option.getOrElse(input.inFlight, () => isAlone ? 1 : IN_FLIGHT)
  return execute(input, {
    workload: `bench-instances-${shape}`,
    options: {
      instances,
      batch_size: batchSize,
      in_flight: inFlight,
      payload_size: payloadSize,
      steps,
      shape,
      ...commonOptions(input)
    },
    workloads: [{
      exportName: shape === "fan-out" ? "fanOut" : "chain",
      instances,
      stepsPerInstance: steps,
      payloadSize,
      batchSize,
      inFlight
    }],
    unit: "instances"
  })
}

/** Enough that batches fill on 2 cores; more only waits longer. */
const IN_FLIGHT = 1000
