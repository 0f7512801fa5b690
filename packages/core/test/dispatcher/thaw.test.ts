/** A commit whose row somebody else had locked is stored later, with what has happened since. */
import { assert, describe, it } from "@effect/vitest"
import { DispatcherCore } from "../../src/dispatcher/DispatcherCore.ts"
import { encodeOutcome } from "../../src/dispatcher/EventCodec.ts"
import type { Arrived, CommitEntry } from "../../src/queue/Queue.ts"
import { decideRetry, decideTimeout, limitMillis } from "../../src/retry/decide.ts"
import { fanMachine } from "./fanMachine.ts"
import { file, loadedOf, NOW } from "./loadedOf.ts"

const loaded = loadedOf(1, "3")
const ID = loaded.id

const message = (fields: Partial<Arrived>): Arrived => ({
  id: "m1",
  instanceId: ID,
  kind: "terminate",
  effect: 0,
  name: null,
  payload: null,
  repeated: false,
  ...fields
})

/** The entry after one with three offers came back, and this message was read. */
const entryAfter = (arrived: Arrived): CommitEntry => {
  let commits = 0
  const core = new DispatcherCore(
    { maxInstances: 10, maxStateBytes: 2 ** 40, parkAfterMillis: 1000, commitEntries: 10 },
    {
      now: () => NOW,
      commitId: () => String(++commits),
      scheduler: {
        machine: () => fanMachine({ limit: { key: "k", concurrency: 1 } }),
        snapshotDue: () => false
      },
      retries: { decide: decideRetry },
      timeouts: { decide: decideTimeout, limitMillis },
      isCertain: () => true,
      onFault: (id, cause) => assert.fail(`${id}: ${String(cause)}`),
      pool: { slots: () => 10, submit: () => {}, interrupt: () => {} }
    }
  )
  core.adopt(loaded, file)
  const [first] = core.takeCommit("d")!.entries
  assert.deepStrictEqual(first!.offers!.map(({ effect }) => effect), [1, 2, 3])
  core.committed({ accepted: new Set(), busy: new Set([ID]) })
  core.receive([{ id: ID, epoch: 1 }], [arrived])
  return core.takeCommit("d")!.entries[0]!
}

describe("offers of a commit that was put off", () => {
  it("are made by the next one, without a call that has ended since", () => {
    const payload = encodeOutcome({ ok: true, value: "7" })
    const { offers, then } = entryAfter(message({ kind: "outcome", effect: 2, payload }))

    assert.deepStrictEqual(offers!.map(({ effect }) => effect), [1, 3])
    assert.strictEqual(then.kind, "keep")
  })

  it("are not made when the instance has ended since", () => {
    const { offers, then } = entryAfter(message({ kind: "terminate" }))

    assert.deepStrictEqual(offers, [])
    assert.strictEqual(then.kind, "close")
  })
})
