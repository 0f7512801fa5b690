/**
 * Loops of all kinds. Every one counts a tick in each turn, so that each program ends.
 *
 * @since 0.1.0
 */
import { lines, other, st, type Tree } from "../Tree.ts"
import { iterable } from "./collections.ts"
import { generatorDeclaration } from "./functions.ts"
import type { Gen } from "./Gen.ts"

const turn = (g: Gen, first: ReadonlyArray<Tree> = []): Tree =>
  lines([st("tick")`$tick();`, ...first, ...g.block(3)])

/** With a label at times; jumps inside may name it. */
const loop = (g: Gen, make: () => Tree): Tree => {
  const label = g.chance(0.4) ? g.name("L") : undefined
  const labels = label === undefined
    ? g.context.labels
    : [...g.context.labels, { label, isLoop: true }]
  const made = g.within({ labels, breakable: true, continuable: true }, make)
  return label === undefined ? made : st("label.loop")`${label}: ${made}`
}

const counted = (g: Gen): Tree =>
  g.scoped(() => {
    const i = g.name("i")
    const start = g.chance(0.3) ? g.num() : "0"
    g.declare(i, "num", false)
    const limit = g.random.below(4)
    const isLet = g.chance(0.9)
    const extra = g.chance(0.2) ? g.num() : "1"
    return loop(g, () => {
      const captured = g.chance(0.3)
        ? [
          st("loop.capture")`setTimeout(() => { console.log("captured", ${i}); }, ${
            g.random.below(5)
          });`
        ]
        : []
      return st(isLet ? "for" : "for.var")`for (${
        isLet ? "let" : "var"
      } ${i} = ${start}; ${i} < ${limit} && ${extra} !== 99; ${i}++) {${turn(g, captured)}}`
    })
  })

const overIterable = (g: Gen): Tree => {
  const source = iterable(g)
  return g.scoped(() => {
    const x = g.name("x")
    const isConst = g.chance(0.6)
    g.declare(x, "num", isConst)
    return loop(
      g,
      () => st("for.of")`for (${isConst ? "const" : "let"} ${x} of ${source}) {${turn(g)}}`
    )
  })
}

/** The turn ends in the loop outside: what stands behind the inner loop must not run. */
const outward = (g: Gen): Tree => {
  const label = g.name("L")
  const [i, x] = [g.name("i"), g.name("x")]
  return g.scoped(() => {
    g.declare(i, "num", true)
    const source = iterable(g)
    g.declare(x, "num", true)
    const labels = [...g.context.labels, { label, isLoop: true }]
    const body = g.within({ labels, breakable: true, continuable: true }, () => g.block(2))
    return st("continue.outer")`${label}: for (let ${i} = 0; ${i} < 2; ${i}++) {${
      lines([
        st("tick")`$tick();`,
        st("")`for (const ${x} of ${source}) {${
          lines([
            st("tick")`$tick();`,
            st("")`if (${g.expression("bool")}) continue ${label};`,
            ...body,
            st("")`console.log("inner", ${x});`
          ])
        }}`,
        st("")`console.log("outer", ${i});`
      ])
    }}`
  })
}

const overEntries = (g: Gen): Tree => {
  const isMap = g.chance(0.5)
  const source = isMap ? g.expression("map") : g.expression("arr")
  return g.scoped(() => {
    const [k, v] = [g.name("k"), g.name("v")]
    g.declare(v, "num", true)
    return loop(
      g,
      () =>
        st("for.of.pattern")`for (const [${k}, ${v} = 1] of ${source}${
          isMap ? "" : ".entries()"
        }) {${turn(g)}}`
    )
  })
}

/** The collection grows or shrinks while it is iterated. */
const live = (g: Gen): Tree => {
  const type = g.random.pick(["arr", "map", "set"] as const)
  const variable = g.variable(type)
  const name = variable?.name ?? g.name("v")
  const fresh = { arr: "[1, 2]", map: "new Map([[\"a\", 1]])", set: "new Set([1, 2])" }
  const before = variable === undefined ? `const ${name} = ${fresh[type]}; ` : ""
  const changes = {
    arr: `if (${name}.length < 7) ${name}.push(${g.random.below(9)});`,
    map:
      `if (${name}.size < 6) ${name}.set("k" + ${name}.size, 1); else ${name}.delete(${name}.keys().next().value);`,
    set: `if (${name}.size < 6) ${name}.add(${name}.size * 7); else ${name}.delete(1);`
  }
  const made = g.scoped(() => {
    const x = g.name("x")
    const pause = g.canAwait ? [st("await.statement")`await echo(${g.leaf("num")});`] : []
    return loop(
      g,
      () =>
        st("for.of.live")`for (const ${x} of ${name}) {${
          turn(g, [...pause, st("change")`${changes[type]}`])
        }}`
    )
  })
  return before === "" ? made : st("")`${before}${made}`
}

const inObject = (g: Gen): Tree => {
  const source = g.expression(g.random.pick(["obj", "obj", "arr"]))
  return g.scoped(() => {
    const key = g.name("key")
    g.declare(key, "str", true)
    return loop(g, () => st("for.in")`for (const ${key} in ${source}) {${turn(g)}}`)
  })
}

const whileLoop = (g: Gen): Tree => {
  const n = g.name("n")
  const condition = g.expression("bool")
  const isDo = g.chance(0.4)
  const made = g.scoped(() =>
    loop(g, () =>
      isDo
        ? st("do.while")`do {${turn(g)}} while (++${n} < 3 && ${condition});`
        : st("while")`while (${n}++ < 3 && ${condition}) {${turn(g)}}`)
  )
  return st("")`let ${n} = 0; ${made}`
}

const forAwait = (g: Gen): Tree => {
  if (!g.canAwait) return overIterable(g)
  const roll = g.random.below(3)
  if (roll === 0 && g.variable("agen") === undefined) {
    return g.scoped(() => st("block")`{${lines([generatorDeclaration(g, true), forAwait(g)])}}`)
  }
  const found = g.variable("agen")
  const source = found !== undefined && (roll === 0 || g.chance(0.4))
    ? other("generator.call.async")`${found.name}(${g.num()})`
    : roll === 1 || found === undefined && g.chance(0.3)
    ? other("for.await.promises")`[${g.expression("prom")}, ${g.num()}, ${g.expression("prom")}]`
    : iterable(g)
  return g.scoped(() => {
    const x = g.name("x")
    g.declare(x, "num", true)
    return loop(g, () => st("for.await")`for await (const ${x} of ${source}) {${turn(g)}}`)
  })
}

export const anyLoop = (g: Gen): Tree =>
  g.random.weighted<(g: Gen) => Tree>([
    [3, counted],
    [3, overIterable],
    [1.2, overEntries],
    [1.6, live],
    [1, outward],
    [1.2, inObject],
    [1.8, whileLoop],
    [2, forAwait]
  ])(g)

export const jump = (g: Gen): Tree | undefined => {
  const { breakable, continuable, labels } = g.context
  const options: Array<Tree> = []
  const outer = labels.length > 1 ? labels[0] : undefined
  if (outer?.isLoop === true && g.chance(0.5)) {
    return g.chance(0.3)
      ? st("break.label")`break ${outer.label};`
      : st("continue.label")`continue ${outer.label};`
  }
  if (breakable) options.push(st("break")`break;`)
  if (continuable) options.push(st("continue")`continue;`)
  for (const { isLoop, label } of labels) {
    options.push(st("break.label")`break ${label};`)
    if (isLoop) options.push(st("continue.label")`continue ${label};`)
  }
  return options.length === 0 ? undefined : g.random.pick(options)
}
