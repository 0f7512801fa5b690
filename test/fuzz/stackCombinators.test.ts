/**
 * `at async Promise.all (index 1)` and the like: who waits for an error's function, through
 * combinators of promises and functions that settle others.
 */
import { describe } from "@effect/vitest"
import { PRELUDE, shows } from "./shows.ts"

const HELPERS = [
  `const ok = async (v) => { await null; return v }`,
  `const bad = async (m) => { await null; throw new Error(m) }`,
  `const later = async (m) => { await echo(m); throw new Error(m) }`,
  `const show = async (v) => { await echo(v); console.log(new Error("shown " + v).stack) }`,
  `const each = (r) => r.forEach((v) => console.log(v.reason?.stack ?? v.stack))`
]

const CASES: Readonly<Record<string, string>> = {
  "all": `await Promise.all([ok(1), bad("x")])`,
  "all, returned": `const h = async () => Promise.all([ok(1), bad("x")]); await h()`,
  "all, returned, later": `const h = async () => Promise.all([ok(1), later("x")]); await h()`,
  "all in a helper": `const h = async () => { await Promise.all([ok(1), bad("x")]) }; await h()`,
  "all with a failed action": `await Promise.all([echo(1), later("x"), fail("y")])`,
  "all within all": `await Promise.all([1, Promise.all([1, 2, bad("x")])])`,
  "all within allSettled":
    `await Promise.allSettled([1, Promise.all([1, bad("x")])]).then((r) => { throw r[1].reason })`,
  "all, then": `await Promise.all([1, bad("x")]).then((v) => v)`,
  "all, catch": `await Promise.all([1, bad("x")]).catch((e) => { throw e })`,
  "all, finally": `await Promise.all([1, bad("x")]).finally(() => {})`,
  "then within all": `await Promise.all([1, bad("x").then((v) => v)])`,
  "finally within all": `await Promise.all([1, bad("x").finally(() => {})])`,
  "a callback within all": `await Promise.all([1, ok(1).then(() => boom())])`,
  "an async callback within all":
    `await Promise.all([1, ok(1).then(async () => { await 1; boom() })])`,
  "all, shown by each": `await Promise.all([1, 2, 3].map(show))`,
  "allSettled, shown by each": `await Promise.allSettled([1, 2, 3].map(show))`,
  "any, shown by each": `await Promise.any([1, 2, 3].map(show))`,
  "race, shown by each": `await Promise.race([1, 2, 3].map(show)); await echo(4)`,
  "allSettled": `each(await Promise.allSettled([bad("x"), later("y"), fail("z")]))`,
  "any": `await Promise.any([bad("x"), later("y")]).catch((e) => each(e.errors))`,
  "race": `await Promise.race([echo(1), bad("x")])`,
  "race within all": `await Promise.all([1, Promise.race([echo(1), bad("x")])])`,
  "a sync callback": `await Promise.all([1, 2].map(() => boom()))`,
  "before the first await": `await Promise.all([1, (async () => boom())()])`,
  "a method": `class A { async m() { await Promise.all([1, later("x")]) } } await new A().m()`,
  "a new promise": `await Promise.all([1, new Promise((y, n) => { bad("x").then(y, n) })])`,
  "a new promise that is awaited": `await new Promise((y, n) => { bad("x").then(y, n) })`,
  "a new promise that is only rejected":
    `await new Promise((y, n) => { bad("x").then(undefined, n) })`,
  "a promise with two that wait":
    `const p = bad("x"); p.catch(() => {}); await Promise.all([1, p])`,
  "a promise of two combinators":
    `const p = bad("x"); const a = Promise.all([1, p]); await Promise.all([p]).catch(() => {}); await a`,
  "a promise that two await":
    `const p = bad("x"); const h = async () => { await p }; await Promise.all([h(), h()])`,
  "deep":
    `const h = async (n) => { await null; if (n === 0) boom(); await Promise.all([1, h(n - 1)]) }; await h(8)`,
  "for await": `for await (const x of [1, Promise.all([1, bad("x")])]);`,
  "an async generator that gives it":
    `async function* g() { yield Promise.all([1, bad("x")]) } for await (const x of g());`,
  "an async generator's next":
    `async function* g() { await null; boom() } await Promise.all([1, g().next()])`,
  "a class of promises": `class P extends Promise {} await P.all([1, bad("x")])`,
  "a class of promises, later": `class P extends Promise {} await P.all([1, later("x")])`,
  "a class of promises as an element":
    `class P extends Promise {} await Promise.all([1, P.resolve(later("x"))])`,
  "any, thrown": `await Promise.any([later("y")])`,
  "any of none": `await Promise.any([])`,
  "any of a class, thrown": `class P extends Promise {} await P.any([later("y")])`,
  "any, thrown in a helper":
    `const h = async () => { await Promise.any([later("y")]).then((v) => v) }; await h()`,
  "any, made in a job": `await ok(1).then(() => Promise.any([later("y")]))`,
  "any, kept":
    `const p = Promise.any([later("y")]); p.catch(() => {}); await echo(1); await echo(2); await p`,
  "an error of errors":
    `await Promise.all([1, (async () => { await 1; throw new AggregateError([], "a") })()])`,
  "a class of promises, settled":
    `class P extends Promise {} each(await P.allSettled([later("x")])); await P.any([later("y")])`,
  "a promise with a then of its own":
    `const p = later("x"); p.then = (y, n) => Promise.prototype.then.call(p, y, n); await Promise.all([1, p])`,
  "any with a then of its own":
    `const p = later("x"); p.then = (y, n) => Promise.prototype.then.call(p, y, n); each((await Promise.any([1n, p].slice(1)).catch((e) => e)).errors)`,
  "a thenable":
    `await Promise.all([{ then(y, n) { console.log(new Error("th").stack); n(new Error("x")) } }])`,
  "a timer":
    `await Promise.all([1, new Promise((y, n) => setTimeout(() => { n(new Error("t")) }, 1))])`,
  "a chain of thens":
    `let p = later("x"); for (let i = 0; i < 15; i++) p = p.then((v) => v); await Promise.all([p])`
}

describe("a stack has V8's frames of combinators", () => {
  for (const [name, body] of Object.entries(CASES)) shows(name, body, [...PRELUDE, ...HELPERS])
})
