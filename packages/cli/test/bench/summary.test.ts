import { assert, describe, it } from "@effect/vitest"
import { latencyOf, Meter, percentile } from "../../src/bench/Meter.ts"
import { parseLine, summarise, textOf } from "../../src/bench/summary.ts"

const memory = { dispatcher_rss_mib: 150, worker_rss_mib: null }

const progress = (elapsed_s: number, done: number, rate: number) => ({
  elapsed_s,
  done,
  of: 100,
  steps: done * 3,
  throughput_per_s: rate / 3,
  steps_per_s: rate,
  p50_ms: 2,
  p95_ms: null,
  ...memory
})

const jsonOf = (workload: string, line: object) =>
  JSON.stringify({ kind: "progress", workload, ...line })

describe("percentile", () => {
  it("is the nearest rank, and none of nothing", () => {
    const hundred = Array.from({ length: 100 }, (_, i) => i + 1)
    assert.strictEqual(percentile(hundred, 0.5), 50)
    assert.strictEqual(percentile(hundred, 0.99), 99)
    assert.strictEqual(percentile(hundred, 1), 100)
    assert.strictEqual(percentile([7], 0.01), 7)
    assert.strictEqual(percentile([], 0.5), null)
  })

  it("is taken of the values in the order of their size", () => {
    assert.deepStrictEqual(latencyOf([100, 9, 20]), { p50: 20, p95: 100, p99: 100, max: 100 })
  })
})

describe("Meter", () => {
  it("a live line counts what is new since the last one", () => {
    const meter = new Meter(10, 1000)
    meter.finished(5, 3)
    meter.finished(7, 3)
    const first = meter.progress(2000, memory)
    meter.finished(100, 3)
    const second = meter.progress(4000, memory)

    assert.deepStrictEqual([first.done, first.throughput_per_s, first.steps_per_s], [2, 2, 6])
    assert.deepStrictEqual([second.done, second.throughput_per_s, second.steps_per_s], [
      3,
      0.5,
      1.5
    ])
    assert.strictEqual(second.p50_ms, 100)
    assert.strictEqual(second.elapsed_s, 3)
    assert.strictEqual(second.dispatcher_rss_mib, 150)
  })
})

describe("summarise", () => {
  it("reads a live line for people as the one for scripts", () => {
    const line = progress(2.5, 10, 30)
    assert.deepStrictEqual(parseLine(textOf("bench", line)), parseLine(jsonOf("bench", line)))
  })

  it("passes over what no benchmark wrote", () => {
    const lines = ["", "{", "{\"kind\":\"other\"}", "a=1 b=2", "null", "level=INFO message=done=1"]
    assert.deepStrictEqual(summarise(lines), [])
  })

  it("tells runs apart, and which of them were cut off", () => {
    const result = {
      kind: "result",
      workload: "bench",
      elapsed_s: 4,
      instances: 100,
      steps_per_s: 75
    }
    const runs = summarise([
      jsonOf("bench", progress(1, 10, 30)),
      jsonOf("bench", progress(2, 30, 60)),
      "a line of something else",
      jsonOf("bench", progress(1, 50, 150)),
      jsonOf("bench", progress(4, 100, 50)),
      JSON.stringify(result),
      textOf("bench-instances-chain", progress(3, 100, 100))
    ])

    assert.deepStrictEqual(
      runs.map(({ done, finished, lines, workload }) => [workload, finished, lines, done]),
      [
        ["bench", false, 2, 30],
        ["bench", true, 3, 100],
        ["bench-instances-chain", true, 1, 100]
      ]
    )
    assert.deepStrictEqual(runs[0]!.steps_per_s, { mean: 45, min: 30, max: 60 })
    assert.deepStrictEqual(runs[1]!.steps_per_s, { mean: 75, min: 50, max: 150 })
    const { kind: _, ...report } = result
    assert.deepStrictEqual(runs[1]!.result as object, report)
    assert.strictEqual(runs[2]!.result, null)
  })
})
