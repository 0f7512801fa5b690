import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { toJson } from "../../src/value/toJson.ts"

const LONG = 200
const PIECE = 16_384

describe("toJson", () => {
  it("writes what JSON.stringify writes, wherever something has to be escaped", () => {
    for (let code = 0; code < 0x180; code++) {
      for (const at of [0, 1, 2, 3, LONG - 1]) {
        const text = "a".repeat(at) + String.fromCharCode(code) + "b".repeat(LONG - at - 1)
        expect(toJson(text)).toBe(JSON.stringify(text))
      }
    }
  })

  it.each([
    ["half of a pair", `${"é".repeat(LONG)}\ud800`],
    ["a pair", `${"x".repeat(LONG)}😀`],
    ["a pair between two pieces", `${"x".repeat(PIECE - 1)}😀`],
    ["a quote in a later piece", `${"x".repeat(3 * PIECE)}"`],
    ["what an earlier text has left", "é".repeat(LONG + 1)]
  ])("writes %s as JSON.stringify does", (_, text) => {
    toJson("\"".repeat(LONG + 3))
    expect(toJson(text)).toBe(JSON.stringify(text))
  })

  it("writes all plain JSON as JSON.stringify does", () => {
    const text = FastCheck.string({ unit: "binary", maxLength: 300 })
    const long = text.map((some) => some + "plain ".repeat(20))
    FastCheck.assert(FastCheck.property(
      FastCheck.oneof(
        FastCheck.array(FastCheck.oneof(text, long, FastCheck.jsonValue()), { maxLength: 12 }),
        FastCheck.jsonValue()
      ),
      (value) => {
        expect(toJson(value)).toBe(JSON.stringify(value))
      }
    ))
  })
})
