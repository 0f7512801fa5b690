import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { parseSearch } from "../../src/search/parseSearch.ts"
import type { Search } from "../../src/search/Search.ts"

/** A search with every parenthesis written. */
const shown = (search: Search): string => {
  switch (search.kind) {
    case "and":
    case "or":
      return `(${search.parts.map(shown).join(search.kind === "and" ? " & " : " | ")})`
    case "not":
      return `!${shown(search.part)}`
    case "is":
      return `${search.field}=${search.value}`
    case "text":
      return JSON.stringify(search.text)
    default:
      return `${search.kind}=${search.at}`
  }
}

const read = (text: string) => {
  const search = parseSearch(text, 10_000_000)
  return search === undefined ? "" : shown(search)
}

const failure = (text: string): Error => {
  try {
    parseSearch(text, 0)
  } catch (error) {
    return error as Error
  }
  return new Error("it was read")
}

describe("parseSearch", () => {
  const cases: ReadonlyArray<readonly [search: string, read: string]> = [
    ["", ""],
    ["   ", ""],
    ["hello", `"hello"`],
    ["status:failed", "status=failed"],
    ["  status:failed  tag:vip ", "(status=failed & tag=vip)"],
    ["a AND b OR c AND d", `(("a" & "b") | ("c" & "d"))`],
    ["a (b OR c)", `("a" & ("b" | "c"))`],
    ["a(b)c", `("a" & "b" & "c")`],
    ["NOT a b", `(!"a" & "b")`],
    ["NOT NOT a", `!!"a"`],
    ["NOT (a OR b)", `!("a" | "b")`],
    ["a or b", `("a" & "or" & "b")`],
    ["\"AND\" \"(\"", `("AND" & "(")`],
    ["\"it said \\\"no\\\" \\\\\"", JSON.stringify("it said \"no\" \\")],
    ["tag:\"late payer\"", "tag=late payer"],
    ["tag:\"AND\" x", `(tag=AND & "x")`],
    ["tag:a:b", "tag=a:b"],
    ["Status:x", `"Status:x"`],
    ["12:30", `"12:30"`],
    ["after:1h", "after=6400000"],
    ["after:1970-01-01T00:00:01Z", "after=1000"],
    ["before:\"2 hours\"", "before=2800000"]
  ]
  for (const [search, expected] of cases) {
    it(`reads ${JSON.stringify(search)}`, () => assert.strictEqual(read(search), expected))
  }

  const refusals: ReadonlyArray<readonly [search: string, message: RegExp]> = [
    ["(a", /character 1: this parenthesis is not closed/],
    ["a)", /character 2: nothing is open here/],
    ["()", /character 2: nothing is open here/],
    ["a OR", /character 5: something is missing/],
    ["OR a", /character 1: something is missing before OR/],
    ["a AND OR b", /character 7: something is missing before OR/],
    ["NOT", /character 4: something is missing/],
    ["x \"abc", /character 3: a quote is not closed/],
    ["colour:red", /there is no field colour; there are id, status/],
    ["after:soon", /soon is neither a date nor a duration/],
    ["(".repeat(60) + "a", /nested more than 50 deep/]
  ]
  for (const [search, message] of refusals) {
    it(`refuses ${JSON.stringify(search.slice(0, 20))}`, () => {
      const error = failure(search)
      assert.match(error.message, message)
      assert.include(error.message, search)
    })
  }

  it.prop(
    "any text is read, or refused with a place in it",
    { text: Schema.String },
    ({ text }) => {
      try {
        parseSearch(text, 0)
      } catch (error) {
        const { _tag, at } = error as { readonly _tag?: string; readonly at?: number }
        assert.strictEqual(_tag, "SearchNotReadable")
        assert.isTrue(at! >= 0 && at! <= text.length)
      }
    }
  )
})
