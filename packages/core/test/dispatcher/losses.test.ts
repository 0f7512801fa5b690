/** What becomes of a call whose executions are lost, and how long its next one waits. */
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { toPolicy } from "../../src/action/Policy.ts"
import { adopt } from "../../src/dispatcher/adopt.ts"
import * as attempts from "../../src/dispatcher/attempts.ts"
import type { Holdings } from "../../src/dispatcher/core/Holdings.ts"
import { takeSnapshot } from "../../src/dispatcher/core/takeSnapshot.ts"
import { decodeLost, decodeOutcome } from "../../src/dispatcher/EventCodec.ts"
import { isSuspect } from "../../src/dispatcher/offers.ts"
import { type Owned, takeFresh } from "../../src/dispatcher/Owned.ts"
import { describeError } from "../../src/value/Value.ts"
import { fanMachine } from "./fanMachine.ts"
import { file, loadedOf, NOW } from "./loadedOf.ts"

const loaded = loadedOf(1, "1")

const withCall = (policy: Parameters<typeof toPolicy>[0] = {}) => {
  const machine = fanMachine(toPolicy(policy))
  const owned: Owned = Either.getOrThrow(adopt(loaded, machine, file, NOW))
  return { owned, call: takeFresh(owned)! }
}

describe("losses of a call", () => {
  it("wait longer and longer, and are told of at every tenth", () => {
    const { call, owned } = withCall({ retry: 1, timeoutAttempts: 1 })
    for (let n = 1; n <= 20; n++) attempts.lose(call, "the host ended", NOW)

    const lost = owned.pending.events.map(({ payload }) => decodeLost(payload!))
    assert.deepStrictEqual(
      lost.map(({ retryAt }) => (retryAt - NOW) / 1000),
      [0, 0, 0, 1, 2, 4, 8, 16, 32, ...Array.from({ length: 11 }, () => 60)]
    )
    assert.strictEqual(lost.at(-1)!.count, 20)
    const warnings = owned.pending.logs.map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.deepStrictEqual(warnings.map(({ level }) => level), ["warn", "warn"])
    assert.match(String(warnings[0]!["text"]), /was lost 10 times, and runs again: the host ended/)
    assert.strictEqual(call.attempts + call.timeouts, 0)
  })

  it("count for crashLimit only when the call alone may be the cause", () => {
    const { call, owned } = withCall({ crashLimit: 2 })
    attempts.lose(call, "beside others", NOW, undefined, "shared")
    attempts.lose(call, "exited with code 3", NOW, undefined, "sole")
    attempts.lose(call, "beside others", NOW, undefined, "shared")
    assert.deepStrictEqual([call.losses, call.crashes], [3, 1])

    attempts.lose(call, "exited with code 3", NOW, undefined, "sole")

    const { kind, payload } = owned.pending.events.at(-1)!
    assert.strictEqual(kind, "settled")
    const outcome = decodeOutcome(payload!)
    assert.isFalse(outcome.ok)
    if (outcome.ok) return
    assert.deepInclude(describeError(outcome.error), { name: "ActionLost" })
    assert.match(outcome.error, /lost with its worker 2 times: exited with code 3/)
  })

  it("have no end without a crashLimit", () => {
    const { call, owned } = withCall()
    for (let n = 1; n <= 50; n++) attempts.lose(call, "exited", NOW, undefined, "sole")

    assert.isTrue(owned.pending.events.every(({ kind }) => kind === "lost"))
    assert.strictEqual(call.crashes, 50)
  })

  it("bring a call under suspicion only when its own worker ended, twice", () => {
    const { call, owned } = withCall()
    for (let n = 1; n <= 9; n++) attempts.lose(call, "its dispatcher ended", NOW)
    attempts.lose(call, "exited", NOW, undefined, "shared")
    assert.isFalse(isSuspect(call), "hosts that end would have all calls run one by one")

    attempts.lose(call, "exited", NOW, undefined, "shared")

    assert.isTrue(isSuspect(call))
    const { body } = takeSnapshot({} as Holdings, owned, false)!
    const parked = { ...loaded, lastSeq: owned.seq, snapshot: { seq: owned.seq, body } }
    const next = Either.getOrThrow(adopt(parked, fanMachine(), file, NOW))
    assert.isTrue(isSuspect(next.calls.get(1)!), "as its next owner finds it")
  })

  it("are the same for the next owner, with crashes and details", () => {
    const { call, owned } = withCall()
    attempts.beat(call, "{\"page\":7}", NOW)
    attempts.lose(call, "exited", NOW + 1, undefined, "sole")
    const { events } = owned.pending
    assert.deepStrictEqual(events.map(({ kind }) => kind), ["heartbeat", "lost"])

    const next = Either.getOrThrow(adopt(
      { ...loaded, epoch: 2, lastSeq: 2, events, snapshot: null },
      fanMachine(),
      file,
      NOW + 2
    ))

    const again = next.calls.get(1)!
    assert.deepInclude(again, { deaths: 1, crashes: 1, details: "{\"page\":7}" })
  })
})
