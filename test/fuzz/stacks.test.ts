/**
 * Stacks by hand, where generated programs seldom come: the frames of the program are those
 * that Node shows, with their names, lines and columns.
 */
import { assert, describe, it } from "@effect/vitest"
import { examine } from "./examine.ts"
import { lines, st } from "./Tree.ts"

const PRELUDE = [
  `const echo = action(async (v) => v)`,
  `const fail = action(async (message) => { throw new Error(message) })`,
  `const boom = () => { throw new Error("boom") }`
]

const CASES: Readonly<Record<string, string>> = {
  "a static field": `class A { static x = boom() }`,
  "a static block": `class A { static { boom() } }`,
  "a static private field": `class A { static #x = boom() }`,
  "a field": `new (class { x = 1; y = boom() })()`,
  "a private method": `new (class { #m() { boom() } n() { this.#m() } })().n()`,
  "a getter": `new (class A { get g() { return boom() } })().g`,
  "a static getter": `(class A { static get g() { return boom() } }).g`,
  "a setter": `new (class A { set s(v) { boom() } })().s = 1`,
  "a static method": `(class A { static s() { return boom() } }).s()`,
  "a method of an object": `({ m() { boom() } }).m()`,
  "a getter of an object": `({ get g() { boom() } }).g`,
  "a computed method": `new (class A { ["x" + 1]() { return boom() } })().x1()`,
  "a symbol's method": `new (class A { [Symbol.iterator]() { boom() } })()[Symbol.iterator]()`,
  "an arrow in a field": `new (class A { x = () => boom() })().x()`,
  "an inherited method": `class B { m() { boom() } } class A extends B {} new A().m()`,
  "an arrow that is a property": `const o = { f: () => boom() }; o.f()`,
  "a function that is a property": `const o = { f: function () { boom() } }; o.f()`,
  "a function with a receiver": `const f = function () { boom() }; f.call({ a: 1 })`,
  "a named callback": `[1].map(function named() { boom() })`,
  "an unnamed callback": `[1].map(function () { boom() })`,
  "a method on its own": `class B { m() { boom() } } const m = new B().m; m()`,
  "a method under another name": `class B { m() { boom() } } const x = { k: B.prototype.m }; x.k()`,
  "a constructor": `class B { constructor() { boom() } } new B()`,
  "a constructor without a name": `new (class { constructor() { boom() } })()`,
  "a default constructor":
    `class B { constructor() { boom() } } class D extends B {} class E extends D {} new E()`,
  "a field of a base class":
    `class F { x = boom() } class G extends F {} class H extends G { constructor() { super() } } new H()`,
  "a field of a class with a constructor":
    `class F { x = boom(); constructor(a) { this.a = a } } class G extends F {} new G()`,
  "an iterated call of nothing": `const o = {}; for (const x of o.f(1));`,
  "a destructured call of nothing": `const o = {}; const [a] = o.f()`,
  "a spread call of nothing": `let f; [...f()]`,
  "spread arguments of nothing": `let f; Math.max(...f())`,
  "a function called with new": `function F() { boom() } new F()`,
  "an error class of its own":
    `class A extends Error {} class B extends A { constructor(m) { super(m) } } throw new B("b")`,
  "an error class made in a helper":
    `class C extends Error { constructor(m) { (() => super(m))() } } throw new C("c")`,
  "an error that is a field": `class F { e = new Error("f") } throw new F().e`,
  "awaits":
    `const a = async () => { await null; boom() }; const b = async () => await a(); await b()`,
  "an async method": `class A { async m() { await null; boom() } } await new A().m()`,
  "an async arrow that is a property":
    `const o = { f: async () => { await null; boom() } }; await o.f()`,
  "a rejected await":
    `const a = async () => { await echo(1); await Promise.reject(new Error("r")) }; await a()`,
  "a callback of then": `await echo(1).then(() => boom())`,
  "a chain of thens":
    `const a = async () => { await echo(1).then((v) => v).then(() => boom()).then((v) => v) }; await a()`,
  "a callback of catch": `await fail("x").catch(() => { throw new Error("second") })`,
  "an async callback of then": `await echo(1).then(async () => { await null; boom() })`,
  "finally": `await echo(1).finally(() => { boom() })`,
  "a generator": `function* g() { yield 1; boom() } [...g()]`,
  "an async generator":
    `async function* g() { yield 1; await null; boom() } for await (const x of g());`,
  "an iterator": `for (const x of { [Symbol.iterator]() { return { next() { boom() } } } });`,
  "a nested function": `function outer() { return (function inner() { boom() })() } outer()`,
  "a tagged template": `const tag = () => boom(); tag\`x\``,
  "toString": `String({ toString() { boom() } })`,
  "toJSON": `JSON.stringify({ toJSON() { boom() } })`,
  "a comparator": `[2, 1].sort((a, b) => boom())`,
  "a replacer": `"abc".replace(/b/, () => boom())`,
  "a timer":
    `await new Promise((done) => setTimeout(() => { try { boom() } catch (e) { console.log(e.stack); done() } }, 1))`,
  "a timer of a named function":
    `await new Promise((done) => setTimeout(function later() { console.log(new Error("t").stack); done() }, 1))`,
  "an executor": `await new Promise(() => boom())`,
  "no function": `const o = { a: { b: 1 } }; o.a.b.c()`,
  "nothing read": `const o = {}; o.a.b`,
  "behind a call": `const f = () => undefined; f().x.y`,
  "in a chain": `const o = { a: {} }; o?.a.b.c`,
  "a constant": `const c = 1; c = 2`,
  "before a declaration": `x; let x = 1`,
  "no constructor": `new (() => 1)()`,
  "no iterable": `const [a] = 5`,
  "no object": `const { a } = null`,
  "frozen": `Object.freeze([1]).push(2)`,
  "BigInt": `1n + 1`,
  "JSON": `JSON.parse("{")`,
  "a cause": `try { boom() } catch (e) { throw new Error("outer", { cause: e }) }`
}

/** V8 has no position of its own for these, and shows where it was before, or the function. */
const ELSEWHERE = new Set([
  "a static field",
  "a static block",
  "a static private field",
  "an async generator",
  "a field of a class with a constructor",
  "an iterator",
  "a constant",
  "no iterable"
])

const withoutPlaces = (detail: string): string => {
  const [, node, machine] = /^entry 0\nNode:    ([^]*)\nmachine: ([^]*)$/.exec(detail) ?? []
  const names = (stack = "") => stack.replace(/:\d+:\d+/g, "")
  return node !== undefined && names(node) === names(machine) ? "" : detail
}

describe("a stack has Node's frames", () => {
  for (const [name, body] of Object.entries(CASES)) {
    it(name, async () => {
      const tree = lines([
        ...PRELUDE,
        st("")`const main = workflow(async (input) => {${
          lines([
            `try {`,
            `  ${body};`,
            `} catch (e) { console.log(e.stack); if (e.cause) console.log(e.cause.stack); throw e }`
          ])
        }})`
      ])

      const { detail } = await examine(tree, 1, undefined, "compared")

      assert.strictEqual(ELSEWHERE.has(name) ? withoutPlaces(detail) : detail, "")
    })
  }
})
