/** The measurement of docs/flow-control.md, at a size that fits a test run. */
import { assert, describe, it } from "vitest"
import { measure } from "./fanOut.ts"

describe("a fan-out of calls", () => {
  for (const database of ["memory", "postgres"] as const) {
    it(`comes back whole and in order (${database})`, async () => {
      const cost = await measure({ calls: 3000, database, workers: 0 })

      assert.strictEqual(cost.calls, 3000)
      // A snapshot of the whole state per report would be 700 kB each.
      if (cost.walMiB !== null) assert.isBelow(cost.walMiB, 20)
    }, 60_000)
  }
})
