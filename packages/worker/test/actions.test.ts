import { assert, layer } from "@effect/vitest"
import { decodeValue, encodeValue } from "@rappel/core/value/Value"
import { WorkerPool } from "@rappel/core/worker/WorkerPool"
import { reportsOf } from "@rappel/test/kit/suites/WorkerPool"
import * as Effect from "effect/Effect"
import { Money } from "./fixtures/project/src/money.ts"
import { call, callOf, errorIn, pool, valueOf } from "./Pool.ts"

const shared = pool({ concurrency: 40, env: { RAPPEL_FIXTURE: "yes" } })

layer(shared, { excludeTestServices: true, timeout: "60 seconds" })("actions in a worker", (it) => {
  it.effect("20 payloads of 200 KB of non-ASCII text arrive unchanged", () =>
    Effect.gen(function*() {
      const { submit } = yield* WorkerPool
      const text = "é€😀\ud800".repeat(33_000)
      const calls = Array.from({ length: 20 }, (_, i) => callOf("echo", [text + i]))
      submit(calls)

      const reports = yield* reportsOf(calls)

      const echoed = new Map(reports.map((report) => [
        report.id,
        report.kind === "succeeded" ? decodeValue(report.value) : report
      ]))
      calls.forEach(({ id }, i) => assert.isTrue(echoed.get(id) === text + i))
    }))

  it.effect("a module that cannot be imported fails its call and says why", () =>
    Effect.gen(function*() {
      const error = errorIn(yield* call("neverThere", [], "src/broken.ts"))

      assert.strictEqual(error.name, "UnknownAction")
      assert.include(error.message, "src/broken.ts cannot be imported")
      assert.include(error.message, "the settings file is missing")
      assert.isNumber(yield* valueOf("pid"))
    }))

  it.effect("an instance of a class arrives as one, though its module was not loaded", () =>
    Effect.gen(function*() {
      const { submit } = yield* WorkerPool
      const request = {
        ...callOf("isMoney", [], "src/prices.ts"),
        args: encodeValue([new Money(250)], {
          classOf: () => ({ name: "Money", module: "src/money.ts", export: "Money", bases: [] }),
          prototypeOf: () => undefined
        })
      }
      submit([request])
      const [report] = yield* reportsOf([request])

      assert.deepInclude(report, { kind: "succeeded", value: "2.5" })

      const made = yield* call("makeMoney", [], "src/prices.ts")
      assert.include(JSON.stringify(made), "src/money.ts")
    }))

  it.effect("Effects share the layer that their module exports", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* valueOf("builds", [], "src/layered.ts"), 1)
      assert.strictEqual(yield* valueOf("builds", [], "src/layered.ts"), 1)
    }))

  it.effect("the current call is each action's own, across waits and fibers", () =>
    Effect.gen(function*() {
      const { submit } = yield* WorkerPool
      const calls = Array.from({ length: 40 }, (_, i) => ({
        ...callOf(i % 2 === 0 ? "callAcrossWaits" : "callAcrossFibers"),
        effect: i + 1
      }))
      submit(calls)

      const reports = yield* reportsOf(calls)

      for (const { effect, exportName, id } of calls) {
        const report = reports.find((report) => report.id === id)
        const times = exportName === "callAcrossWaits" ? 2 : 3
        assert.deepInclude(report, {
          kind: "succeeded",
          value: JSON.stringify(Array.from({ length: times }, () => effect))
        })
      }
    }))

  it.effect("the environment given to the pool reaches the workers", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* valueOf("environment", ["RAPPEL_FIXTURE"]), "yes")
    }))
})
