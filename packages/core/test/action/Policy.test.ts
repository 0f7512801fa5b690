import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import { toPolicy } from "../../src/action/Policy.ts"

const refused = (options: unknown): string => {
  try {
    toPolicy(options as {})
  } catch (error) {
    assert.instanceOf(error, TypeError)
    return (error as Error).message
  }
  return assert.fail("accepted")
}

describe("toPolicy", () => {
  it("gives an empty policy for no options", () => {
    assert.deepStrictEqual(toPolicy({}), {})
  })

  it("reads every field into milliseconds and names", () => {
    class Declined extends Error {}

    const policy = toPolicy({
      retry: {
        attempts: 3,
        backoff: { type: "exponential", baseDelay: "2s", multiplier: 3 },
        maxDelay: "1m",
        jitter: true,
        retryOn: [Declined, "NetworkError"],
        stopOn: TypeError
      },
      timeout: Duration.seconds(30),
      timeoutAttempts: 2
    })

    assert.deepStrictEqual(policy, {
      retry: {
        attempts: 3,
        backoff: { kind: "exponential", baseMillis: 2000, factor: 3 },
        maxDelayMillis: 60_000,
        jitter: 1,
        retryOn: ["Declined", "NetworkError"],
        stopOn: ["TypeError"]
      },
      timeoutMillis: 30_000,
      timeoutAttempts: 2
    })
  })

  it("takes a kind, a duration or an object as backoff", () => {
    const backoffs = [
      "linear" as const,
      "250ms",
      100,
      Duration.seconds(1),
      { base: 5 },
      { kind: "exponential" as const }
    ].map((backoff) => toPolicy({ retry: { attempts: 2, backoff } }).retry?.backoff)

    assert.deepStrictEqual(backoffs, [
      { kind: "linear", baseMillis: 1000, factor: 1 },
      { kind: "constant", baseMillis: 250, factor: 1 },
      { kind: "constant", baseMillis: 100, factor: 1 },
      { kind: "constant", baseMillis: 1000, factor: 1 },
      { kind: "constant", baseMillis: 5, factor: 1 },
      { kind: "exponential", baseMillis: 1000, factor: 2 }
    ])
  })

  it("writes no limit as null", () => {
    assert.deepStrictEqual(toPolicy({ retry: { attempts: "unlimited" } }).retry, { attempts: null })
    assert.deepStrictEqual(toPolicy({ retry: {} }).retry, { attempts: null })
    assert.deepStrictEqual(toPolicy({ retry: 4 }).retry, { attempts: 4 })
    assert.deepStrictEqual(toPolicy({ timeout: null, timeoutAttempts: "unlimited" }), {
      timeoutMillis: null,
      timeoutAttempts: null
    })
  })

  it("names the option that it refuses", () => {
    assert.include(refused({ retries: 3 }), `"retries"`)
    assert.include(refused({ retry: { attempt: 3 } }), `"attempt"`)
    assert.include(refused({ retry: { backoff: { kind: "cubic" } } }), "retry.backoff.kind")
    assert.include(refused({ retry: { backoff: { kind: "linear", type: "linear" } } }), "the same")
    assert.include(refused({ retry: { attempts: 0 } }), "retry.attempts")
    assert.include(refused({ retry: { jitter: 2 } }), "retry.jitter")
    assert.include(refused({ retry: { retryOn: [42] } }), "retry.retryOn")
    assert.include(refused({ timeout: "soon" }), "timeout")
    assert.include(refused({ timeout: -1 }), "negative")
    assert.include(refused("5s"), `"5s"`)
  })

  it("reads queue, priority and limits", () => {
    assert.deepStrictEqual(
      toPolicy({
        queue: "gpu",
        priority: -2,
        limit: {
          key: 7,
          name: "mailer",
          concurrency: 3,
          rate: { limit: 10, period: "1 minute" }
        }
      }),
      {
        queue: "gpu",
        priority: -2,
        limit: {
          name: "mailer",
          key: "7",
          concurrency: 3,
          rate: { count: 10, periodMillis: 60_000 }
        }
      }
    )
    assert.deepStrictEqual(toPolicy({ limit: { key: "", concurrency: 1 } }), {
      limit: { key: "", concurrency: 1 }
    })
  })

  it("refuses limits that limit nothing, and names that cannot stand in an index", () => {
    const cases: ReadonlyArray<readonly [unknown, RegExp]> = [
      [{ limit: {} }, /`limit` is an object: it takes a concurrency, a rate, or both/],
      [{ limit: { key: "a" } }, /a concurrency, a rate/],
      [{ limit: 3 }, /`limit` is an object with/],
      [{ limit: { concurrency: 0 } }, /`limit.concurrency` is 0: it takes a whole number from 1/],
      [{ limit: { concurrency: 1.5 } }, /`limit.concurrency` is 1.5/],
      [{ limit: { concurrency: 1, keys: "a" } }, /has no option "keys"/],
      [{ limit: { rate: { limit: 1 } } }, /limit.rate.period/],
      [{ limit: { rate: { limit: 1, period: 0 } } }, /`limit.rate.period` is 0/],
      [{ limit: { rate: { limit: 0, period: 1 } } }, /`limit.rate.limit` is 0/],
      [{ limit: { concurrency: 1, key: {} } }, /`limit.key` is an object/],
      [{ limit: { concurrency: 1, key: "x".repeat(201) } }, /at most 200 characters/],
      [{ queue: "" }, /`queue` is ""/],
      [{ queue: "a\nb" }, /none of them a control/],
      [{ priority: 10 }, /`priority` is 10: it takes a whole number from -9 to 9/]
    ]
    for (const [options, message] of cases) assert.match(refused(options), message)
  })
})
