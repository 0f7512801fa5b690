/** The measurement of docs/reliability.md, at a size that fits a test run. */
import { assert, it } from "vitest"
import { measure } from "./sleepers.ts"

it("instances that sleep cost rows only, and none wakes early", async () => {
  const cost = await measure({ instances: 5000, waking: 100, perSecond: 100 })

  assert.isBelow(cost.bytesPerInstance, 4000)
  assert.strictEqual(cost.early, 0)
  assert.isAbove(cost.latenessMillis.p50, 0)
}, 120_000)
