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
  "super-as-this": 16,
  "no-fall-through": 16,
  "returned-promise-awaited": 25,
  "one-line-further": 47,
  "nullish-as-or": 51,
  "stale-slots": 112,
  "shared-loop-variable": 120,
  "finally-after-success-only": 123,
  "default-for-null": 155,
  "for-await-without-await": 166,
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
