import { assert, describe, it } from "@effect/vitest"
import { runEverywhere } from "../../../../test/kit/oracle.ts"

/** Expressions whose text in a log is compared with that of the running Node. */
const VALUES = [
  `"it's"`,
  `["it's", 'say "hi"', "both ' and \\"", "\\n\\t\\u0000\\u0080\\ud800"]`,
  `Array.from({ length: 30 }, (_, i) => i * i)`,
  `Array.from({ length: 120 }, (_, i) => i)`,
  `Array.from({ length: 30 }, (_, i) => "item " + i)`,
  `Array.from({ length: 9 }, (_, i) => ({ i }))`,
  `Array.from({ length: 8 }, (_, i) => 10n ** BigInt(i))`,
  `[1, , , 4, , undefined]`,
  `Object.assign([1, 2], { a: 1, "b-c": 2 })`,
  `{ a: { b: { c: { d: 1 } } }, list: [[[[1]]]] }`,
  `{ name: "x".repeat(70), other: "y".repeat(20), more: [1, 2, 3] }`,
  `{ text: "line\\n".repeat(20) }`,
  `new Map([["a", { b: 1 }], [{ k: 1 }, new Set([1, "2", [3]])]])`,
  `new Map(Array.from({ length: 20 }, (_, i) => ["key" + i, i]))`,
  `new Set(Array.from({ length: 40 }, (_, i) => i))`,
  `[new Map(), new Set(), {}, [], new Date(0), new Date(NaN), /a/g, -0, NaN, null, undefined]`,
  `new Uint8Array(20)`,
  `[new Float64Array([0.5, -0]), new BigInt64Array(2), new ArrayBuffer(4)]`,
  `new DataView(new ArrayBuffer(2))`,
  `{ get a() { return 1 }, set a(v) {}, get b() { return 2 }, set c(v) {} }`,
  `{ [Symbol("s")]: 1, [Symbol.for("t")]: { u: 1 }, "1a": 2, _ok: 3, $no: 4 }`,
  `Object.create(null)`,
  `Object.create({ inherited: 1 })`,
  `Object.assign(Object.create(null), { a: 1 })`,
  `(() => { const a: any = { n: 1 }; a.self = a; a.list = [a, { a }]; return a })()`,
  `(() => { const a: any = [], b: any = { a }; a.push(b, a); return { a, b } })()`,
  `[function named() {}, () => 1, async () => 1, function* gen() {}, async function* agen() {}]`,
  `[class {}, class A {}, class B extends Map {}, Math.max, Map]`,
  `new (class Point { x = 1; #y = 2; get z() { return 3 } })()`,
  `new (class extends Array { extra = 1 })(3)`,
  `new (class Bag extends Map { label = "b" })([[1, 2]])`,
  `[Promise.resolve(4), new Promise(() => {}), Promise.resolve({ a: [1] })]`,
  `[new Number(1), new String("ab"), Object(1n), new Boolean(false), Object(Symbol("x"))]`,
  `(function (..._: any[]) { return arguments })()`,
  `(function (..._: any[]) { return [arguments] })(1, "b")`,
  `{ e: new Error("inside").message, name: new TypeError("x").name }`,
  `{ __proto__: { constructor: undefined }, a: 1 }`,
  `[..."ünïcödé 你好 😀"].concat(Array.from("abc"))`,
  `{ [Symbol.toStringTag]: "Tagged", a: 1 }`,
  `Math`,
  `JSON`,
  `[[1, 2, [3, 4, [5, [6]]]], { a: [{ b: { c: {} } }] }]`
]

const FORMATS = [
  `"%s and %s", "a", { toString() { return "own" } }`,
  `"%s %s %s", { a: { b: 1 } }, [1, [2]], 5n`,
  `"%s", new (class A { toString() { return "A!" } })()`,
  `"%d %i %f", "4.5", "4.5", "4.5x"`,
  `"%d %i", 3n, 4n`,
  `"%j", { a: [1, { b: 2 }] }`,
  `"%O", { a: { b: { c: { d: 1 } } } }`,
  `"100%", 5, "%s"`,
  `"%% %s %x", 1, 2`,
  `"%c styled", "color: red"`,
  `1, "two", [3]`,
  `"no more %s"`
]

describe("what console.log writes is what Node writes", () => {
  const lines = [...VALUES.map((value) => `(${value})`), ...FORMATS]
  for (const line of lines) {
    it(line, async () => {
      const { machine, plain } = await runEverywhere(
        `import { workflow } from "@rappel/core"
export const main = workflow(async () => { console.log(${line}) })`
      )

      assert.deepStrictEqual(machine.logs, plain.logs)
    })
  }

  it("errors, with their frames and causes", async () => {
    const { machine } = await runEverywhere(
      `import { workflow } from "@rappel/core"
export const main = workflow(async () => {
  class Declined extends Error { code = 4 }
  console.log(new Declined("no", { cause: new TypeError("why") }))
  console.log({ inside: new RangeError("r") })
})`
    )

    assert.deepStrictEqual(machine.logs, [
      "Declined [Error]: no\n    at src/case.ts:4:15 {\n  code: 4,\n" +
      "  [cause]: TypeError: why\n      at src/case.ts:4:43\n}",
      "{\n  inside: RangeError: r\n      at src/case.ts:5:25\n}"
    ])
  })
})
