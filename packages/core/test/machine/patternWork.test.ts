import { assert, describe, it } from "@effect/vitest"
import { patternWork } from "../../src/machine/natives/patternWork.ts"

describe("the work of a pattern", () => {
  const bounded: ReadonlyArray<readonly [source: string, length: number, most: number]> = [
    ["abc", 100, 101],
    ["^[a-z(+*]+$", 100, 101 ** 2],
    ["\\d{3}-\\d{4}", 100, 101],
    ["(\\d{4})-(\\d{2})", 100, 101],
    ["(?:foo|bar)", 10, 22],
    ["(?<year>\\d+)\\/(\\d+)", 10, 11 ** 3],
    ["colou?r", 10, 22],
    ["a{1}b{1,1}", 10, 11],
    ["\\(+\\)*", 10, 11 ** 3],
    ["(a)\\1", 10, 11 ** 2]
  ]
  for (const [source, length, most] of bounded) {
    it(`is bounded for /${source}/`, () => {
      assert.strictEqual(patternWork(source, length), most)
      assert.isDefined(new RegExp(source))
    })
  }

  const unbounded = [
    "(a+)+$",
    "(?:a|b)*",
    "(x+x+)+y",
    "((a?)b){2,}",
    "(?:(?:a{1,9}){1,9})",
    "(?<n>[^\\]]*a)+",
    "(?:a|(?=b))+"
  ]
  for (const source of unbounded) {
    it(`has no bound for /${source}/`, () => {
      assert.strictEqual(patternWork(source, 5), Infinity)
      assert.isDefined(new RegExp(source))
    })
  }
})
