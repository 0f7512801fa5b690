import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { adopt } from "../../src/dispatcher/adopt.ts"
import * as advance from "../../src/dispatcher/advance.ts"
import * as attempts from "../../src/dispatcher/attempts.ts"
import { encodeSnapshot } from "../../src/dispatcher/EventCodec.ts"
import { emptyPending, type Owned, takeFresh } from "../../src/dispatcher/Owned.ts"
import type { Policy } from "../../src/machine/Model.ts"
import type { Loaded, StoredEvent } from "../../src/queue/Queue.ts"
import { decideRetry } from "../../src/retry/decide.ts"
import { encodeError } from "../../src/value/Value.ts"
import { chainMachine } from "./chainMachine.ts"
import { file, loadedOf, NOW } from "./loadedOf.ts"

const loadedWith = (
  steps: ReadonlyArray<string>,
  events: ReadonlyArray<StoredEvent>,
  epoch: number
): Loaded => loadedOf(1, JSON.stringify(steps), { epoch, lastSeq: events.length, events })

const adopted = (loaded: Loaded, now = NOW): Owned =>
  Either.getOrThrow(adopt(loaded, chainMachine, file, now))

const policy: Policy = {
  retry: { attempts: 10, backoff: { kind: "constant", baseMillis: 3_600_000, factor: 1 } }
}

/** What an owner would have stored, up to now. */
const stored = (owned: Owned): ReadonlyArray<StoredEvent> => {
  const { events } = owned.pending
  owned.pending = emptyPending()
  return events
}

describe("adopt", () => {
  it("gives out only what is pending after the last event", () => {
    const first = adopted(loadedWith(["work", "work"], [], 1))
    advance.settle(first, 1, { ok: true, value: "1" }, NOW + 5)

    const second = adopted(loadedWith(["work", "work"], stored(first), 1))

    assert.strictEqual(takeFresh(second)!.effect, 2)
    assert.isUndefined(takeFresh(second))
    assert.deepStrictEqual(second.pending.held, [])
    assert.deepStrictEqual(second.pending.events, [])
  })

  it("records a loss before it repeats a call that an earlier owner may have given out", () => {
    const second = adopted(loadedWith(["work"], [], 2))

    assert.deepStrictEqual(second.pending.events.map(({ effect, kind }) => [kind, effect]), [[
      "lost",
      1
    ]])
    assert.strictEqual(second.calls.get(1)!.losses, 1)
    assert.strictEqual(second.calls.get(1)!.attempts, 0)
  })

  it("records a loss when an owner died after it took up a parked instance", () => {
    const parked = adopted(loadedWith(["work"], [], 1))
    const call = {
      effect: 1,
      startedAt: NOW,
      attempts: 1,
      timeouts: 0,
      losses: 0,
      retryAt: NOW,
      issued: false
    }
    const head = { format: 1, lastStepAt: NOW, calls: [call], fresh: [], kept: false }
    const body = encodeSnapshot(head, parked.machine.snapshot(parked.state))
    const loaded = { ...loadedWith(["work"], [], 3), snapshot: { seq: 0, body } }

    const kinds = (claims: number) =>
      adopted({ ...loaded, claims }).pending.events.map(({ kind }) => kind)

    assert.deepStrictEqual(kinds(1), [], "nobody has had it since it was parked")
    assert.deepStrictEqual(kinds(2), ["lost"])
  })

  it("keeps the attempts and the deadline of a backoff", () => {
    const first = adopted(loadedWith(["work"], [], 1))
    const call = { ...takeFresh(first)!, policy }
    first.calls.set(1, call)
    const error = encodeError(new Error("no"))
    for (let i = 0; i < 7; i++) attempts.fail(call, error, NOW + i, { decide: decideRetry })

    const second = adopted(loadedWith(["work"], stored(first), 2), NOW + 100)

    assert.strictEqual(second.calls.get(1)!.attempts, 7)
    assert.strictEqual(second.calls.get(1)!.retryAt, NOW + 6 + 3_600_000)
    assert.deepStrictEqual(second.pending.events, [], "it was waiting, so nothing was lost")
  })

  it("sets an instance aside whose recorded event no longer leads where it led", () => {
    const first = adopted(loadedWith(["work", "work"], [], 1))
    advance.settle(first, 1, { ok: true, value: "1" }, NOW)
    const [event] = stored(first)

    const other = adopt(loadedWith(["work", "sleep:5"], [event!], 2), chainMachine, file, NOW)

    assert.isTrue(Either.isLeft(other))
  })

  it("steps recorded events at their recorded times", () => {
    const first = adopted(loadedWith(["work", "sleep:1000"], [], 1))
    advance.settle(first, 1, { ok: true, value: "1" }, NOW + 77)

    const second = adopted(loadedWith(["work", "sleep:1000"], stored(first), 2), NOW + 9999)

    assert.strictEqual(second.timers.get(2), NOW + 1077)
  })

  it("reports the same state after a snapshot as after all events", () => {
    const first = adopted(loadedWith(["work", "work", "work"], [], 1))
    advance.settle(first, 1, { ok: true, value: "1" }, NOW)
    advance.settle(first, 2, { ok: true, value: "2" }, NOW)

    const second = adopted(loadedWith(["work", "work", "work"], stored(first), 1))

    assert.strictEqual(
      second.machine.snapshot(second.state),
      first.machine.snapshot(first.state)
    )
  })
})
