import { assert, describe, it } from "@effect/vitest"
import { setImmediate } from "node:timers/promises"
import { type Sabotage, SABOTAGES } from "./Sabotage.ts"
import { noCounts, simulate } from "./simulate.ts"

/** As long as CI gives it; `npm run simulate` runs more, and replays a seed. */
const MILLIS = process.env["CI"] === "true" ? 45_000 : 10_000
/** However slow the machine is. */
const AT_LEAST = 1000
/** Needs several others at once. */
const RARE = "overAttempts"

describe("dispatchers over one queue", () => {
  it("lose nothing and do nothing twice, whatever the schedule", async () => {
    const total = noCounts()
    const endsAt = performance.now() + MILLIS
    let seed = 1
    for (; seed <= AT_LEAST || performance.now() < endsAt; seed++) {
      // The runner asks now and then whether this process is there.
      if (seed % 50 === 0) await setImmediate()
      const { broken, counts } = simulate(seed)
      assert.isUndefined(
        broken,
        `${broken}\nnpm run simulate -- --seed ${seed} --schedules 1`
      )
      for (const key of Object.keys(total) as Array<keyof typeof total>) total[key] += counts[key]
    }
    for (const [fault, count] of Object.entries(total)) {
      assert.isAbove(count, fault === RARE ? 0 : seed / 10, `${fault} hardly happened`)
    }
  }, 600_000)

  it.each(Object.keys(SABOTAGES) as Array<Sabotage>)("are caught under %s", (sabotage) => {
    for (let seed = 1; seed <= 1000; seed++) {
      if (simulate(seed, sabotage).broken !== undefined) return
    }
    assert.fail("no schedule noticed")
  }, 120_000)

  it("do the same again for the same seed", () => {
    assert.deepStrictEqual(simulate(7), simulate(7))
  })
})
