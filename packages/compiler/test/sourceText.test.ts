import { assert, describe, it } from "@effect/vitest"
import { calleeText, sourceText } from "../src/3-lower/sourceText.ts"
import ts from "../src/typescript.ts"

const expressionOf = (code: string): ts.Expression => {
  const file = ts.createSourceFile("a.ts", code, ts.ScriptTarget.ESNext, true)
  const [statement] = file.statements
  if (statement === undefined || !ts.isExpressionStatement(statement)) throw new Error(code)
  return statement.expression
}

const messageOf = (body: string): string => {
  const run = new Function("a", "b", "o", "f", `"use strict"; ${body}`) as (
    ...values: ReadonlyArray<unknown>
  ) => unknown
  try {
    run(undefined, {}, { p: {}, m: () => ({}) }, () => undefined)
  } catch (error) {
    return (error as Error).message
  }
  return "no error"
}

// Each of these is called as a function, and V8 says what it is not.
const CALLEES = [
  "a",
  "o.p",
  "o.p.q",
  "o['x y']",
  "o['p']",
  "o[`x`]",
  "o[0]",
  "o['0']",
  "o[-1]",
  "o[a]",
  "o[a + 1]",
  "o[null]",
  "o[true]",
  "o[1n]",
  "o[() => 1]",
  "o[[]]",
  "o[{}]",
  "o[o.p.q]",
  "o[typeof a]",
  "o[!a]",
  "o.p[a]",
  "(1 ? 2 : 3)",
  "(a, b)",
  "(() => 1)()",
  "f()",
  "o.m()",
  "o.m().x",
  "o.m()[0]",
  "o.m``.x",
  "({}).x",
  "({ a: 1 }).x",
  "({ a: 1, b: o }).x",
  "[].x",
  "[1, 2].y",
  "[...'ab'].x",
  "`x`",
  "'s'",
  "1",
  "null",
  "true",
  "/x/g",
  "(a || b)",
  "(a && b)",
  "(b ?? a)",
  "(a + b)",
  "(-a)",
  "(++a)",
  "(a++)",
  "(typeof a)",
  "(void 0)",
  "(a = b)",
  "(a += b)",
  "(o.p.q = b)",
  "`x${a}y`",
  "new Date().x",
  "(new Date())",
  "(class {}).x",
  "(() => {}).x",
  "o?.p",
  "o?.p.q",
  "o.p?.q",
  "(o.p)",
  "(o?.p)",
  "(o?.p ?? 1)",
  "(1 || o?.p.q)",
  "(o?.p.q + 1)",
  "(typeof o?.p)",
  "(!o?.p)",
  "[o?.p].x",
  "o[o?.p]",
  "o.p?.[o?.p.x]",
  "`${o?.p}`",
  "(o?.m()).x",
  "o?.m().x",
  "o.m?.().x",
  "(o?.m?.() ?? 1).x",
  "JSON.x",
  "'abc'.x",
  "(5).x"
]

describe("sourceText", () => {
  for (const callee of CALLEES) {
    it(`${callee} reads as in V8's message`, () => {
      const text = calleeText(expressionOf(callee))

      assert.strictEqual(`${text} is not a function`, messageOf(`${callee}()`))
    })
  }

  it("does not depend on layout or comments", () => {
    assert.strictEqual(sourceText(expressionOf("o\n  // why\n  .p /* x */ [ a ]")), "o.p[a]")
  })

  it("does not show types", () => {
    assert.strictEqual(sourceText(expressionOf("(o as any).p!.q<string>")), "o.p.q")
  })
})
