/** Fan-outs are given out by windows, and instances take turns (PROTOCOL R15). */
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { adopt } from "../../src/dispatcher/adopt.ts"
import * as attempts from "../../src/dispatcher/attempts.ts"
import { Backlog } from "../../src/dispatcher/Backlog.ts"
import { DispatcherCore } from "../../src/dispatcher/DispatcherCore.ts"
import { CALL_WINDOW, takeFresh } from "../../src/dispatcher/Owned.ts"
import type { Loaded } from "../../src/queue/Queue.ts"
import { decideRetry, decideTimeout, limitMillis } from "../../src/retry/decide.ts"
import type { CallRequest } from "../../src/worker/WorkerPool.ts"
import { fanMachine } from "./fanMachine.ts"
import { file, idOf, loadedOf, NOW } from "./loadedOf.ts"

const machine = fanMachine()

const fanOf = (n: number, count: number, fields: Partial<Loaded> = {}): Loaded =>
  loadedOf(n, String(count), fields)

const coreWith = (slots: number) => {
  const executing: Array<CallRequest> = []
  const ownership = { isCertain: true }
  let commits = 0
  const core = new DispatcherCore(
    { maxInstances: 10, maxStateBytes: 2 ** 40, parkAfterMillis: 1000, commitEntries: 100 },
    {
      now: () => NOW,
      commitId: () => String(++commits),
      scheduler: { machine: () => machine, snapshotDue: () => true },
      retries: { decide: decideRetry },
      timeouts: { decide: decideTimeout, limitMillis },
      isCertain: () => ownership.isCertain,
      onFault: (id, cause) => assert.fail(`${id}: ${String(cause)}`),
      pool: {
        slots: () => slots,
        submit: (calls) => {
          executing.push(...calls)
        },
        interrupt: () => {}
      }
    }
  )
  return { core, executing, ownership }
}

describe("Backlog", () => {
  it("gives calls in the order in which they were asked for, and drops what is not wanted", () => {
    const backlog = new Backlog()
    const call = (effect: number) =>
      ({ kind: "call", effect, action: "work", args: "[]", policy: {} }) as const
    for (let i = 0; i < 300; i++) backlog.add({ at: i, calls: [call(2 * i + 1), call(2 * i + 2)] })
    backlog.add({ at: 300, calls: [] })

    const taken: Array<readonly [number, number]> = []
    for (;;) {
      const next = backlog.take((effect) => effect % 3 !== 0)
      if (next === undefined) break
      taken.push([next.effect.effect, next.at])
      if (taken.length === 100) assert.deepStrictEqual(backlog.times()[0], [150, 74])
    }

    const wanted = Array.from({ length: 600 }, (_, i) => i + 1).filter((effect) => effect % 3 !== 0)
    assert.deepStrictEqual(taken, wanted.map((effect) => [effect, (effect - 1) >> 1]))
    assert.strictEqual(backlog.size, 0)
    assert.deepStrictEqual(backlog.times(), [])
  })
})

describe("a fan-out", () => {
  it("holds no more calls than its window, however many slots there are", () => {
    const { core, executing } = coreWith(10_000)
    core.adopt(fanOf(1, 3000), file)
    assert.lengthOf(executing, CALL_WINDOW)
    assert.strictEqual(core.owned.get(idOf(1))!.calls.size, CALL_WINDOW)
    assert.strictEqual(core.waitingCount(), 2000)

    const { id } = executing[0]!
    core.reports([{ id, kind: "succeeded", value: "1", millis: 1 }])

    assert.strictEqual(executing.at(-1)!.effect, CALL_WINDOW + 1)
    assert.strictEqual(core.runningCount(), CALL_WINDOW)
  })

  it("leaves every other slot to the others", () => {
    const { core, executing, ownership } = coreWith(6)
    ownership.isCertain = false
    for (const n of [1, 2, 3]) core.adopt(fanOf(n, n === 3 ? 1 : 1000), file)

    ownership.isCertain = true
    core.confirmed()

    assert.deepStrictEqual(
      executing.map(({ instanceId }) => instanceId),
      [1, 2, 3, 1, 2, 1].map(idOf)
    )
    core.reports(
      executing.map(({ id }) => ({ id, kind: "succeeded", value: "1", millis: 1 }) as const)
    )
    assert.deepStrictEqual(
      executing.slice(6).map(({ instanceId }) => instanceId),
      [2, 1, 2, 1, 2, 1].map(idOf)
    )
  })

  it("completes, and its snapshot goes on where it was", () => {
    const { core, executing } = coreWith(100)
    core.adopt(fanOf(1, 500), file)
    for (let settled = 0; settled < 200; settled++) {
      const { id } = executing[settled]!
      core.reports([{ id, kind: "succeeded", value: "1", millis: 1 }])
    }
    const commit = core.takeCommit("d")!
    const [entry] = commit.entries
    assert.strictEqual(entry!.snapshot!.seq, 200)

    // Its owner dies: what ran may have run, and what had no slot yet has not.
    const other = coreWith(1000)
    const loaded = fanOf(1, 500, {
      epoch: 2,
      lastSeq: 200,
      snapshot: entry!.snapshot,
      events: entry!.events.slice(200)
    })
    other.core.adopt(loaded, file)
    assert.lengthOf(other.executing, 0)
    const losses = other.core.takeCommit("e")!
    assert.deepStrictEqual(
      losses.entries[0]!.events.map(({ effect, kind }) => [kind, effect]),
      Array.from({ length: 300 }, (_, i) => ["lost", 201 + i])
    )
    other.core.committed({ accepted: new Set([idOf(1)]), busy: new Set() })
    assert.lengthOf(other.executing, 300)
    for (const { id } of other.executing) {
      other.core.reports([{ id, kind: "succeeded", value: "1", millis: 1 }])
    }
    assert.deepStrictEqual(other.core.takeCommit("e")!.entries[0]!.outcome, {
      ok: true,
      value: "500"
    })
  })

  it("records no more losses than its last owner may have given out", () => {
    const owned = Either.getOrThrow(
      adopt(fanOf(1, 3000, { epoch: 2 }), machine, file, NOW)
    )

    assert.lengthOf(owned.pending.events, CALL_WINDOW)
    assert.strictEqual(owned.backlog.size, 3000 - CALL_WINDOW)
    assert.strictEqual(takeFresh(owned)!.effect, CALL_WINDOW + 1)
  })

  it("steps a recorded failure of a call that was never taken from the backlog", () => {
    const first = Either.getOrThrow(adopt(fanOf(1, 5), machine, file, NOW))
    const call = [takeFresh(first)!, takeFresh(first)!][1]!
    attempts.lose(call, "gone", NOW)

    const second = Either.getOrThrow(
      adopt(
        fanOf(1, 5, { lastSeq: 1, events: first.pending.events.slice() }),
        machine,
        file,
        NOW
      )
    )

    assert.strictEqual(second.calls.get(2)!.losses, 1)
    assert.strictEqual(second.calls.get(2)!.startedAt, NOW)
    const rest = [1, 3, 4, 5].map(() => takeFresh(second)!.effect)
    assert.deepStrictEqual(rest, [1, 3, 4, 5])
  })
})
