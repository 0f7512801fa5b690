import { assert, describe, it } from "@effect/vitest"
import { aloneMember, idleSpare, make, type Member, type Stage } from "../../src/pool/Member.ts"
import type { WorkerProcess } from "../../src/WorkerProcess.ts"

const member = (stage: Stage, load = 0): Member => {
  const one = make({ pid: 1 } as WorkerProcess, { troubles: 0 })
  one.stage = stage
  for (let id = 100; id < 100 + load; id++) one.unreleased.add(id)
  return one
}

describe("aloneMember", () => {
  it("prefers a spare worker, also for a call that waits for another", () => {
    const busy = member("serving", 2)
    const spare = member("spare")
    assert.isUndefined(aloneMember([busy], 7))
    assert.strictEqual(busy.alone, 7)

    assert.strictEqual(aloneMember([busy, spare], 7), spare)

    assert.isNull(busy.alone)
    assert.strictEqual(spare.alone, 7)
  })

  it("sets the least loaded apart, and leaves one to the other calls", () => {
    const [one, two, three] = [member("serving", 3), member("serving", 1), member("serving", 2)]
    const all = [one, two, three]

    for (const call of [7, 8, 9]) assert.isUndefined(aloneMember(all, call))

    assert.deepStrictEqual(all.map(({ alone }) => alone), [null, 7, 8])
    two.unreleased.clear()
    assert.strictEqual(aloneMember(all, 7), two)
  })

  it("leaves the last one alone while a spare one is busy, and takes it when there is none", () => {
    const last = member("serving")
    const spare = member("spare")
    assert.strictEqual(aloneMember([last, spare], 7), spare)

    assert.isUndefined(aloneMember([last, spare], 8))

    assert.strictEqual(aloneMember([last], 8), last)
  })

  it("never takes one that leaves", () => {
    assert.isUndefined(aloneMember([member("leaving"), member("stopping")], 7))
  })
})

describe("idleSpare", () => {
  it("is none that executes a call or has one that goes on", () => {
    const executing = member("spare")
    executing.alone = 7
    assert.isUndefined(idleSpare([member("serving"), executing, member("spare", 1)]))
    const idle = member("spare")
    assert.strictEqual(idleSpare([executing, idle]), idle)
  })
})
