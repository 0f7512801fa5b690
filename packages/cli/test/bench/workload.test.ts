import { assert, describe, it } from "@effect/vitest"
import { withDatabase } from "../../src/bench/Server.ts"
import { chain, fanOut } from "../../src/bench/workflows.ts"
import { expectedOf, ofMessages, payloadOf, type Workload } from "../../src/bench/Workload.ts"

const workload = (exportName: Workload["exportName"], stepsPerInstance: number): Workload => ({
  exportName,
  stepsPerInstance,
  instances: 1,
  payloadSize: 64,
  batchSize: 1,
  inFlight: 1
})

describe("the workloads", () => {
  it("what is expected is what Node returns for the same workflow", async () => {
    const text = payloadOf(64)
    assert.strictEqual(await chain(text, 3), expectedOf(workload("chain", 3), text))
    assert.strictEqual(await fanOut(text, 5), expectedOf(workload("fanOut", 5), text))
  })

  it("what is expected changes with the text, and with the number of steps", () => {
    const text = payloadOf(64)
    const results = [
      expectedOf(workload("chain", 2), text),
      expectedOf(workload("chain", 3), text),
      expectedOf(workload("chain", 3), payloadOf(64))
    ]
    assert.strictEqual(new Set(results).size, 3)
  })

  it("a payload has the size that was asked for", () => {
    for (const size of [1, 2, 3, 1024, 1025]) assert.lengthOf(payloadOf(size), size)
  })

  it("messages become instances of 500 calls, and one of the rest", () => {
    const calls = (messages: number) =>
      ofMessages(messages, 8).map((
        { instances, stepsPerInstance }
      ) => [instances, stepsPerInstance])
    assert.deepStrictEqual(calls(1), [[1, 1]])
    assert.deepStrictEqual(calls(500), [[1, 500]])
    assert.deepStrictEqual(calls(1250), [[2, 500], [1, 250]])
  })
})

describe("withDatabase", () => {
  it("changes the database of every form of an address, and nothing else", () => {
    for (
      const [given, expected] of [
        ["postgres://h", "postgres://h/b"],
        ["postgresql://u:p@h:5/a", "postgresql://u:p@h:5/b"],
        ["postgresql://u@/a?host=/tmp/s", "postgresql://u@/b?host=/tmp/s"],
        ["postgresql://u:p@h?sslmode=require", "postgresql://u:p@h/b?sslmode=require"]
      ]
    ) assert.strictEqual(withDatabase(given!, "b"), expected)
  })
})
