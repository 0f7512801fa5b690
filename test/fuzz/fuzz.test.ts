import { assert, describe, it } from "@effect/vitest"
import { type Failure, fuzz, printFailure } from "./fuzz.ts"
import { sabotages } from "./sabotage.ts"

/** Small enough for every run of the tests; `npm run fuzz` goes on from here. */
const PROGRAMS = 250

const texts = (failures: ReadonlyArray<Failure>): string => failures.map(printFailure).join("\n\n")

describe("generated programs", () => {
  it("do in the machine what they do under Node, also restored and caught up", async () => {
    const { coverage, failures, unusable } = await fuzz({ seed: 1, programs: PROGRAMS })

    assert.strictEqual(texts(failures), "")
    assert.isBelow(unusable, PROGRAMS / 100)
    assert.isAbove(coverage.nodes / coverage.programs, 30)
    assert.isAbove(coverage.awaits / coverage.programs, 3)
  }, 240_000)
})

/** A program that shows it; `npm run fuzz -- --sabotage all` looks for one of each. */
const SEEDS: Readonly<Record<string, number>> = {
  "for-await-without-await": 1,
  "returned-promise-awaited": 3,
  "one-line-further": 16,
  "finally-after-success-only": 31,
  "nullish-as-or": 47,
  "no-fall-through": 47,
  "default-for-null": 67,
  "shared-loop-variable": 201,
  "zero-without-sign": 259
}

describe("a fault put in on purpose is found", () => {
  for (const [name, seed] of Object.entries(SEEDS)) {
    const sabotage = sabotages[name]!
    it(`${name}: ${sabotage.says}`, async () => {
      const { failures } = await fuzz({ seed, programs: 1, sabotage, most: 1, shrinks: 0 })

      assert.lengthOf(failures, 1)
    }, 60_000)
  }
})
