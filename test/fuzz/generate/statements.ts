/**
 * Statements other than loops.
 *
 * @since 0.1.0
 */
import { ex, lines, list, other, st, type Tree, type Type } from "../Tree.ts"
import { classFamily, instanceDeclaration } from "./classes.ts"
import { bodyOf, functionExpression, generatorDeclaration, parameters } from "./functions.ts"
import type { Gen } from "./Gen.ts"
import { anyLoop, jump } from "./loops.ts"
import { args, assignment, update } from "./numbers.ts"
import { destructuring, destructuringAssignment, swap } from "./patterns.ts"

type Make = (g: Gen) => Tree

const DECLARED: ReadonlyArray<Type> = [
  "num",
  "num",
  "num",
  "str",
  "arr",
  "arr",
  "obj",
  "obj",
  "map",
  "set",
  "big",
  "date",
  "re",
  "typed",
  "err",
  "prom",
  "bool"
]

const declaration: Make = (g) => {
  const type = g.random.pick(DECLARED)
  const name = g.name("v")
  const value = g.expression(type)
  const word = g.random.weighted([[4, "let"], [4, "const"], [0.7, "var"]])
  g.declare(name, type, word === "const")
  return st(`declare.${word}`)`${word} ${name}${g.chance(0.1) ? { ts: ": any" } : ""} = ${value};`
}

/** Bounded, or a loop would double it. */
const BOUNDED: Readonly<Partial<Record<Type, string>>> = {
  str: ".slice(0, 40)",
  arr: ".slice(0, 8)"
}

const reassignment: Make = (g) => {
  const type = g.random.pick(["str", "arr", "obj", "big", "map", "set"] as const)
  const variable = g.variable(type, true)
  if (variable === undefined) return st("assign.statement")`${assignment(g)};`
  const value = g.expression(type)
  if (type === "big") return st("assign.variable")`${variable.name} = BigInt.asIntN(64, ${value});`
  return st("assign.variable")`${variable.name} = (${value})${BOUNDED[type] ?? ""};`
}

const LOGGED: ReadonlyArray<Type> = [
  "num",
  "str",
  "bool",
  "arr",
  "obj",
  "map",
  "set",
  "big",
  "date",
  "re",
  "typed"
]

const log: Make = (g) => {
  const values = Array.from(
    { length: 1 + g.random.below(2) },
    () => g.expression(g.random.pick(LOGGED))
  )
  return st("console.log")`console.${g.random.pick(["log", "log", "info", "warn"])}("at", ${
    list(", ", values)
  });`
}

const logFunction: Make = (g) => {
  const kind = g.random.pick(["fn", "afn", "cls"] as const)
  const found = g.variable(kind)
  return found === undefined ? log(g) : st("console.log.function")`console.log(${found.name});`
}

const logError: Make = (g) => st("error.stack")`console.log(${g.expression("err")}.stack);`

/** What is no function is called, and its name is in the message. */
const callOfNothing: Make = (g) => {
  const type = g.random.pick(["num", "str", "arr", "obj"] as const)
  const callee = g.variable(type)?.name ?? "$ticks"
  const call = g.chance(0.6) ? `${callee}(1)` : `${callee}.missing()`
  return st("call.nothing")`try { ${call}; } catch (e) { console.log(e.message); }`
}

/** A pattern that has matched waits with the place that it got to. */
const heldPattern: Make = (g) => {
  if (!g.canAwait) return log(g)
  const re = g.name("re")
  const text = g.expression("str")
  const pattern = g.random.pick(["/a/g", "/[a-z]/g", "/\\w+?/gy", "/./gu"])
  return st(
    "regexp.held"
  )`const ${re} = ${pattern}; ${re}.test(${text}); await echo(${g.num()}); console.log(${re}.lastIndex, ${re}.exec(${
    g.expression("str")
  })?.index);`
}

const ifStatement: Make = (g) => {
  const condition = g.expression(g.random.pick(["bool", "bool", "num", "str"]))
  const first = lines(g.block(2))
  if (g.chance(0.5)) return st("if")`if (${condition}) {${first}}`
  return g.chance(0.3)
    ? st("if.else.if")`if (${condition}) {${first}} else if (${g.expression("bool")}) {${
      lines(g.block(1))
    }} else {${lines(g.block(1))}}`
    : st("if.else")`if (${condition}) {${first}} else {${lines(g.block(2))}}`
}

const switchStatement: Make = (g) => {
  const type = g.random.pick(["num", "str"] as const)
  const value = type === "num" ? g.small() : g.expression("str")
  return g.within({ breakable: true }, () =>
    g.scoped(() => {
      const cases = Array.from({ length: 1 + g.random.below(3) }, (_, at) => {
        const test = type === "num" && g.chance(0.5)
          ? ex("literal.num", "num")`${at}`
          // TypeScript takes `(a = 1): {` for the head of an arrow.
          : other("")`${type === "num" ? "0" : "\"\""} + ${g.expression(type)}`
        const ends = g.chance(0.6) ? [st("break")`break;`] : []
        return other(ends.length === 0 ? "case.through" : "case")`case ${test}: {${
          lines([...g.block(2), ...ends])
        }}`
      })
      if (g.chance(0.7)) {
        cases.splice(
          g.random.below(cases.length + 1),
          0,
          other("default")`default: {${lines(g.block(1))}}`
        )
      }
      return st("switch")`switch (${value}) {${lines(cases)}}`
    }))
}

const tryStatement: Make = (g) => {
  const body = lines(g.block(3))
  const handler = () =>
    g.scoped(() => {
      const e = g.name("e")
      const roll = g.random.below(6)
      if (roll < 1) return other("catch.bare")`catch {${lines(g.block(2))}}`
      if (roll < 2) {
        return other("catch.pattern")`catch ({ name, message }) {${
          lines([st("console.log")`console.log(name, message);`, ...g.block(1)])
        }}`
      }
      g.declare(e, "err", true)
      return other("catch")`catch (${e}) {${
        lines([
          roll < 3
            ? st("error.stack")`console.log(${e}.stack);`
            : st("console.log")`console.log(${e}.name, ${e}.message, ${e}.code);`,
          ...g.block(2),
          ...(g.chance(0.1) ? [st("rethrow")`throw ${e};`] : [])
        ])
      }}`
    })
  const last = () => other("finally")`finally {${lines(g.block(2))}}`
  const roll = g.random.below(10)
  if (roll < 5) return st("try.catch")`try {${body}} ${handler()}`
  if (roll < 8) return st("try.catch.finally")`try {${body}} ${handler()} ${last()}`
  return st("try.finally")`try {${body}} ${last()}`
}

const throwStatement: Make = (g) =>
  g.chance(0.85)
    ? st("throw")`throw ${g.expression("err")};`
    : st("throw.value")`throw ${g.expression(g.random.pick(["num", "str", "obj"]))};`

/** Behind a condition, so that what follows can be reached. */
const leaving: Make = (g) => {
  const condition = g.expression("bool")
  const jumps = jump(g)
  if (jumps !== undefined && g.chance(0.75)) return st("if.jump")`if (${condition}) ${jumps}`
  if (g.nesting > 1 && g.chance(0.5)) return st("if.throw")`if (${condition}) ${throwStatement(g)}`
  const { returns } = g.context
  if (returns === "no" || g.nesting < 2) return log(g)
  return returns === "num" && !g.context.isGenerator
    ? st("if.return")`if (${condition}) ${st("return")`return ${g.num()};`}`
    : st("if.return")`if (${condition}) return;`
}

const block: Make = (g) => st("block")`{${lines(g.block(2))}}`

const labelled: Make = (g) => {
  const label = g.name("L")
  return g.within(
    { labels: [...g.context.labels, { label, isLoop: false }] },
    () =>
      st("label.block")`${label}: {${
        lines([
          ...g.block(2),
          st("if.jump")`if (${g.expression("bool")}) break ${label};`,
          ...g.block(1)
        ])
      }}`
  )
}

export const functionDeclaration: Make = (g) => {
  const name = g.name("f")
  const isAsync = g.chance(0.5)
  const made = g.inFunction(
    { isAsync, hasArguments: true },
    () =>
      st(isAsync ? "function.declaration.async" : "function.declaration")`${
        isAsync ? "async " : ""
      }function ${name}(${parameters(g)}) {${bodyOf(g)}}`
  )
  g.declare(name, isAsync ? "afn" : "fn")
  return made
}

export const functionValue: Make = (g) => {
  const name = g.name("g")
  const isAsync = g.chance(0.5)
  const made = st("function.value")`const ${name} = ${functionExpression(g, isAsync)};`
  g.declare(name, isAsync ? "afn" : "fn")
  return made
}

/** The protocol by hand. */
const stepping: Make = (g) => {
  const isAsync = g.canAwait && g.chance(0.5)
  const type = isAsync ? "agen" : "gen"
  const before = g.variable(type) === undefined ? generatorDeclaration(g, isAsync) : undefined
  const found = g.variable(type)!
  const [it, word] = [g.name("it"), isAsync ? "await " : ""]
  const steps = Array.from({ length: 1 + g.random.below(3) }, () => {
    const roll = g.random.below(8)
    const call = roll < 4
      ? ex("iterator.next", "obj")`next(${g.num()})`
      : roll < 6
      ? ex("iterator.return", "obj")`return(${g.num()})`
      : ex("iterator.throw", "obj")`throw(${g.expression("err")})`
    return st(isAsync ? "iterator.step.async" : "iterator.step")`console.log(${word}${it}.${call});`
  })
  const made = st("iterator")`{${
    lines([
      st("declare.const")`const ${it} = ${found.name}(${g.num()});`,
      other("")`try {${lines(steps)}} catch (e) {${
        lines([st("console.log")`console.log(String(e));`])
      }}`
    ])
  }}`
  return before === undefined ? made : st("")`${before} ${made}`
}

const ownIterator: Make = (g) => {
  const name = g.name("x")
  return g.scoped(() => {
    g.declare(name, "num", true)
    const source = st(
      ""
    )`const own = { [Symbol.iterator]() { let n = 0; return { next: () => ({ done: ++n > 3, value: n }), return() { console.log("closed"); return {}; } }; } };`
    return st("iterable.own")`{${
      lines([
        source,
        g.within({ breakable: true, continuable: true }, () =>
          st("for.of")`for (const ${name} of own) {${
            lines([st("tick")`$tick();`, ...g.block(2)])
          }}`)
      ])
    }}`
  })
}

const timeout: Make = (g) => {
  const body = g.inArrow({ returns: "nothing" }, () => lines([st("tick")`$tick();`, log(g)]))
  if (g.chance(0.75)) return st("setTimeout")`setTimeout(() => {${body}}, ${g.random.below(30)});`
  const t = g.name("t")
  return st("clearTimeout")`const ${t} = setTimeout(() => {${body}}, ${1 + g.random.below(30)}); ${
    g.chance(0.6) ? `clearTimeout(${t});` : ""
  }`
}

const floating: Make = (g) =>
  st("async.floating")`${g.leaf("afn")}(${
    args(g)
  }).catch((e) => { console.log("caught", e.message); });`

const microtask: Make = (g) =>
  st("queueMicrotask")`queueMicrotask(() => { console.log("micro", ${g.leaf("num")}); });`

const awaiting: Make = (g) =>
  g.canAwait
    ? g.random.pick<Make>([
      (g) => st("await.statement")`await ${g.expression("prom")};`,
      (g) =>
        st("await.sleep")`await sleep(${g.random.pick(["1", "5", "\"2 millis\"", "\"10ms\""])});`,
      (g) => st("await.statement")`await echo(${g.num()});`
    ])(g)
    : log(g)

const yielding: Make = (g) => g.canYield ? st("yield")`yield ${g.num()};` : awaiting(g)

const expressionStatement: Make = (g) =>
  g.random.pick<Make>([
    (g) => st("assign.statement")`${assignment(g)};`,
    (g) => st("update.statement")`${update(g)};`,
    (g) => st("call.statement")`${g.leaf("fn")}(${args(g)});`,
    (g) => st("array.push")`${g.leaf("arr")}.${g.random.pick(["push", "unshift"])}(${g.num()});`,
    (g) => st("expression")`(${g.expression(g.random.pick(["num", "arr", "obj", "map", "bool"]))});`
  ])(g)

const enumLike: Make = (g) => {
  const name = g.name("T")
  return st("type.only")`${{ ts: `type ${name} = number | { a: string };` }}`
}

const statements: ReadonlyArray<readonly [number, Make]> = [
  [4, declaration],
  [2, reassignment],
  [3, expressionStatement],
  [2.2, log],
  [0.3, logFunction],
  [0.4, logError],
  [0.4, callOfNothing],
  [0.4, heldPattern],
  [2, ifStatement],
  [1.4, switchStatement],
  [3, tryStatement],
  [3.4, anyLoop],
  [2.6, leaving],
  [0.8, block],
  [0.8, labelled],
  [1.2, functionDeclaration],
  [1.2, functionValue],
  [1.3, (g) => generatorDeclaration(g)],
  [1.6, stepping],
  [0.6, ownIterator],
  [1.3, classFamily],
  [1.5, instanceDeclaration],
  [1.3, destructuring],
  [1, destructuringAssignment],
  [0.3, swap],
  [0.7, timeout],
  [0.7, floating],
  [0.4, microtask],
  [2.6, awaiting],
  [1, yielding],
  [0.2, enumLike]
]

/** What would be long is not begun when little is left. */
const short: ReadonlyArray<readonly [number, Make]> = [
  [2, log],
  [3, expressionStatement],
  [2, reassignment],
  [1, leaving],
  [1, awaiting],
  [0.5, yielding]
]

export const statement: Make = (g) =>
  g.random.weighted(g.left <= 0 || g.nesting > 4 ? short : statements)(g)
