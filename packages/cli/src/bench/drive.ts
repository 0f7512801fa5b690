/**
 * Starts the instances of a workload, awaits each of them and compares what it returned.
 *
 * @since 0.1.0
 */
import type { RappelClient } from "@rappel/core/client/RappelClient"
import type { ProgramFile } from "@rappel/core/program/Program"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Meter } from "./Meter.ts"
import { expectedOf, payloadOf, type Workload } from "./Workload.ts"

/** An instance returned something else than the same functions called by Node. */
export class WrongResult extends Data.TaggedError("WrongResult")<{ readonly message: string }> {}

export interface Drive {
  readonly client: RappelClient["Type"]
  readonly programs: Readonly<Record<Workload["exportName"], ProgramFile>>
  readonly meter: Meter
}

export const drive = (
  { client, meter, programs }: Drive,
  workload: Workload
): Effect.Effect<void, unknown> => {
  const { batchSize, exportName, inFlight, instances, payloadSize, stepsPerInstance } = workload
  const file = programs[exportName]

  const isRight = (text: string, startedAt: number, value: unknown): boolean => {
    meter.finished(performance.now() - startedAt, stepsPerInstance)
    return value === expectedOf(workload, text)
  }
  const wrongResult = (value: unknown) =>
    new WrongResult({
      message: `An instance of ${exportName} returned ${
        JSON.stringify(value)?.slice(0, 100)
      }, not what Node returns for the same input`
    })

  const what = { kind: "program", file } as const
  const argsOf = (text: string) => [text, stepsPerInstance] as const

  /** As `run()` does. */
  const one = Effect.suspend(() => {
    const text = payloadOf(payloadSize)
    const startedAt = performance.now()
    return Effect.flatMap(
      client.execute(what, argsOf(text)),
      (value) => isRight(text, startedAt, value) ? Effect.void : Effect.fail(wrongResult(value))
    )
  })

  /** As `startMany()` does, and `results()` of what was started. */
  const many = (size: number) =>
    Effect.gen(function*() {
      const texts = Array.from({ length: size }, () => payloadOf(payloadSize))
      const startedAt = performance.now()
      const ids = yield* client.startMany(what, texts.map((text) => ({ args: argsOf(text) })))
      const wrong: Array<Effect.Effect<void, unknown>> = []
      yield* client.results(ids, (result, i) => {
        if (Exit.isFailure(result)) wrong.push(result)
        else if (!isRight(texts[i]!, startedAt, result.value)) wrong.push(wrongResult(result.value))
      })
      yield* Effect.all(wrong, { discard: true })
    })

  let started = 0
  const next = (): Effect.Effect<void, unknown> => {
    const size = Math.min(batchSize, instances - started)
    started += size
    return batchSize === 1 ? one : many(size)
  }
  // Not a `forEach` over all batches: it keeps each one's fiber until its end, which is most of
  // what a run of ten minutes would show of memory.
  const batches = Effect.whileLoop({
    while: () => started < instances,
    body: next,
    step: () => {}
  })
  const atOnce = Math.max(Math.floor(inFlight / batchSize), 1)
  return Effect.all(Array.from({ length: atOnce }, () => batches), {
    concurrency: "unbounded",
    discard: true
  })
}
