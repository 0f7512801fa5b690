/** Benchmarks that nobody runs rot: each runs once here, with sizes that say nothing. */
import { assert, describe, it } from "@effect/vitest"
import * as Postgres from "@rappel/test/kit/Postgres"
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { promisify } from "node:util"

const root = resolve(import.meta.dirname, "../..")
const run = promisify(execFile)

interface ScaleModel {
  readonly simulate: (options: ScaleOptions) => {
    readonly steps_per_s: number
    readonly step_ms: number
    readonly postgres_busy: number
  }
  readonly boundOf: (options: ScaleOptions) => number
}

interface ScaleOptions {
  readonly cpus: number
  readonly dispatchers: number
  readonly inFlight: number
  readonly millis: number
}

const BENCHMARKS: ReadonlyArray<readonly [file: string, ...args: ReadonlyArray<string>]> = [
  ["packages/compiler/benchmarks/pure.ts", "--rounds", "1"],
  ["packages/worker/benchmarks/roundTrips.ts", "--calls", "200", "--workers", "1"]
]

describe("benchmarks", () => {
  for (const [file, ...args] of BENCHMARKS) {
    it(`${file} runs`, async () => {
      const { stdout } = await run(
        process.execPath,
        ["scripts/with-sources.mjs", file, ...args],
        { cwd: root }
      )

      assert.match(stdout, /\d/)
    }, 180_000)
  }

  it("the model of docs/scale.md does no more than its servers can", async () => {
    const { boundOf, simulate } = await import(join(root, "benchmarks/scale.mjs")) as ScaleModel
    for (const cpus of [1, 4]) {
      for (const dispatchers of [1, 3, 9]) {
        for (const inFlight of [1, 60]) {
          const options = { cpus, dispatchers, inFlight, millis: 1000 }
          const { postgres_busy, step_ms, steps_per_s } = simulate(options)

          const what = JSON.stringify(options)
          assert.isAtMost(steps_per_s, boundOf(options) * 1.03, what)
          assert.isAtMost(postgres_busy, 1, what)
          // Little's law: what is in flight is the rate times the time of each.
          assert.closeTo(steps_per_s * step_ms / 1000 / (dispatchers * inFlight), 1, 0.03, what)
        }
      }
    }
  })

  // The peers are no dependencies of this repository: benchmarks/README.md says how to run them.
  it("the comparison runs, with rappel and the bare loop", async () => {
    const out = mkdtempSync(join(tmpdir(), "rappel-compare-"))

    const options = `--url ${await Postgres
      .url()} --engines rappel,bare --only W2,W3,W4 --tiny --repetitions 1`
    const { stdout } = await run(
      process.execPath,
      ["benchmarks/compare.mjs", ...options.split(" "), "--out", out],
      { cwd: root }
    )

    assert.match(stdout, /### W4/)
    const { runs } = JSON.parse(readFileSync(join(out, "results.json"), "utf8")) as {
      readonly runs: ReadonlyArray<{ readonly failed?: string; readonly per_second: number }>
    }
    assert.deepStrictEqual(runs.flatMap(({ failed }) => failed ?? []), [])
    assert.strictEqual(runs.filter(({ per_second }) => per_second > 0).length, 6)
  }, 300_000)
})
