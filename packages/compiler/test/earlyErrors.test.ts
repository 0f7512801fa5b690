import { assert, describe, it } from "@effect/vitest"
import { compileFile } from "../src/index.ts"

const findingsOf = (body: string): ReadonlyArray<string> => {
  const source =
    `import { workflow } from "@rappel/core"\nexport const w = workflow(async () => {\n${body}\n})`
  const compiled = compileFile({
    file: "/p/w.ts",
    readFile: (path) => (path === "/p/w.ts" ? source : undefined)
  })
  return [...compiled.findings, ...compiled.workflows.flatMap((each) => each.findings)]
    .filter((each) => each.severity === "error")
    .map((each) => each.code)
}

/** Whether Node refuses the code: as the body of an async function in strict mode. */
const isRefusedByNode = (body: string): boolean => {
  const AsyncFunction = (async () => undefined).constructor as new(code: string) => unknown
  try {
    new AsyncFunction(`"use strict";\n${body}`)
    return false
  } catch {
    return true
  }
}

const REFUSED = [
  "let a; let a",
  "const a = 1; var a",
  "let a; { var a }",
  "{ function f() {} function f() {} }",
  "function f(a, a) {}",
  "function f(a) { let a }",
  "class A { constructor() {} constructor() {} }",
  "const f = () => { await 1 }",
  "function f() { yield 1 }",
  "async function f(a = await 1) {}",
  "function* f(a = yield) {}",
  "break",
  "continue",
  "for (;;) { const f = () => { break } }",
  "a: { continue a }",
  "a: a: 1",
  "for (;;) break nowhere",
  "const a",
  "let { x }",
  "const x = 1; delete x",
  "let eval = 1",
  "arguments = 1",
  "let a; [a, eval] = [1]",
  "let let = 1",
  "let static = 1",
  "1 = 2",
  "let a = {}; a?.b = 1",
  "let a = {}; a?.b++",
  "5++",
  "let a, b, c; a ?? b || c",
  "let a, b, c; a && b ?? c",
  "if (true) let x = 1",
  "while (false) class A {}",
  "for (;;) function f() {}",
  "l: function f() {}",
  "class A { m() { return this.#x } }",
  "const o = {}; o.#x",
  "class A { #x; m() { delete this.#x } }",
  "class A { m() { super() } }",
  "const f = () => super.x",
  "class A { x = arguments }",
  "class A { static { await 1 } }",
  "({ a = 1 })",
  "({ a: 1 } = {})",
  "let a; [a, ...a.b, a] = []",
  "/[/.test('')",
  "/a/gg.test('')",
  "with ({}) {}",
  "let a = 08",
  "'\\08'",
  "a?.`x`; let a",
  "-1 ** 2",
  "for (const x of a, b) {} let a, b",
  "try {}",
  "return return",
  "let a = 1; a.b => 1",
  "switch (1) { case 1: let a; case 2: let a }",
  "try {} catch (e) { let e }",
  "for (let i, i;;) {}",
  "class A extends B { constructor() { super.#x } }",
  "async function f() { for await (x in y) {} }",
  "let x = `${`",
  "import.meta.url = 1",
  "function f() { 'use strict'; with (a) {} }",
  "let undefined_; ({ get a(x) {} })",
  "({ set a() {} })",
  "class A { get constructor() {} }",
  "class A { static prototype() {} }",
  "class A { #constructor }",
  "class A { #a; #a }",
  "function f(a = 1) { 'use strict' }",
  "(a, b) => { let a }",
  "const [...a = []] = []",
  "const [...[a] = []] = []",
  "const [...a,] = []",
  "const { ...a, } = {}",
  "const { ...{ a } } = {}",
  "const f = (...a = []) => a",
  "const f = (...a,) => a",
  "let a; [...a,] = []",
  "let a; [...a = 1] = []",
  "let a, b; ({ ...a, b } = {})",
  "let a; ({ ...{ a } } = {})",
  "let a = {}; [a?.b] = [1]",
  "let a = {}; [a?.b = 1] = []",
  "let a = {}; ({ x: a?.b } = {})",
  "({}) = 1",
  "let a; ([a]) = [1]",
  "let a; [([a])] = [[1]]",
  "() => ({}) = 1",
  "let a; for (([a]) of []) ;",
  "for (let a = 1 of []) ;",
  "for (let a = 1 in {}) ;",
  "for (let a, b of []) ;",
  "for (const a, b in {}) ;",
  "({ __proto__: null, \"__proto__\": null })",
  "class A { #x; m(o) { const { #x: x } = o } }",
  "class A { #x; m(o) { super.#x } }",
  "class A extends class { x = this.#y } { #y }",
  "class A { x = () => typeof arguments }",
  "class A { static { arguments } }",
  "class A { x = class { [arguments] = 1 } }",
  "class A { async constructor() {} }",
  "class A { *constructor() {} }",
  "class A { static 'constructor' = 1 }",
  "function f() { new.t\\u0061rget }",
  "({ set a([b]) { 'use strict' } })",
  "try { throw\n1 } catch {}",
  "const f = (a)\n=> a",
  "const f = a\n=> a",
  "function* f() { (a = yield) => {} }",
  "(a = yield) => {}",
  "class A { static { (a = await) => 0 } }",
  "({ static })",
  "static: 1",
  "implements.x",
  "let a; { { var a2 } let a2 }",
  "{ { var a } function a() {} }",
  "switch (1) { default: { var a } case 1: class a {} }",
  "switch (1) { default: case 1: default: }",
  "label: let a",
  "label: class A {}",
  "label: const a = 1",
  "let async; for (async of []) ;",
  "class A { static { return } }",
  "class A { static { if (1) { return 1 } } }",
  "import 'x'",
  "{ export {} }",
  "({ async async })",
  "for (let of []) ;",
  "try {\n throw\n 1;\n} catch (e) {}"
]

describe("code that Node refuses to load", () => {
  for (const body of REFUSED) {
    it(`gets a finding: ${body}`, () => {
      assert.isTrue(isRefusedByNode(body), "Node takes it")
      assert.notDeepEqual(findingsOf(body), [])
    })
  }
})

const TAKEN = [
  "var a; var a",
  "function f() {} function f() {}",
  "function f(a) { var a }",
  "function f() { var f }",
  "try { throw 1 } catch (e) { var e }",
  "{ function f() {} } function f() {}",
  "class A { get x() { return 1 } set x(v) {} }",
  "class A { get #x() { return 1 } set #x(v) {} m() { return this.#x } }",
  "class A { constructor() { (() => this)() } }",
  "class A { x = new.target }",
  "class A { static { var a; { let a } } }",
  "const o = { m() { return super.toString() } }",
  "a: for (;;) { b: for (;;) { continue a } }",
  "a: { break a }",
  "let async = 1, of = 2, get = 3, set = 4, from = 5; async + of + get + set + from",
  "const f = async () => { for await (const x of []) {} }",
  "let a, b, c; (a ?? b) || c",
  "switch (1) { case 1: { let a } case 2: { let a } }",
  "try {} catch { let e } finally {}",
  "if (true) { function g() {} }",
  "if (true) var v = 1; else ;",
  "for (let i = 0, j = 1; i < j; i++);",
  "const { a: { b: [c] = [] } = {} } = {}",
  "let t; t = async (x) => await x",
  "(function arguments_() { return arguments.length })()",
  "label: while (true) { do { continue label } while (false) }",
  "void async function named() { await null }",
  "new class { constructor() { new.target } }",
  "let a; ([a] = [1])",
  "let a; ({ a } = { a: 1 })",
  "let a = {}; [(a.b), (a)] = [1]",
  "let a; ({ b: (a) = 2, ...a } = {})",
  "let a; for ([a] of []) ;",
  "let a; for (a of [1]) ;",
  "let b; ({ __proto__: b, __proto__: b } = {})",
  "let __proto__ = 1; ({ __proto__, __proto__: null, ['__proto__']: 2 })",
  "class A { #x; m() { return class extends (this.#x, Object) {} } }",
  "class A { x = function() { return arguments } }",
  "class A { m() { return class { [arguments.length] = 1 } } }",
  "class A { static async constructor_() {} *generator() {} }",
  "({ static: 1, await: 2, yield: 3 }).static",
  "class A { m() { return { [arguments.length]() { return 1 } } } }",
  "const { static: a, yield: b } = {}; [a, b]",
  "{ { var a } } { let a }",
  "const f = async (\n  a,\n  b\n) => a",
  "const f = (a) =>\n a",
  "let async; for await (async of []) ;",
  "let async; for ((async) of []) ;",
  "let async; for (\\u0061sync of []) ;",
  "let async; ({ async, 'a': async, async: 1, async() {} })",
  "class A { static { const f = () => { return 1 }; f() } }",
  "label: { let a }"
]

describe("code that looks odd and is right", () => {
  for (const body of TAKEN) {
    it(`has no error: ${body}`, () => {
      assert.isFalse(isRefusedByNode(body), "Node refuses it")
      assert.deepEqual(findingsOf(body), [])
    })
  }
})

describe("code that TypeScript reads in another way than ECMAScript", () => {
  it("is refused: a static method named constructor", () => {
    const found = findingsOf("class A { constructor() {} static constructor() {} } new A()")

    assert.deepStrictEqual(found, ["unsupported-syntax"])
  })
})
