/**
 * Promises as values. Those that may be rejected are looked after most of the time, because a
 * rejection that nobody handles ends the program.
 *
 * @since 0.1.0
 */
import { ex, type Tree } from "../Tree.ts"
import type { Gen, Producer, Table } from "./Gen.ts"
import { args } from "./numbers.ts"

const handled = (g: Gen, tree: Tree): Tree => {
  if (g.chance(0.06)) return tree
  return g.chance(0.6)
    ? ex("promise.catch", "prom")`${tree}.catch((e) => ${g.inArrow({}, () => g.num())})`
    : ex("promise.then.both", "prom")`${tree}.then((v) => v, (e) => e.name.length)`
}

const prom = (g: Gen) => g.expression("prom")

/** Of a callback of `then`: a number, a promise, or a failure. */
const reaction = (g: Gen): Tree =>
  g.inArrow({}, () => {
    g.declare("v", "num", false)
    const roll = g.random.below(8)
    if (roll < 4) return ex("then.value", "fn")`(v) => ${g.num()}`
    if (roll < 6) return ex("then.promise", "fn")`(v) => ${g.leaf("prom")}`
    return ex("then.throw", "fn")`(v) => { throw ${g.expression("err")}; }`
  })

const combined: Producer = (g) => {
  const members = ex("", "arr")`[${prom(g)}, ${prom(g)}, ${
    g.chance(0.4) ? g.num() : ex("action.fails", "prom")`fail(${g.leaf("str")})`
  }]`
  const method = g.random.pick(["all", "race", "any", "allSettled"])
  const made = ex(`Promise.${method}`, "prom")`Promise.${method}(${members})`
  const first = ex("promise.then", "prom")`${made}.then((v) => Array.isArray(v) ? v.length : v)`
  return handled(g, first)
}

export const promises: Table = [
  [2, (g) => ex("action.call", "prom")`echo(${g.num()})`],
  [1, (g) => ex("async.call", "prom")`${g.leaf("afn")}(${args(g)})`],
  [0.8, (g) => handled(g, ex("action.fails", "prom")`fail(${g.leaf("str")})`)],
  [1, (g) => handled(g, ex("action.flaky", "prom")`flaky(${g.num()})`)],
  [
    0.6,
    (g) =>
      handled(
        g,
        ex("action.policy", "prom")`flaky.with({ retry: { attempts: ${
          1 + g.random.below(3)
        } } })(${g.num()})`
      )
  ],
  [
    0.4,
    (g) =>
      handled(
        g,
        ex("runAction", "prom")`runAction(() => flaky(${
          g.inArrow({}, () => g.num())
        }), { retry: { attempts: 3 } })`
      )
  ],
  [
    0.6,
    (g) => ex("Promise.resolve", "prom")`Promise.resolve(${g.chance(0.3) ? prom(g) : g.num()})`
  ],
  [0.6, (g) => handled(g, ex("Promise.reject", "prom")`Promise.reject(${g.expression("err")})`)],
  [
    0.8,
    (g) =>
      ex("sleep", "prom")`sleep(${1 + g.random.below(20)}).then(() => ${
        g.inArrow({}, () => g.num())
      })`
  ],
  [
    0.8,
    (g) =>
      ex("new.Promise.timer", "prom")`new Promise((done) => setTimeout(done, ${
        g.random.below(20)
      }, ${g.inArrow({}, () => g.num())}))`
  ],
  [
    0.6,
    (g) =>
      handled(
        g,
        ex("new.Promise", "prom")`new Promise((done, no) => { ${
          g.random.pick(["done", "done", "no"])
        }(${g.inArrow({}, () => g.num())}); })`
      )
  ],
  [2, (g) => handled(g, ex("promise.then", "prom")`${prom(g)}.then(${reaction(g)})`)],
  [
    0.6,
    (g) =>
      handled(
        g,
        ex("promise.finally", "prom")`${prom(g)}.finally(() => { ${
          g.chance(0.1) ? "throw new Error(\"finally\");" : `console.log("finally");`
        } })`
      )
  ],
  [1.4, combined],
  [
    0.8,
    (g) =>
      handled(
        g,
        ex("async.iife", "prom")`(async () => ${g.inArrow({ isAsync: true }, () => g.num())})()`
      )
  ]
]
