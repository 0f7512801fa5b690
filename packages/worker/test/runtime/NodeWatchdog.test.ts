import { assert, describe, it } from "@effect/vitest"
import { load } from "@rappel/core/machine/Machine"
import { OVERDUE } from "@rappel/core/machine/Watchdog"
import { describeError, encodeValue } from "@rappel/core/value/Value"
import { compileSource } from "@rappel/test/kit/oracle"
import * as NodeWatchdog from "../../src/runtime/NodeWatchdog.ts"

const LIMIT = 150

/** The outcome of a workflow's first step under a watchdog. */
const outcomeOf = (body: string, limitMillis: number) => {
  const source = `import { workflow } from "@rappel/core"
export const main = workflow(async (): Promise<any> => {
  const untyped = (value: any): any => value
  ${body}
})`
  const machine = load(compileSource(source, "main").program!, {
    watch: NodeWatchdog.make(limitMillis)
  })
  const { step } = machine.start({
    instanceId: "i1",
    input: encodeValue([]),
    seed: "00112233445566778899aabbccddeeff",
    at: 1_700_000_000_000
  })
  return step
}

const endedBy = (body: string, name: string, more = /src\/case.ts:\d+:\d+/) => {
  const { closed, outcome } = outcomeOf(`try { ${body} } catch { return "caught" }`, LIMIT)

  assert.isTrue(closed, body)
  if (outcome === undefined || outcome.ok) return assert.fail(`${body} gave ${outcome?.value}`)
  const error = describeError(outcome.error)
  assert.strictEqual(error.name, name, body)
  assert.match(error.message, more, body)
}

describe("a step that natives make long", () => {
  const slow: ReadonlyArray<readonly [title: string, body: string]> = [
    ["a pattern that backtracks", "return /^(a+)+$/.test('a'.repeat(40) + '!')"],
    ["exec of it", "return /(x+x+)+y/.exec('x'.repeat(60))"],
    ["match", "return 'x'.repeat(60).match(/(x+x+)+y/)"],
    ["replace", "return 'x'.repeat(60).replace(/(x+x+)+y/, '')"],
    ["split", "return 'x'.repeat(60).split(/(x+x+)+y/)"],
    ["search", "return 'x'.repeat(60).search(/(x+x+)+y/)"],
    ["matchAll", "return [...'x'.repeat(60).matchAll(/(x+x+)+y/g)]"],
    ["a protocol", "return untyped(/(x+x+)+y/)[Symbol.replace]('x'.repeat(60), '')"],
    ["a borrowed method", "return [ 'x'.repeat(60) ].map(/(x+x+)+y/.test, /(x+x+)+y/)"],
    ["three stars", "return /a*a*a*b/.test('a'.repeat(20_000))"],
    ["many long sorts", "for (;;) Array.from({ length: 100_000 }, (_, i) => i % 7).sort()"],
    ["many long searches", "const s = 'x'.repeat(1e6); for (;;) s.indexOf('y')"],
    [
      "many long texts",
      "const a = Array.from({ length: 50_000 }, (_, i) => i); for (;;) JSON.stringify(a)"
    ],
    ["a buffer again and again", "const b = new Uint8Array(3e7); for (;;) b.fill(1)"],
    ["loops alone", "for (;;) {}"]
  ]
  for (const [title, body] of slow) {
    it(`ends the instance: ${title}`, () => {
      const startedAt = performance.now()
      endedBy(body, "StepTooSlow", /150 ms without a pause, at src\/case.ts:\d+:\d+/)
      assert.isBelow(performance.now() - startedAt, 20_000)
    })
  }

  const large: ReadonlyArray<readonly [title: string, body: string]> = [
    ["an endless list", "return Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)"],
    ["holes without end", "return new Array(4e9).fill(0).length"],
    ["Array.from", "return Array.from({ length: 4e9 }, untyped)"],
    ["a borrowed join", "return Reflect.apply([].join, { length: 1e9 }, [])"],
    ["a long sort", "return new Array(3_000_000).fill('x').sort().length"],
    ["a text", "return 'x'.repeat(100_000_000).length"],
    ["a text that doubles", "let s = 'x'; for (;;) s += s"],
    ["a buffer", "return new ArrayBuffer(2 ** 32).byteLength"],
    ["a typed array", "return new Float64Array(2 ** 30).length"],
    ["a BigInt", "let b = 3n; for (;;) b *= b"],
    ["a shifted BigInt", "return 1n << 5_000_000n"]
  ]
  for (const [title, body] of large) {
    it(`ends the instance before it is too large: ${title}`, () => endedBy(body, "StepTooLarge"))
  }

  it("ends the instance for a power that is too large or takes too long", () => {
    const { outcome } = outcomeOf("return String(7n ** 900_000n)", 10_000)

    assert.isFalse(outcome!.ok)
    assert.match((outcome as { readonly error: string }).error, /StepTooLarge|StepTooSlow/)
  })

  it("gives what Node gives when it is in time", () => {
    const body = `
      const text = "ab".repeat(5000)
      const found = [/(a|b)+$/.test(text), text.replace(/(a+b)+/g, "x"), text.match(/(ab)+/)![0].length]
      const many = Array.from({ length: 300_000 }, (_, i) => i)
      const sorted = [...many].sort((a, b) => b - a).slice(0, 2)
      const like = Array.prototype.map.call({ length: 3, 0: 1, 2: 3 }, (x: any) => x * 2)
      return [found, sorted, like, String(3n ** 5000n).length]`
    const { outcome } = outcomeOf(body, 10_000)
    const plain = new Function(
      `${body.replace("(x: any)", "(x)").replaceAll("!", "")}`
    )() as unknown

    assert.deepStrictEqual(outcome, { ok: true, value: encodeValue(plain) })
  })

  it("passes on what a guarded native throws", () => {
    const { outcome } = outcomeOf(
      `
      try { return "ab".repeat(50).replace(/(a+b)+/, () => { throw new RangeError("mine") }) }
      catch (error: any) { return [error.name, error.message, error.stack.split("\\n").length > 1] }`,
      10_000
    )

    assert.deepStrictEqual(outcome, { ok: true, value: `["RangeError","mine",true]` })
  })
})

describe("guard", () => {
  it("answers what the function gives, throws what it throws, and stops it in time", () => {
    const { guard } = NodeWatchdog.make()

    assert.strictEqual(guard(() => 42, 1000), 42)
    assert.throws(
      () =>
        guard(() => {
          throw new TypeError("mine")
        }, 1000),
      TypeError,
      "mine"
    )
    assert.strictEqual(
      guard(() => {
        for (;;) { /* for ever */ }
      }, 20),
      OVERDUE
    )
    assert.strictEqual(guard(() => 1, 1000), 1)
  })
})
