import { assert, describe, it } from "@effect/vitest"
import { setImmediate } from "node:timers/promises"
import { noCounts, simulate } from "./simulate.ts"

/**
 * More schedules: `SIMULATIONS=1000000 npm test -- simulation`; others: `SIMULATION_FROM` is the
 * first seed. A failure prints its seed: `SIMULATION_FROM=<seed> SIMULATIONS=1` replays it.
 */
const SCHEDULES = Number(process.env["SIMULATIONS"] ?? 1500)
const FIRST = Number(process.env["SIMULATION_FROM"] ?? 1)

describe("dispatchers over one queue", () => {
  it("lose nothing and do nothing twice, whatever the schedule", async () => {
    const total = noCounts()
    for (let seed = FIRST; seed < FIRST + SCHEDULES; seed++) {
      // The runner asks now and then whether this process is there.
      if (seed % 50 === 0) await setImmediate()
      const { broken, counts } = simulate(seed)
      assert.isUndefined(broken, `seed ${seed}: ${broken}`)
      for (const key of Object.keys(total) as Array<keyof typeof total>) total[key] += counts[key]
    }
    for (const [fault, count] of SCHEDULES < 100 ? [] : Object.entries(total)) {
      assert.isAbove(count, SCHEDULES / 10, `${fault} hardly happened`)
    }
  }, 3_600_000)

  const finds = (sabotage: Parameters<typeof simulate>[1]) => {
    for (let seed = 1; seed <= 500; seed++) {
      if (simulate(seed, sabotage).broken !== undefined) return seed
    }
    return undefined
  }

  it("are caught when a call goes out before its input is durable", () => {
    assert.isDefined(finds({ commitAfterSend: true }))
  })

  it("are caught when a commit of a former owner is believed", () => {
    assert.isDefined(finds({ noFence: true }))
  })
})
