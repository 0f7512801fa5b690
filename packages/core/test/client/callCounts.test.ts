import { assert, describe, it } from "@effect/vitest"
import { callCounts } from "../../src/client/callCounts.ts"
import { encodeJson, encodeOutcome } from "../../src/dispatcher/EventCodec.ts"
import type { StoredEvent } from "../../src/queue/Queue.ts"
import { encodeError } from "../../src/value/Value.ts"

const error = encodeError(new RangeError("no"))

const historyOf = (
  ...events: ReadonlyArray<readonly [StoredEvent["kind"], effect: number, payload: string]>
): ReadonlyArray<StoredEvent> =>
  events.map(([kind, effect, payload], i) => ({
    seq: i + 1,
    kind,
    effect,
    at: i,
    payload,
    machine: 1,
    digest: 0
  }))

describe("the counts of calls", () => {
  it("are those of events, apart from each other", () => {
    const counts = callCounts(historyOf(
      ["attempt", 1, encodeJson({ kind: "failed", count: 1, retryAt: 5, error })],
      ["attempt", 2, encodeJson({ kind: "timeout", count: 1, retryAt: 6, missed: true })],
      ["lost", 1, encodeJson({ count: 1, retryAt: 7, reason: "exited with code 3", crashes: 1 })],
      ["attempt", 1, encodeJson({ kind: "timeout", count: 1, retryAt: 8 })],
      ["failed", 3, encodeJson({ count: 4, retryAt: null, error })],
      ["settled", 4, encodeOutcome({ ok: true, value: "1" })]
    ))

    assert.deepStrictEqual(counts, [
      {
        effect: 1,
        attempts: 1,
        timeouts: 1,
        losses: 1,
        crashes: 1,
        retryAt: 8,
        reason: "it ran out of time"
      },
      {
        effect: 2,
        attempts: 0,
        timeouts: 1,
        losses: 0,
        crashes: 0,
        retryAt: 6,
        reason: "it gave no heartbeat"
      },
      {
        effect: 3,
        attempts: 4,
        timeouts: 0,
        losses: 0,
        crashes: 0,
        retryAt: null,
        reason: "RangeError: no"
      }
    ])
  })

  it("include the last error of a call that has failed", () => {
    const [count] = callCounts(historyOf(
      ["attempt", 1, encodeJson({ kind: "failed", count: 1, retryAt: 5, error })],
      ["settled", 1, encodeOutcome({ ok: false, error, attempts: 2 })]
    ))

    assert.deepInclude(count, { attempts: 2, retryAt: null })
  })

  it("leave out what a repair has made void", () => {
    const counts = callCounts(historyOf(
      ["attempt", 1, encodeJson({ kind: "failed", count: 1, retryAt: 5, error })],
      ["repaired", 0, JSON.stringify({ back: { from: 1 } })],
      ["lost", 1, encodeJson({ count: 1, retryAt: 7, reason: "its dispatcher ended" })]
    ))

    assert.lengthOf(counts, 1)
    assert.deepInclude(counts[0], { attempts: 0, losses: 1 })
  })
})
