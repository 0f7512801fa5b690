/**
 * Heaps of all kinds of values, made at random: what is written and read back is the same text
 * again, and behaves as it did. Each program pauses twice; the restored run has its state
 * written and read after every step.
 */
import { assert, describe, it } from "@effect/vitest"
import { Random } from "../../../../../test/fuzz/Random.ts"
import { runEverywhere } from "../../../../../test/kit/oracle.ts"

const HEAPS = 40
const SEED = 20_261_126

/** Makers of values; `$` is any value that was made before. */
const MAKERS: Readonly<Record<string, string>> = {
  "negative zero": `-0`,
  "not a number": `NaN`,
  "infinity": `-Infinity`,
  "big": `-(2n ** 70n)`,
  "text": `"ü\\u0000\\ud800\\u{1F600}"`,
  "undefined": `undefined`,
  "null": `null`,
  "symbol": `Symbol.for("shared")`,
  "well-known symbol": `Symbol.asyncIterator`,
  "array": `[$, $, 1]`,
  "holes": `[, $, , -0, ,]`,
  "array with a field": `Object.assign([$], { note: $ })`,
  "object": `({ a: $, 2: $, 1: "one", [Symbol.for("k")]: $ })`,
  "bare object": `Object.assign(Object.create(null), { a: $ })`,
  "frozen": `Object.freeze({ a: $, b: [$] })`,
  "sealed": `Object.seal([$, $])`,
  "closed": `Object.preventExtensions({ a: $ })`,
  "own prototype": `Object.create({ inherited: $ }, { own: { value: $ } })`,
  "accessors": `(() => { let n = 1; return { get n() { return n }, set n(v) { n = v + 1 } } })()`,
  "read-only": `Object.defineProperty({}, "fixed", { value: $, enumerable: true })`,
  "map": `new Map<any, any>([[$, $], ["k", $], [NaN, -0]])`,
  "set": `new Set<any>([$, $, -0])`,
  "map iterator":
    `(() => { const i = new Map<any, any>([[1, $], [2, $]]).entries(); i.next(); return i })()`,
  "set iterator": `(() => { const i = new Set<any>([3, $]).values(); i.next(); return i })()`,
  "array iterator": `(() => { const i = [1, $, 3].entries(); i.next(); return i })()`,
  "text iterator": `(() => { const i = "a\\u{1F600}b"[Symbol.iterator](); i.next(); return i })()`,
  "match iterator": `(() => { const i = "a1b2".matchAll(/[a-z](\\d)/g); i.next(); return i })()`,
  "date": `new Date(${Date.UTC(2024, 1, 29)})`,
  "invalid date": `new Date(NaN)`,
  "pattern": `(() => { const r = /(?<x>a)|b/gy; r.test("ab"); return r })()`,
  "bytes": `new Uint8Array([1, 2, 255])`,
  "shared buffer":
    `(() => { const b = new ArrayBuffer(8); return [new Int16Array(b, 2, 2), new DataView(b, 1), b] })()`,
  "floats": `new Float64Array([-0, NaN, 0.1])`,
  "error": `Object.assign(new TypeError("t", { cause: $ }), { code: $ })`,
  "own error": `new Declined("why", $)`,
  "aggregate": `new AggregateError([$, new Error("in")], "all")`,
  "instance": `new Point($)`,
  "derived instance": `new Named($)`,
  "class": `Named`,
  "fresh class": `(() => { const k = $; return class { static kept = k; at() { return k } } })()`,
  "closure":
    `(() => { let n = 0; const k: any = $; return Object.assign(() => [++n, k], { call: 1 }) })()`,
  "named function": `(function self(n: any): any { return n === 1 ? self : "end" })`,
  "bound": `Point.prototype.add.bind(new Point(1), 2)`,
  "method": `({ base: $, m() { return this === undefined } }).m`,
  "generator": `(() => { const g = counting($); g.next(); return g })()`,
  "async generator": `(() => { const g = countingLater($); return g })()`,
  "resolved": `Promise.resolve($)`,
  "rejected": `(() => { const p = Promise.reject($); p.catch(() => {}); return p })()`,
  "pending": `(() => { let go: any; const p = new Promise((y) => go = y); return { p, go } })()`,
  "url": `new URL("https://example.com/a?b=1#c")`,
  "boxed": `Object(1n)`,
  "arguments": `(function (..._: any[]) { return arguments })($, 2)`,
  "template": "((s: any, ...v: any[]) => [s, v])`a${$}b`",
  "native": `Array.prototype.map`
}

const SHOW = `
const shown = async (roots: any[]): Promise<string> => {
  const ids = new Map<any, number>()
  const lines: string[] = []
  const show = (v: any): string => {
    if (typeof v === "symbol") return v.toString()
    if (typeof v === "bigint") return v + "n"
    if (Object.is(v, -0)) return "-0"
    if (typeof v === "string") return JSON.stringify(v)
    if (typeof v !== "object" && typeof v !== "function" || v === null) return String(v)
    const known = ids.get(v)
    if (known !== undefined) return "#" + known
    const id = ids.size
    ids.set(v, id)
    // The language's own functions are frozen in a workflow.
    const tag = Object.prototype.toString.call(v) + (typeof v === "function" ? "" :
      (Object.isFrozen(v) ? "f" : "") + (Object.isSealed(v) ? "s" : "") + (Object.isExtensible(v) ? "" : "c"))
    const own = Reflect.ownKeys(v).filter((k) => k !== "stack" && k !== "callee" && typeof v !== "function" || k === "name" || k === "kept" || k === "call")
      .map((k) => {
        const d: any = Reflect.getOwnPropertyDescriptor(v, k)
        const how = (d.writable ? "w" : "") + (d.enumerable ? "e" : "") + (d.configurable ? "c" : "")
        return String(k) + how + ":" + ("value" in d ? show(d.value) : "accessor " + show(v[k]))
      })
    const inner = v instanceof Map ? [...v].map(([k, w]) => show(k) + "=>" + show(w))
      : v instanceof Set ? [...v].map(show)
      : v instanceof Date ? [show(v.getTime())]
      : v instanceof RegExp ? [v.source, v.flags, show(v.lastIndex)]
      : v instanceof ArrayBuffer ? [...new Uint8Array(v)].map(show)
      : ArrayBuffer.isView(v) ? [v.byteOffset + "+" + v.byteLength, show(v.buffer)]
      : v instanceof URL ? [v.href]
      : []
    const prototype = Object.getPrototypeOf(v)
    const above = prototype === null ? "null" : prototype === Object.prototype ? "" :
      Object.hasOwn(prototype, "constructor") ? prototype.constructor.name : Object.prototype.toString.call(prototype)
    lines.push(id + " " + tag + " " + above + " {" + own.join(",") + "} [" + inner.join(",") + "]")
    return "#" + id
  }
  const states: string[] = []
  for (const root of roots) {
    states.push(show(root))
    try {
      if (typeof root?.next === "function") {
        const { done, value } = await root.next()
        states.push("next", show(done), show(value), show((await root.next()).done))
      } else if (typeof root === "function" && root.prototype === undefined) states.push(show(root(1)))
      else if (root instanceof Point) states.push(show(root.add(5)), show(root.peek()))
      else if (root instanceof RegExp) states.push(show(root.exec("aab")?.index), show(root.lastIndex))
      else if (root instanceof Promise) states.push(show(await root))
      else if (typeof root?.go === "function") { root.go(7); states.push(show(await root.p)) }
      else if (root && Object.hasOwn(root, "n")) { root.n = 5; states.push(show(root.n)) }
    } catch (error) {
      states.push("threw", error instanceof Error ? error.message : show(error))
    }
  }
  return states.join(" ") + "\\n" + lines.join("\\n")
}`

const CLASSES = `
class Declined extends Error { override name = "Declined"; constructor(why: string, readonly more: any) { super(why) } }
class Point {
  static made = 0
  #x = 1
  kept: any
  constructor(kept: any) { this.kept = kept; Point.made++ }
  add(n: number) { this.#x += n; return this.#x }
  peek() { return [this.#x, this.kept] }
}
class Named extends Point { tag = "n"; override add(n: number) { return super.add(n * 2) } }
function* counting(k: any): any { let n = 0; try { while (n < 9) yield [n++, k] } finally { n = 100 } }
async function* countingLater(k: any): any { yield k; yield await Promise.resolve(2) }`

const program = (
  random: Random
): { readonly source: string; readonly kinds: ReadonlyArray<string> } => {
  const kinds: Array<string> = []
  const lines: Array<string> = []
  const any = () => kinds.length === 0 ? "0" : `v${random.below(kinds.length)}`
  for (let at = 0; at < 18; at++) {
    const kind = random.pick(Object.keys(MAKERS))
    lines.push(`const v${at}: any = ${MAKERS[kind]!.replace(/\$(?!\{\$)/g, any)}`)
    kinds.push(kind)
  }
  // Cycles and shared values, also across the pause.
  const tie = () =>
    `try { const a: any = ${any()}; if (typeof a === "object" && a !== null) a.tied = ${any()} } catch {}`
  const source = [
    `import { action, workflow } from "@rappel/core"`,
    `export const echo = action(async (v: any): Promise<any> => v)`,
    `export const main = workflow(async () => {`,
    CLASSES,
    SHOW,
    ...lines,
    ...Array.from({ length: 6 }, tie),
    `await echo(1)`,
    ...Array.from({ length: 3 }, tie),
    `await echo(2)`,
    `return await shown([${kinds.map((_, at) => `v${at}`).join(", ")}])`,
    `})`
  ].join("\n")
  return { source, kinds }
}

describe("heaps made at random", () => {
  const seen = new Set<string>()

  for (let at = 0; at < HEAPS; at++) {
    const seed = SEED + at
    const { kinds, source } = program(new Random(seed))
    for (const kind of kinds) seen.add(kind)

    it(`seed ${seed}: are read as they were written, and behave as under Node`, async () => {
      const { machine, plain, restored } = await runEverywhere(source)

      assert.deepStrictEqual(machine.outcome, plain.outcome)
      assert.deepStrictEqual(restored.outcome, plain.outcome)
      assert.isTrue(plain.outcome.ok, JSON.stringify(plain.outcome))
    })
  }

  it("have every kind of value", () => {
    assert.deepStrictEqual(Object.keys(MAKERS).filter((kind) => !seen.has(kind)), [])
  })
})
