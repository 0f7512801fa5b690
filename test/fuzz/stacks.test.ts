/**
 * Stacks by hand, where generated programs seldom come: the frames of the program are those
 * that Node shows, with their names, lines and columns.
 */
import { describe } from "@effect/vitest"
import { PRELUDE, shows } from "./shows.ts"

/** V8 has the place of a call behind a name at the name, and behind a reserved word at its parenthesis. */
const WORDS = [
  ..."break case catch class const continue debugger default delete do else enum export".split(" "),
  ..."extends false finally for function if import in instanceof new null return super".split(" "),
  ..."switch this throw true try typeof var void while with".split(" "),
  ..."accessor as async await from get implements let of package set static using yield".split(" ")
]

const CASES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    WORDS.map((word) => [
      `a method named ${word}`,
      `const o = { ${word}() { boom() } }; o.${word}(1)`
    ])
  ),
  "a class behind a class": `class A {} class B { static { boom() } }`,
  "a class behind a class that is held":
    `class A {} class B { static { boom() } } void (() => [A, B])`,
  "a class behind one with members":
    `class A { x = 1; m() {} get [1 + 1]() { return 1 } } class B { static { boom() } }`,
  "a class behind one that extends":
    `class A {} class B extends A {} class C { static x = boom() }`,
  "a class behind a method named catch":
    `(async (n) => n)().catch((e) => 1); class A { static { boom() } }`,
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
  "an iterated call of nothing behind a call": `for (const x of "a".charAt(0).at(1));`,
  "an iterated nothing behind a call": `const g = () => ({}); for (const x of g().x);`,
  "a spread nothing behind a call": `const g = () => ({}); [...g().x]`,
  "a getter that is stored": `await echo({ get b() { return boom } })`,
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

/** What V8 has no position of its own for: it shows the last one before in the function's code. */
const PLACES: Readonly<Record<string, string>> = {
  "next of a loop": `for (const abc of bad());`,
  "next of a loop over pairs": `for (const [a, b] of bad());`,
  "next of a loop over records": `for (const { a, b: c } of bad());`,
  "next of a loop that assigns": `let abc; for (abc of bad());`,
  "next of a loop that sets a property": `let abc = {}; for (abc.xy of bad());`,
  "next of a loop that assigns a pattern": `let abc = {}; for ([abc] of bad());`,
  "next of a loop that awaits": `for (const abc of bad()) await 1`,
  "next of for await": `for await (const abc of bad());`,
  "items of a loop over pairs": `for (const [aaa, bbb] of [5]);`,
  "items of a loop over records": `for (const { aaa: ccc, bbb } of [null]);`,
  "nested items of a loop": `for (const { aaa: { ccc }, bbb } of [{}]);`,
  "a computed key of a loop": `for (const { [f(1)]: ccc, bbb } of [null]);`,
  "a default of a loop": `for (const { aaa: ccc = 3, bbb } of [null]);`,
  "delete": `const o = frozen; f(1); delete o.a`,
  "delete as an argument": `f(1); f(2, delete frozen.a)`,
  "delete behind a call": `f(2, delete f(frozen).a)`,
  "++ of nothing's property": `let o; o.x++`,
  "++ of nothing's property, deeper": `let o = {}; o.p.x++`,
  "+= of nothing's property": `let o = {}; f(o.p.x += 1)`,
  "+= with a getter": `let o = { get x() { boom() } }; f(1, o.x += 1)`,
  "+= with a setter": `let o = { set x(v) { boom() }, get x() { return 1 } }; f(1, o.x += f(2))`,
  "+= that cannot add": `let o = { x: 1n }; f(1, o.x += 1)`,
  "+= of a variable that cannot add": `let o = 1n; f(1, o += 1)`,
  "++ with a setter": `let o = { set x(v) { boom() }, get x() { return 1 } }; f(1, o["x"]++)`,
  "++ that cannot": `let o = { x: Symbol() }; f(1, --o.x)`,
  "??= of nothing's property": `let o; f(1, o.x ??= 1)`,
  "a constant assigned to": `const c = 1; f(1); c = 2`,
  "a constant with +=": `const c = 1; f(1); c += 2`,
  "a constant with ++": `const c = 1; f(1, c++)`,
  "a constant with --": `const c = 1; f(1, --c)`,
  "a constant in an array pattern": `const c = 1; [c] = [2]`,
  "a constant in an object pattern": `const c = 1; ({ a: c } = { a: 1 })`,
  "an early write": `f(1); x = 2; let x`,
  "an early +=": `f(1, x += 2); let x`,
  "an early ++": `f(1, x++); let x`,
  "an early write of a pattern": `[x] = [1]; let x`,
  "a declared pattern of no array": `const [aa] = 5`,
  "an assigned pattern of no array": `let bb; f(1, [bb] = 5)`,
  "a pattern with a call of no array": `let bb; [f(bb).x, ...bb] = 5`,
  "the first item of a pattern": `const [aa, bb] = bad()`,
  "the second item of a pattern": `const [aa, bb] = bad(1)`,
  "the rest of a pattern": `const [aa, ...bb] = bad(1)`,
  "a hole of a pattern": `const [aa, , bb] = bad(1)`,
  "the target of an item": `const o = {}; [o.x, f(o).y] = bad(1)`,
  "close of a pattern": `const [aa, bb = f(2)] = unclosed(); f(3)`,
  "close of a loop": `for (const aa of unclosed()) { if (f(1)) break; f(2, 3) }`,
  "close of a loop that only breaks": `for (const aa of unclosed()) { break }`,
  "close of a loop that returns": `for (const aa of unclosed()) return 1`,
  "close of a loop that awaits": `for (const aa of unclosed()) { await 1; break }`,
  "a static field after a call": `f(1); class A { static x = boom() }`,
  "a static field after a declaration": `const q = f(1); class A { static x = boom() }`,
  "a static field after a condition":
    `if (f(0)) { f(1); return f(2) } class A { static x = boom() }`,
  "a static field after a loop":
    `for (let i = 0; i < 1; i++) { f(3) } class A { static x = boom() }`,
  "a static field after while": `let n = 1; while (n--) { f(3) } class A { static x = boom() }`,
  "a static field after try": `try { f(1) } catch { f(4) } class A { static x = boom() }`,
  "a static field after a name": `let z; class A { static x = boom() }`,
  "a static field after a switch":
    `switch (f(1)) { case 2: f(5); break; default: f(6) } class A { static x = boom() }`,
  "a static field after an operator": `f(1) + f(2); class A { static x = boom() }`,
  "a static field after a choice": `f(f(1) ? f(2) : 3, class A { static x = boom() })`,
  "a static field after a template": "f(`a${f(1)}b`, class A { static x = boom() })",
  "a static field after an object":
    `const q = 1; f({ a: f(1), b: 3 , c: q }, class A { static x = boom() })`,
  "what a class extends": `f(1, class A extends f(5) { })`,
  "a class with a computed key": `class A extends f(5) { [f("b")]() {} }`,
  "a field of a constructor with parameters":
    `new (class A { y = boom(); constructor(q) { this.q = q } })()`,
  "a private method's class": `new (class A { #p() {} y = boom(); constructor(q = f(1)) {} })()`,
  "a field after super":
    `f(1, new (class A extends (class {}) { y = boom(); constructor(q) { f(5); super(f(3)) } })())`,
  "an object's rest": `const { ...z } = { get a() { boom() } }`,
  "a nested parameter": `function q({ a: { b } }) {} q({})`,
  "a parameter that is no array": `function q(z = 1, [a]) {} q(1, 5)`,
  "an arrow's parameter that is no array": `f(([a]) => 1)(5)`,
  "a nested default of nothing": `({ a: { c: ({ a: 1 }).a = 1 } = [] } = ({ a: null }))`,
  "nothing that is destructured to a property":
    `const o = {}; ({ a: { c: o.m } = [] } = ({ a: null }))`,
  "nothing that is destructured to a property at once": `const o = {}; ({ c: o.m } = null)`,
  "a default of nothing": `const u = () => { let { a: d = 1 } = f(undefined) }; u()`,
  "a copy of an object with an accessor":
    `if ("a" in { ...{ ...{ get a() { return boom() } } } }) f(1)`,
  "a loop over the second of two": `const u = null; for (const x of u ?? f(5)) f(x)`,
  "a loop over a sum of three": `for (const x of f(1) + 2 + f(3)) f(x)`,
  "a spread chain": `const o = { a: 5 }; f([...o?.a])`,
  "yield* of a number": `function* g() { f(1); yield* -1 } [...g()]`,
  "a symbol in a template": "f(1, `a${Symbol()}`)",
  "yield* of nothing": `function* g() { yield* null } [...g()]`,
  "yield* of what throws": `function* g() { f(1); yield* bad() } [...g()]`,
  "a rejected for await": `for await (const x of [Promise.reject(new Error("r"))]) f(x)`
}

const HELPERS = [
  `const f = (v) => v`,
  `const frozen = Object.freeze({ a: 1 })`,
  `const bad = (after = 0) => ({ [Symbol.iterator]: () => ({ next() { if (after-- === 0) boom(); return { done: false, value: 1 } } }) })`,
  `const unclosed = () => ({ [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }), return() { boom() } }) })`
]

describe("a stack has Node's frames", () => {
  for (const [name, body] of Object.entries(CASES)) shows(name, body, PRELUDE)
})

describe("a stack has V8's place for what has none", () => {
  for (const [name, body] of Object.entries(PLACES)) shows(name, body, [...PRELUDE, ...HELPERS])
})
