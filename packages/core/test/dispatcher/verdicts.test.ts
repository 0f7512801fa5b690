/** Which verdict on an offered attempt counts (PROTOCOL R14). */
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { adopt } from "../../src/dispatcher/adopt.ts"
import { receive } from "../../src/dispatcher/advance.ts"
import * as attempts from "../../src/dispatcher/attempts.ts"
import { encodeOutcome } from "../../src/dispatcher/EventCodec.ts"
import { collect } from "../../src/dispatcher/offers.ts"
import {
  attemptOf,
  emptyPending,
  keyOf,
  type Owned,
  takeFresh
} from "../../src/dispatcher/Owned.ts"
import type { Verdict } from "../../src/queue/Calls.ts"
import { encodeVerdict } from "../../src/queue/callVerdict.ts"
import type { Arrived, Loaded } from "../../src/queue/Queue.ts"
import { decideRetry, decideTimeout, limitMillis } from "../../src/retry/decide.ts"
import { encodeError } from "../../src/value/Value.ts"
import { fanMachine } from "./fanMachine.ts"
import { file, loadedOf, NOW } from "./loadedOf.ts"

const machine = fanMachine({ queue: "gpu", retry: { attempts: 5 } })
const services = {
  retries: { decide: decideRetry },
  timeouts: { decide: decideTimeout, limitMillis }
}
const failed: Verdict = { kind: "failed", error: encodeError(new Error("no")) }

const loaded = loadedOf(1, "2")
const ID = loaded.id

const adopted = (fields: Partial<Loaded> = {}): Owned =>
  Either.getOrThrow(adopt({ ...loaded, ...fields }, machine, file, NOW, () => true))

const verdictOn = (attempt: number, verdict: Verdict, effect = 1): Arrived => ({
  id: `m${effect}-${attempt}`,
  instanceId: ID,
  kind: "call",
  effect,
  name: null,
  payload: encodeVerdict(attempt, verdict),
  repeated: false
})

const hear = (owned: Owned, message: Arrived) => attempts.hear(owned, message, NOW, services)

/** An instance with both calls offered, the first one for the second time. */
const offeredTwice = (): Owned => {
  const owned = adopted()
  collect(owned, 0)
  hear(owned, verdictOn(1, failed))
  owned.pending = emptyPending()
  owned.reoffered.push(owned.calls.get(1)!)
  collect(owned, 0)
  return owned
}

const kinds = (owned: Owned) => owned.pending.events.map(({ kind }) => kind)

describe("a verdict", () => {
  it("of failure counts for the present attempt only", () => {
    const owned = offeredTwice()
    const call = owned.calls.get(1)!
    assert.strictEqual(attemptOf(call), 2)

    for (const late of [failed, { kind: "timeout" }, { kind: "lost", reason: "x" }] as const) {
      hear(owned, verdictOn(1, late))
    }
    assert.deepStrictEqual(kinds(owned), [])
    assert.strictEqual(owned.pending.consumed.length, 3)
    assert.strictEqual(call.offered, "routed")

    hear(owned, verdictOn(2, failed))
    assert.deepStrictEqual(kinds(owned), ["attempt"])
    assert.strictEqual(call.attempts, 2)
    assert.isNull(call.offered)
    assert.strictEqual(owned.offered, 1)
  })

  it("of success counts whatever attempt it is of, and takes the present offer back", () => {
    const owned = offeredTwice()
    const present = keyOf(owned.calls.get(1)!)

    hear(owned, verdictOn(1, { kind: "succeeded", value: "7" }))

    assert.deepStrictEqual(kinds(owned), ["settled"])
    assert.strictEqual(owned.pending.events[0]!.message, "m1-1")
    assert.deepStrictEqual(owned.pending.withdrawn, [present])
    assert.strictEqual(owned.offered, 1)
    assert.isFalse(owned.calls.has(1))
  })

  it("on a call that is settled is consumed and no event", () => {
    const owned = offeredTwice()
    hear(owned, verdictOn(2, { kind: "succeeded", value: "7" }))
    owned.pending = emptyPending()

    hear(owned, verdictOn(1, { kind: "succeeded", value: "8" }))

    assert.deepStrictEqual(kinds(owned), [])
    assert.deepStrictEqual(owned.pending.consumed, ["m1-1"])
  })

  it("that waits, or an offer, tells the next owner that the call was not lost with the last", () => {
    const second = adopted({
      epoch: 2,
      claims: 2,
      offered: [{ instanceId: ID, effect: 2, attempt: 1 }],
      inbox: [verdictOn(1, { kind: "lost", reason: "its dispatcher ended" })]
    })

    assert.deepStrictEqual(kinds(second), [], "neither is recorded as lost a second time")
    assert.strictEqual(second.offered, 2)
    assert.deepStrictEqual(collect(second, 10), [], "and neither is offered a second time")
    hear(second, verdictOn(1, { kind: "lost", reason: "its dispatcher ended" }))
    assert.deepStrictEqual(kinds(second), ["lost"])
    assert.strictEqual(attemptOf(second.calls.get(1)!), 2)
  })

  it("and so does an outcome that a repair tells: its call was not lost, nor is it repeated", () => {
    const told: Arrived = {
      ...verdictOn(1, failed),
      kind: "outcome",
      payload: encodeOutcome({ ok: true, value: "7" })
    }
    const crashed = { ...loaded, epoch: 2, claims: 2, inbox: [told] }
    const lostOf = (owned: Owned) =>
      owned.pending.events.map(({ effect, kind }) => `${kind} ${effect}`)

    const second = Either.getOrThrow(adopt(crashed, machine, file, NOW))
    assert.deepStrictEqual(lostOf(second), ["lost 2"], "the other one may have run")
    assert.isUndefined(takeFresh(second))
    receive(second, told, NOW)
    assert.deepStrictEqual(lostOf(second), ["lost 2", "settled 1"])
    assert.strictEqual(second.offered, 0)

    const offering = adopted(crashed)
    assert.deepStrictEqual(collect(offering, 10).map(({ effect }) => effect), [2])
  })
})
