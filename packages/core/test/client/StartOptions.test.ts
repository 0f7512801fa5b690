import { assert, describe, it } from "@effect/vitest"
import { type StartOptions, termsOf } from "../../src/client/StartOptions.ts"

const refusal = (options: StartOptions): string => {
  try {
    termsOf(options)
  } catch (error) {
    assert.strictEqual((error as { readonly _tag?: string })._tag, "InvalidStartOption")
    return (error as Error).message
  }
  return "it was accepted"
}

describe("termsOf", () => {
  it("says nothing of what is absent or as it is anyway", () => {
    assert.deepStrictEqual(termsOf({}), {})
    assert.deepStrictEqual(termsOf({ id: "x", priority: 0, tags: [] }), {})
  })

  it("reads times as durations from now or as points in time", () => {
    assert.deepStrictEqual(termsOf({ delay: "-1s", deadline: "2m" }), {
      delayMillis: 0,
      deadlineMillis: 120_000
    })
    assert.deepStrictEqual(
      termsOf({ at: "1970-01-01T00:00:01Z", deadline: new Date(5000) }),
      { dueAt: 1000, deadlineAt: 5000 }
    )
    assert.deepStrictEqual(termsOf({ at: new Date(7) }), { dueAt: 7 })
    assert.deepStrictEqual(termsOf({ at: 9 }), { dueAt: 9 })
  })

  it("keeps each tag once, and a memo as JSON", () => {
    assert.deepStrictEqual(termsOf({ tags: ["a", "b", "a"], memo: { n: 1, nothing: undefined } }), {
      tags: ["a", "b"],
      memo: "{\"n\":1}"
    })
  })

  it("reads a debounce", () => {
    assert.deepStrictEqual(termsOf({ debounce: { key: "k", wait: "5s", maxWait: "1m" } }), {
      debounce: { key: "k", waitMillis: 5000, maxWaitMillis: 60_000 }
    })
  })

  const refusals: ReadonlyArray<readonly [name: string, options: StartOptions, message: RegExp]> = [
    ["a delay that is none", { delay: "soon" }, /`delay`.*soon/],
    ["an at that is no time", { at: "tomorrow" }, /`at`.*"tomorrow" is no point in time/],
    ["both delay and at", { at: 1, delay: 1 }, /`at`.*not both/],
    ["a broken priority", { priority: 1.5 }, /`priority`.*1.5 is no whole number from -9 to 9/],
    ["a priority beyond", { priority: 10 }, /`priority`/],
    ["a deadline that is none", { deadline: new Date(Number.NaN) }, /`deadline`/],
    ["an empty key", { key: "" }, /`key`.*1 to 1024/],
    ["a key that is too long", { key: "k".repeat(1025) }, /`key`/],
    ["21 tags", { tags: Array.from({ length: 21 }, (_, i) => `${i}`) }, /`tags`.*at most 20/],
    ["a tag that is too long", { tags: ["t".repeat(101)] }, /`tags`/],
    ["a memo that is too long", { memo: { text: "x".repeat(8192) } }, /`memo`.*8203 characters/],
    ["a memo that is no object", { memo: [1] as never }, /`memo`.*no object/],
    ["a debounce with a key", { key: "a", debounce: { key: "k", wait: 1 } }, /leave out `key`/],
    ["a debounce with a delay", { delay: 1, debounce: { key: "k", wait: 1 } }, /leave out `delay`/],
    ["a debounce without a key", { debounce: { key: "", wait: 1 } }, /`debounce.key`/]
  ]
  for (const [name, options, message] of refusals) {
    it(`refuses ${name}`, () => assert.match(refusal(options), message))
  }
})
