import { assert, describe, it } from "@effect/vitest"
import { isPredicate, judgesOf, mayRetry } from "../../src/action/judges.ts"
import { toPolicy } from "../../src/action/Policy.ts"

class Declined extends Error {}

describe("matchers of a retry policy", () => {
  it("tell classes from predicates", () => {
    const OldStyle = function OldStyle() {}
    OldStyle.prototype = Object.create(Error.prototype)

    for (const known of [Declined, Error, TypeError, class {}, OldStyle, "Declined"]) {
      assert.isFalse(isPredicate(known), String(known))
    }
    const method = { of: (error: unknown) => error === 1 }.of
    for (
      const predicate of [() => true, method, function named() {
        return true
      }]
    ) assert.isTrue(isPredicate(predicate), String(predicate))
  })

  it("leave names in the policy, and say that predicates have a say", () => {
    const isBusy = (error: { code: number }) => error.code === 503

    assert.deepStrictEqual(toPolicy({ retry: { retryOn: [Declined, isBusy] } }).retry, {
      attempts: null,
      retryOn: ["Declined"],
      judged: true
    })
    assert.deepStrictEqual(judgesOf({ retry: { retryOn: [Declined, isBusy] } }), {
      retryOn: [isBusy],
      stopOn: []
    })
    assert.isUndefined(judgesOf({ retry: { stopOn: Declined } }))
    assert.isUndefined(judgesOf({ retry: 3 }))
  })

  it("are asked in order: what stops first, names before predicates", () => {
    const asked: Array<string> = []
    const says = (name: string, answer: boolean) => () => {
      asked.push(name)
      return answer
    }
    const options = {
      retry: {
        retryOn: ["Named", says("retryOn", true)],
        stopOn: ["Fatal", says("stopOn 1", false), says("stopOn 2", false)]
      }
    }
    const retry = toPolicy(options).retry!
    const verdict = (...names: ReadonlyArray<string>) =>
      mayRetry(retry, names, judgesOf(options), new Error())

    assert.isTrue(verdict("Other"))
    assert.deepStrictEqual(asked.splice(0), ["stopOn 1", "stopOn 2", "retryOn"])
    assert.isTrue(verdict("Named"))
    assert.deepStrictEqual(asked.splice(0), ["stopOn 1", "stopOn 2"])
    assert.isFalse(verdict("Fatal", "Named"))
    assert.deepStrictEqual(asked.splice(0), [])
  })

  it("refuse a predicate that answers with a promise, and pass on what one throws", () => {
    const verdict = (retryOn: () => any) =>
      mayRetry(toPolicy({ retry: { retryOn } }).retry!, [], judgesOf({ retry: { retryOn } }), 1)

    assert.throws(() => verdict(async () => true), /`retry.retryOn` answered with a promise/)
    assert.throws(() =>
      verdict(() => {
        throw new RangeError("own")
      }), RangeError)
  })
})
