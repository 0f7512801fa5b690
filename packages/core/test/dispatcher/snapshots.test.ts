/** R12: how many bytes snapshots cost over the life of an instance. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { DispatcherCore } from "../../src/dispatcher/DispatcherCore.ts"
import { decideRetry, decideTimeout, limitMillis } from "../../src/retry/decide.ts"
import * as Scheduler from "../../src/scheduler/Scheduler.ts"
import type { CallRequest } from "../../src/worker/WorkerPool.ts"
import { chainMachine } from "./chainMachine.ts"
import { file, loadedOf } from "./loadedOf.ts"

/** Bytes of events and of snapshots of a chain whose every step adds `bytes` to the state. */
const costOf = (steps: number, bytes: number) => {
  const scheduler = Effect.runSync(Effect.provide(Scheduler.Scheduler, Scheduler.layer))
  const submitted: Array<CallRequest> = []
  const core = new DispatcherCore({
    maxInstances: 1,
    maxStateBytes: 2 ** 40,
    parkAfterMillis: 1000,
    commitEntries: 10
  }, {
    now: () => 0,
    commitId: () => "commit",
    scheduler: { ...scheduler, machine: () => chainMachine },
    retries: { decide: decideRetry },
    timeouts: { decide: decideTimeout, limitMillis },
    isCertain: () => true,
    onFault: (_id, cause) => {
      throw cause
    },
    pool: { slots: () => 1, submit: (calls) => submitted.push(...calls), interrupt: () => {} }
  })
  core.adopt(
    loadedOf(1, JSON.stringify(Array.from({ length: steps }, () => "work")), { startedAt: 0 }),
    file
  )
  const cost = { events: 0, snapshots: 0, count: 0, isDone: false }
  for (let call = submitted.shift(); call !== undefined; call = submitted.shift()) {
    core.reports([{ id: call.id, kind: "succeeded", value: "x".repeat(bytes), millis: 0 }])
    const commit = core.takeCommit("me")!
    for (const { events, id, outcome, snapshot } of commit.entries) {
      for (const { payload } of events) cost.events += payload?.length ?? 0
      cost.snapshots += snapshot?.body.length ?? 0
      if (snapshot !== null) cost.count++
      if (outcome !== null) cost.isDone = true
      core.committed({ accepted: new Set([id]), busy: new Set() })
    }
  }
  assert.isTrue(cost.isDone)
  return cost
}

describe("R12: snapshots are written by what they cost", () => {
  it("a state that grows with every step costs bytes in proportion to its events", () => {
    const short = costOf(250, 4000)
    const long = costOf(1000, 4000)

    assert.isBelow(short.snapshots, 3 * short.events)
    // By count it would be 16 times as much, by every step 250 times.
    assert.isBelow(long.snapshots, 3 * long.events)
    assert.isBelow(long.snapshots, 6 * short.snapshots)
  })

  it("a small state is not written with every step", () => {
    const { count, snapshots } = costOf(500, 1)

    assert.isAtMost(count, 1)
    assert.isBelow(snapshots, 64 * 1024)
  })
})
