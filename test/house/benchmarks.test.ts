/** Benchmarks that nobody runs rot: each runs once here, with sizes that say nothing. */
import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { resolve } from "node:path"
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
})
