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

  // The peers are no dependencies of this repository: benchmarks/README.md says how to run them.
  it("the comparison runs, with rappel alone", async () => {
    const out = mkdtempSync(join(tmpdir(), "rappel-compare-"))

    const options = `--url ${await Postgres
      .url()} --engines rappel --only W2,W4 --tiny --repetitions 1`
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
    assert.strictEqual(runs.filter(({ per_second }) => per_second > 0).length, 2)
  }, 300_000)
})
