import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { toPolicy } from "../../src/action/Policy.ts"
import { decideRetry } from "../../src/retry/decide.ts"
import * as RetrySchedules from "../../src/retry/RetrySchedules.ts"

const failureOf = (attempts: number, more: Partial<RetrySchedules.Failure> = {}) => ({
  attempts,
  at: 10_000 + attempts * 100,
  elapsedMillis: attempts * 100,
  errorNames: ["Error"],
  random: 0.5,
  ...more
})

const decideOf = (layer: typeof RetrySchedules.layer) =>
  Effect.runSync(
    Effect.provide(Effect.map(RetrySchedules.RetrySchedules, (service) => service.decide), layer)
  )

describe("RetrySchedules", () => {
  it("the default decides as the rules of policies do", () => {
    const decide = decideOf(RetrySchedules.layer)
    for (
      const policy of [
        {},
        { retry: 3 },
        { retry: { attempts: 4, backoff: { kind: "linear", base: "5s" }, maxDelay: "12s" } },
        { retry: { backoff: { kind: "exponential", base: 250 }, jitter: 0.5 } },
        { retry: { retryOn: "Other" } },
        { retry: { backoff: "1s" }, deadline: 1500 }
      ] as const
    ) {
      for (let attempts = 1; attempts < 8; attempts++) {
        const failure = failureOf(attempts)
        assert.deepStrictEqual(
          decide(toPolicy(policy), failure),
          decideRetry(toPolicy(policy), failure),
          `${JSON.stringify(policy)}, attempt ${attempts}`
        )
      }
    }
  })

  it("a schedule with a state goes on where it was, and is walked again after a restart", () => {
    const decide = decideOf(
      RetrySchedules.layerOf(() =>
        Schedule.intersect(Schedule.exponential("1 second"), Schedule.recurs(4))
      )
    )
    const policy = toPolicy({})
    const progress = {}
    const kept = [1, 2, 3, 4, 5].map((n) => decide(policy, failureOf(n), progress))
    const anew = [1, 2, 3, 4, 5].map((n) => decide(policy, failureOf(n)))

    assert.deepStrictEqual(kept, [
      { kind: "retry", delayMillis: 1000 },
      { kind: "retry", delayMillis: 2000 },
      { kind: "retry", delayMillis: 4000 },
      { kind: "retry", delayMillis: 8000 },
      { kind: "stop" }
    ])
    assert.deepStrictEqual(anew, kept)
  })

  it("the rules of policies can be a part of an app's own schedule", () => {
    const decide = decideOf(
      RetrySchedules.layerOf((policy) =>
        Schedule.addDelay(RetrySchedules.fromPolicy(policy), () => Duration.seconds(7))
      )
    )
    const policy = toPolicy({ retry: { attempts: 2, backoff: "1s" } })

    assert.deepStrictEqual(decide(policy, failureOf(1)), { kind: "retry", delayMillis: 8000 })
    assert.deepStrictEqual(decide(policy, failureOf(2)), { kind: "stop" })
  })

  it("what the matchers said goes over the names", () => {
    const policy = toPolicy({ retry: { attempts: 5, retryOn: "Other" } })

    assert.strictEqual(decideRetry(policy, failureOf(1, { isRetryable: true })).kind, "retry")
    assert.strictEqual(decideRetry(policy, failureOf(5, { isRetryable: true })).kind, "stop")
  })
})
