/**
 * The harness of Test262 on texts of its own; with TEST262_DIR, on a folder of the checkout.
 * The whole is `npm run test262`.
 */
import { assert, describe, it } from "@effect/vitest"
import process from "node:process"
import { skipFor } from "../kit/skips.ts"
import { type Answer, Asker } from "./ask.ts"
import { readExpected, surprisesOf } from "./expected.ts"
import { frontMatterOf } from "./frontMatter.ts"
import { compile, runMachine } from "./runMachine.ts"
import { runNode } from "./runNode.ts"
import { select, type Selected } from "./select.ts"
import { asScript, wrap } from "./wrap.ts"

const selectText = (front: string, body = "1;", includes: Record<string, string> = {}) =>
  select("a.js", `/*---\n${front}\n---*/\n${body}`, (name) => includes[name]!)

const selected = (body: string, front = ""): Selected => {
  const selection = selectText(front, body)
  if ("leftOut" in selection) throw new Error(selection.leftOut)
  return selection.test
}

describe("the selection of tests", () => {
  it("reads both forms of lists, and what the test must end with", () => {
    const inline = frontMatterOf("/*---\nflags: [async, onlyStrict]\nincludes: [a.js]\n---*/")
    const block = frontMatterOf(
      "/*---\r\nincludes:\r\n  - a.js\r\n  - b.js\r\nnegative:\r\n  phase: parse\r\n" +
        "  type: SyntaxError\r\nflags: []\r\n---*/"
    )

    assert.deepStrictEqual(inline, {
      flags: new Set(["async", "onlyStrict"]),
      includes: ["a.js"],
      negative: undefined
    })
    assert.deepStrictEqual(block, {
      flags: new Set<string>(),
      includes: ["a.js", "b.js"],
      negative: { phase: "parse", type: "SyntaxError" }
    })
  })

  it("asks what a file mentions as a variable, itself or through an include", () => {
    const leftOut = (body: string, front = "", includes = {}) => {
      const selection = selectText(front, body, includes)
      return "leftOut" in selection ? selection.leftOut : selection.test.group
    }

    assert.strictEqual(leftOut("eval('1')"), "mentions eval")
    assert.strictEqual(leftOut("x.eval; ({ eval: 1, Proxy() {} })"), "sync")
    assert.strictEqual(leftOut("Function('1')"), "calls Function to make code")
    assert.strictEqual(leftOut("x instanceof Function"), "reflective")
    assert.strictEqual(leftOut("1", "flags: [noStrict]"), "flag noStrict")
    assert.strictEqual(leftOut("1", "flags: [async]"), "async")
    assert.strictEqual(
      leftOut("1", "includes: [p.js]", { "p.js": "new Proxy({}, {})" }),
      "includes p.js, which mentions Proxy"
    )
  })
})

describe("the wrapper", () => {
  it("puts an await after every statement that is no part of a nested function", () => {
    const { body } = wrap(selected("if (a) { b(); return } function f() { c() }\nd()"), true)

    const [, ifBody = "", rest = ""] = /\{ b\(\);([^]*?)return([^]*)$/.exec(body) ?? []
    assert.include(ifBody, "await $pause()")
    assert.include(rest, "function f() { c() }\n;await $pause();")
    assert.match(rest, /d\(\)\n;await \$pause\(\);$/)
    assert.strictEqual(rest.match(/await/g)?.length, 3)
  })

  it("gives Node and the machine the same program, which they end alike", async () => {
    const ends = []
    for (
      const [body, front] of [
        ["var a = 1; if (a !== 1) throw new TypeError('no')", ""],
        ["null.x", ""],
        ["Promise.resolve().then(() => $DONE())", "flags: [async]"],
        ["$DONE(new RangeError('r'))", "flags: [async]"]
      ] as const
    ) {
      const wrapped = wrap(selected(body, front), true)
      const node = await runNode(wrapped, [])
      const compiled = compile([wrapped], [])
      if (!("program" in compiled)) throw new Error(JSON.stringify(compiled.findings))
      for (const machine of [false, true].map((r) => runMachine(compiled.program, 0, r))) {
        assert.strictEqual(machine.kind, node.kind)
        if (machine.kind === "failed" && node.kind === "failed") {
          assert.strictEqual(machine.errorName, node.errorName)
        }
      }
      ends.push(node.kind)
    }
    assert.deepStrictEqual(ends, ["passed", "failed", "passed", "failed"])
  })

  it("sees that a rejection stays unhandled, and that nothing more comes", async () => {
    const end = async (body: string, front: string) =>
      (await runNode(wrap(selected(body, front), false), [])).kind

    assert.strictEqual(await end("Promise.reject(1)", ""), "unhandled")
    assert.strictEqual(await end("1", "flags: [async]"), "endless")
    assert.strictEqual(await end("}", ""), "syntax")
    assert.include(asScript(wrap(selected("1"), false), []), "\"use strict\"")
  })
})

describe("the list of expected failures", () => {
  const expected = readExpected("# note\n## why\na.js\nsnapshots b.js\n")
  const surprises = (answer: Omit<Answer, "group">) =>
    surprisesOf({ group: "sync", ...answer }, expected).map(({ what }) => what)
  const failed = { failed: "Error", message: "m" }

  it("is held against every answer, both ways", () => {
    assert.deepStrictEqual(surprises({ path: "a.js", plain: failed, snapshots: failed }), [])
    assert.deepStrictEqual(surprises({ path: "a.js", plain: {} }), ["is on the list, but passes"])
    assert.deepStrictEqual(surprises({ path: "b.js", plain: {}, snapshots: failed }), [])
    assert.deepStrictEqual(surprises({ path: "b.js", plain: {} }), [])
    assert.deepStrictEqual(surprises({ path: "b.js", plain: {}, snapshots: {} }), [
      "is on the list, but passes with snapshots"
    ])
    assert.deepStrictEqual(surprises({ path: "c.js", plain: {}, snapshots: failed }), [
      "fails with snapshots: Error: m"
    ])
    assert.deepStrictEqual(surprises({ path: "c.js", plain: failed }), ["fails: Error: m"])
  })

  it("names no test without a reason", () => {
    assert.throws(() => readExpected("a.js\n"), "before any reason")
  })
})

const root = process.env["TEST262_DIR"]
if (root === undefined) {
  skipFor(
    { otherMachine: "TEST262_DIR names no checkout of tc39/test262" },
    "a test of Test262 itself"
  )
} else {
  it("a test of Test262 itself is asked", async () => {
    const answers: Array<Answer> = []
    const paths = [
      "language/expressions/addition/S11.6.1_A2.1_T1.js",
      "language/expressions/addition/S11.6.1_A1.js"
    ]
    await new Asker(root).askAll(paths.map((path) => ({ path, snapshots: true })), {
      onBegin: () => undefined,
      onAnswer: (answer) => answers.push(answer)
    })

    assert.lengthOf(answers, paths.length)
  })
}
