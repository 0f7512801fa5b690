import { assert, describe, it } from "@effect/vitest"
import { setImmediate } from "node:timers/promises"
import { simulate } from "./simulation.ts"

/** More schedules: `SIMULATIONS=1000000 npm test -- simulation`. */
const SCHEDULES = Number(process.env["SIMULATIONS"] ?? 1500)

describe("dispatchers over one queue", () => {
  it("lose nothing and do nothing twice, whatever the schedule", async () => {
    const total = { crashes: 0, zombies: 0, lostAnswers: 0, busy: 0, commits: 0, executions: 0 }
    for (let seed = 1; seed <= SCHEDULES; seed++) {
      // The runner asks now and then whether this process is there.
      if (seed % 50 === 0) await setImmediate()
      const { broken, counts } = simulate(seed)
      assert.isUndefined(broken, `seed ${seed}: ${broken}`)
      for (const key of Object.keys(total) as Array<keyof typeof total>) total[key] += counts[key]
    }
    for (const [fault, count] of Object.entries(total)) {
      assert.isAbove(count, SCHEDULES / 10, `${fault} hardly happened`)
    }
  }, 600_000)

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
