import { assert, describe, it } from "@effect/vitest"
import type { CallRequest } from "@rappel/core/worker/WorkerPool"
import * as Effect from "effect/Effect"
import { Assignments } from "../../src/pool/Assignments.ts"
import * as Member from "../../src/pool/Member.ts"

/** Assignments to one worker, and the calls of each message to it. */
const watched = () => {
  const messages: Array<ReadonlyArray<number>> = []
  const nothing = () => {}
  const assignments = new Assignments(10, Infinity, {
    report: nothing,
    worn: nothing,
    leaving: nothing,
    eased: nothing,
    learned: nothing
  })
  const member = Member.make({
    pid: 1,
    startedAt: 0,
    closed: Effect.never,
    submit: (calls) => {
      messages.push(calls.map(({ id }) => id))
    },
    prepare: nothing,
    interrupt: () => Effect.void,
    stop: () => Effect.void,
    kill: Effect.void,
    exited: Effect.never
  }, { troubles: 0 })
  member.stage = "serving"
  assignments.members.add(member)
  const give = (...ids: ReadonlyArray<number>) => {
    for (const id of ids) assignments.add(call(id))
    assignments.pump()
  }
  return { give, messages }
}

const call = (id: number): CallRequest => ({
  id,
  instanceId: "i",
  effect: id,
  action: "a",
  file: "a.ts",
  exportName: "a",
  args: "[]",
  attempt: 1
})

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

describe("Assignments", () => {
  it("an idle worker gets what is given together within the turn", async () => {
    const { give, messages } = watched()

    give(1)
    give(2, 3)

    assert.deepStrictEqual(messages, [])
    await Promise.resolve()
    assert.deepStrictEqual(messages, [[1, 2, 3]])
  })

  it("a busy worker gets what is given in a turn in one message", async () => {
    const { give, messages } = watched()
    give(1)
    await Promise.resolve()

    give(2)
    await Promise.resolve()
    give(3)

    assert.deepStrictEqual(messages, [[1]])
    await nextTurn()
    assert.deepStrictEqual(messages, [[1], [2, 3]])
  })
})
