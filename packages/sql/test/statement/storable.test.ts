import { assert, describe, it } from "@effect/vitest"
import { fromStorable, toStorable } from "@rappel/sql/statement/storable"
import * as FastCheck from "effect/FastCheck"

/** UTF-16 code units of all kinds: ASCII, NUL, halves of pairs, the mark itself. */
const anyText = FastCheck.array(
  FastCheck.oneof(
    FastCheck.integer({ min: 0, max: 0xffff }),
    FastCheck.constantFrom(0, 0x30, 0x41, 0xd83d, 0xde00, 0xffff)
  )
).map((units) => String.fromCharCode(...units))

describe("storable", () => {
  it.prop("every text comes back the same", [anyText], ([text]) => {
    assert.strictEqual(fromStorable(toStorable(text)), text)
  }, { fastCheck: { numRuns: 2000 } })

  it.prop("what is stored is what Postgres and UTF-8 can hold", [anyText], ([text]) => {
    const stored = toStorable(text)
    assert.notInclude(stored, "\0")
    assert.strictEqual(Buffer.from(stored).toString(), stored)
  }, { fastCheck: { numRuns: 2000 } })

  it("ordinary text is stored as it is", () => {
    const text = "it's \"é€😀\" \\ \n"
    assert.strictEqual(toStorable(text), text)
  })
})
