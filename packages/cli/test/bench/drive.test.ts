import { assert, describe, it } from "@effect/vitest"
import type { OnResult, RappelClient } from "@rappel/core/client/RappelClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { drive } from "../../src/bench/drive.ts"
import { Meter } from "../../src/bench/Meter.ts"
import { chain } from "../../src/bench/workflows.ts"
import type { Workload } from "../../src/bench/Workload.ts"

const workload: Workload = {
  exportName: "chain",
  instances: 7,
  stepsPerInstance: 3,
  payloadSize: 32,
  batchSize: 3,
  inFlight: 3
}

/** Runs each instance by calling its workflow; `spoil` may change what it returned. */
const clientOf = (starts: Array<number>, spoil: (value: string, id: string) => string) => {
  const inputs = new Map<string, ReadonlyArray<unknown>>()
  return {
    startMany: (_: unknown, items: ReadonlyArray<{ readonly args: ReadonlyArray<unknown> }>) =>
      Effect.sync(() => {
        starts.push(items.length)
        return items.map(({ args }) => {
          const id = String(inputs.size)
          inputs.set(id, args)
          return id
        })
      }),
    results: (ids: ReadonlyArray<string>, onResult: OnResult) =>
      Effect.promise(async () => {
        for (const [i, id] of ids.entries()) {
          const value = spoil(await chain(...(inputs.get(id) as [string, number])), id)
          onResult(Exit.succeed(value), i)
        }
      }),
    execute: (_: unknown, args: ReadonlyArray<unknown>) =>
      Effect.promise(async () => {
        const id = String(starts.push(1) - 1)
        return spoil(await chain(...(args as [string, number])), id)
      })
  } as unknown as RappelClient["Type"]
}

const run = (spoil: (value: string, id: string) => string, batchSize = 3) => {
  const starts: Array<number> = []
  const meter = new Meter(7, 0)
  const programs = {} as Parameters<typeof drive>[0]["programs"]
  return Effect.map(
    Effect.either(
      drive({ client: clientOf(starts, spoil), meter, programs }, { ...workload, batchSize })
    ),
    (ended) => ({ ended, meter, starts })
  )
}

describe("drive", () => {
  it.effect("starts all instances in batches and counts each one", () =>
    Effect.gen(function*() {
      const { ended, meter, starts } = yield* run((value) => value)
      assert.strictEqual(ended._tag, "Right")
      assert.deepStrictEqual(starts, [3, 3, 1])
      assert.lengthOf(meter.latencies, 7)
      assert.strictEqual(meter.steps, 21)
    }))

  it.effect("starts them one by one where a batch is one", () =>
    Effect.gen(function*() {
      const { ended, meter, starts } = yield* run((value) => value, 1)
      assert.strictEqual(ended._tag, "Right")
      assert.deepStrictEqual(starts, [1, 1, 1, 1, 1, 1, 1])
      assert.lengthOf(meter.latencies, 7)
    }))

  for (const batchSize of [1, 3]) {
    it.effect(`one wrong character in one result fails it, in batches of ${batchSize}`, () =>
      Effect.gen(function*() {
        const { ended } = yield* run(
          (value, id) => id === "4" ? `${value.slice(0, -1)}?` : value,
          batchSize
        )
        assert.strictEqual(ended._tag, "Left")
        if (ended._tag === "Left") assert.match(String(ended.left), /An instance of chain returned/)
      }))
  }
})
