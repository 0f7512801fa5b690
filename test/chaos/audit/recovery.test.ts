import { assert, describe, it } from "@effect/vitest"
import type { Fault, FaultKind } from "../Faults.ts"
import type { Execution } from "../Ledger.ts"
import type { Books, Instance } from "./Books.ts"
import * as recovery from "./recovery.ts"

/** One call whose execution was lost, and that ran again from `again` on. */
const lost = (instanceId: string, dispatcher: number, again: number): ReadonlyArray<Execution> =>
  [
    { attempt: 1, startedAt: 0, endedAt: null, worker: 10 + dispatcher, dispatcher },
    { attempt: 2, startedAt: again, endedAt: again + 1, worker: 19, dispatcher: 9 }
  ].map((one) => ({ instanceId, effect: 1, input: "", result: "1", ...one }))

const executions = new Map([
  ["a", lost("a", 1, 900)],
  ["b", lost("b", 2, 400)]
])

/** Logs have nothing to say here. */
const books: Books = {
  instances: new Map(
    [...executions.keys()].map((id) => [id, { id, events: [] as unknown } as Instance])
  ),
  programs: new Map()
}

const fault = (
  kind: FaultKind,
  at: number,
  dispatcher: number | null = null,
  restoredAt = kind === "postgres-crash" ? at + 100 : at
): Fault => ({
  kind,
  at,
  restoredAt,
  target: "",
  dispatcher,
  worker: null
})

const summary = (...faults: ReadonlyArray<Fault>) =>
  recovery.summarise(faults, recovery.hitsOf(faults, books, executions))

describe("recovery", () => {
  it("counts from the fault to what is seen next, of those within its reach", () => {
    const { zombie } = summary(fault("zombie", 100, 1))
    assert.deepStrictEqual(zombie, {
      dealt: 1,
      hit: 1,
      instances: 1,
      p50: 800,
      p99: 800,
      most: 800,
      alone: { instances: 1, p50: 800, p99: 800, most: 800 }
    })
  })

  it("counts a crash of Postgres from its end, and as alone what nothing else had hit", () => {
    const { "postgres-crash": crash, zombie } = summary(
      fault("zombie", 100, 1),
      fault("postgres-crash", 200)
    )
    assert.strictEqual(crash.instances, 2)
    assert.strictEqual(crash.most, 600)
    assert.deepStrictEqual(crash.alone, { instances: 1, p50: 100, p99: 100, most: 100 })
    assert.strictEqual(zombie.most, 800)
    assert.deepStrictEqual(zombie.alone, { instances: 0, p50: null, p99: null, most: null })
  })

  it("knows of what lasted when the execution began", () => {
    const { partition, terminate } = summary(
      fault("partition", -100, 1, 300),
      fault("terminate", 100)
    )
    assert.strictEqual(partition.instances, 0)
    assert.strictEqual(terminate.instances, 2)
    assert.deepStrictEqual(terminate.alone, { instances: 1, p50: 300, p99: 300, most: 300 })
  })

  it("does not count what came after it was over", () => {
    const { terminate } = summary(fault("terminate", 100), fault("zombie", 500, 2))
    assert.strictEqual(terminate.alone.instances, 2)
  })
})
