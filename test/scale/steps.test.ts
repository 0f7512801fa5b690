/** The measurements of docs/reliability.md, at a size that fits a test run. */
import { assert, describe, it } from "vitest"
import * as Resume from "./resume.ts"
import { measure } from "./steps.ts"

describe("many calls of one instance", () => {
  for (const database of ["memory", "postgres"] as const) {
    it(`come back whole and in order from a fan-out (${database})`, async () => {
      const cost = await measure({ shape: "fanOut", calls: 3000, database, workers: 0 })

      assert.strictEqual(cost.calls, 3000)
      // A snapshot of the whole state per report would be 700 kB each.
      if (cost.walMiB !== null) assert.isBelow(cost.walMiB, 20)
    }, 60_000)
  }

  it("cost a loop no more bytes each the longer it runs", async () => {
    const cost = await measure({ shape: "loop", calls: 2000, database: "postgres", workers: 0 })

    assert.strictEqual(cost.calls, 2000)
    assert.isBelow(cost.walMiB! * 2 ** 20 / cost.calls, 3000)
  }, 60_000)
})

describe("a loop whose dispatcher is killed", () => {
  it("goes on in another process where it was", async () => {
    const { eventMillis, stepMillis, stored } = await Resume.measure({ calls: 600, at: 20 })

    assert.isAtLeast(stored, 20)
    assert.isAbove(eventMillis, 0)
    assert.isAtLeast(stepMillis, eventMillis)
  }, 120_000)
})
