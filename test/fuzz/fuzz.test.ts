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
  "for-await-without-await": 2,
  "returned-promise-awaited": 8,
  "no-fall-through": 16,
  "nullish-as-or": 25,
  "one-line-further": 31,
  "zero-without-sign": 47,
  "last-index-lost": 81,
  "finally-after-success-only": 123,
  "callee-unnamed": 125,
  "super-as-this": 129,
  "plain-continue": 199,
  "shared-loop-variable": 201,
  "stale-slots": 386,
  "numeric-sort": 511,
  "default-for-null": 550
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
