/**
 * Functions of all kinds, with their parameters and bodies.
 *
 * @since 0.1.0
 */
import { ex, lines, list, other, st, type Tree, type Type } from "../Tree.ts"
import type { FunctionContext, Gen, Table } from "./Gen.ts"

/** One parameter; declares its names. */
const parameter = (g: Gen, isFirst: boolean): Tree => {
  const name = g.name("p")
  // Behind others V8 names an array pattern after whatever it evaluated last.
  const roll = g.random.below(isFirst ? 14 : 12)
  if (roll < 7) {
    g.declare(name, "num", false)
    return g.chance(0.2)
      ? other("annotation")`${name}${{ ts: ": any" }}`
      : other("parameter")`${name}`
  }
  if (roll < 10) {
    const value = g.inHead(() => g.num())
    g.declare(name, "num", false)
    return other("parameter.default")`${name} = ${value}`
  }
  if (roll < 12) {
    const second = g.name("p")
    const value = g.inHead(() => g.num())
    g.declare(name, "num", false)
    g.declare(second, "num", false)
    return other("parameter.object")`{ a: ${name} = ${value}, ${"["}"b"${"]"}: ${second} = 2 } = {}`
  }
  const second = g.name("p")
  g.declare(name, "num", false)
  g.declare(second, "num", false)
  return other("parameter.array")`[${name}, ${second} = 1] = [2]`
}

export const parameters = (g: Gen): Tree => {
  const made = Array.from({ length: g.random.below(3) }, (_, at) => parameter(g, at === 0))
  if (g.chance(0.12)) {
    const rest = g.name("rest")
    g.declare(rest, "arr", false)
    made.push(other("parameter.rest")`...${rest}`)
  }
  return list(", ", made)
}

/** Statements that end with a `return` of a number. */
export const bodyOf = (g: Gen): Tree =>
  lines([
    st("tick")`$tick();`,
    ...g.block(2),
    st("return")`return ${g.num()};`
  ])

export const functionExpression = (g: Gen, isAsync: boolean): Tree => {
  const type: Type = isAsync ? "afn" : "fn"
  const word = isAsync ? "async " : ""
  const suffix = isAsync ? ".async" : ""
  const context: Partial<FunctionContext> = { isAsync }
  const roll = g.random.below(10)
  if (roll < 5) {
    return g.inArrow(context, () => {
      const head = parameters(g)
      return g.chance(0.6)
        ? ex(`arrow${suffix}`, type)`(${word}(${head}) => ${g.num()})`
        : ex(`arrow.block${suffix}`, type)`(${word}(${head}) => {${bodyOf(g)}})`
    })
  }
  if (roll < 7) {
    return g.inFunction(
      { ...context, hasArguments: true },
      () => ex(`function${suffix}`, type)`(${word}function (${parameters(g)}) {${bodyOf(g)}})`
    )
  }
  if (roll < 8) {
    const name = g.name("rec")
    return g.inFunction(context, () => {
      const p = g.name("p")
      g.declare(p, "num", false)
      const again = isAsync
        ? ex("", "num")`(await ${name}(${p} - 1))`
        : ex("", "num")`${name}(${p} - 1)`
      return ex(
        `recursion${suffix}`,
        type
      )`(${word}function ${name}(${p}) { $tick(); return !(${p} > 0) ? ${g.num()} : ${again} + 1; })`
    })
  }
  if (roll < 9 && !isAsync) {
    return ex("bind", "fn")`${g.leaf("fn")}.bind(null, ${g.num()})`
  }
  return ex(`closure${suffix}`, type)`((n) => ${word}() => ${
    g.inArrow(context, () => {
      g.declare("n", "num", false)
      return g.num()
    })
  })(${g.num()})`
}

export const functionTables: Readonly<Record<"fn" | "afn" | "gen" | "agen", Table>> = {
  fn: [[1, (g) => functionExpression(g, false)]],
  afn: [[1, (g) => functionExpression(g, true)]],
  gen: [[1, (g) => generatorExpression(g, false)]],
  agen: [[1, (g) => generatorExpression(g, true)]]
}

const yieldStatement = (g: Gen, isAsync: boolean): Tree => {
  const roll = g.random.below(10)
  if (roll < 6) return st(isAsync ? "yield.async" : "yield")`yield ${g.num()};`
  if (roll < 7) {
    const name = g.name("sent")
    const made = st("yield.sent")`let ${name} = yield ${g.num()};`
    g.declare(name, "num", false)
    return made
  }
  const inner = g.variable(isAsync && g.chance(0.5) ? "agen" : "gen")
  return inner === undefined
    ? st("yield.star")`yield* ${g.expression("arr")};`
    : st(isAsync ? "yield.star.async" : "yield.star")`yield* ${inner.name}(${g.num()});`
}

/** A body that yields, often from within `try`. */
export const generatorBody = (g: Gen, isAsync: boolean): Tree => {
  const yields = () => g.scoped(() => lines([yieldStatement(g, isAsync), ...g.block(1)]))
  const roll = g.random.below(10)
  const middle = roll < 4
    ? [yieldStatement(g, isAsync), ...g.block(2), yieldStatement(g, isAsync)]
    : roll < 6
    ? [
      st("yield.in.finally")`try {${yields()}} finally {${
        lines([st("console.log")`console.log("cleanup");`])
      }}`
    ]
    : roll < 8
    ? [
      st("yield.in.catch")`try {${yields()}} catch (e) {${lines([st("yield")`yield String(e);`])}}`
    ]
    : [
      st("yield.in.loop")`for (let k = 0; k < 3; k++) {${
        g.scoped(() => lines([st("tick")`$tick();`, yieldStatement(g, isAsync)]))
      }}`
    ]
  return lines([
    st("tick")`$tick();`,
    ...middle,
    ...(g.chance(0.3) ? [st("return")`return ${g.num()};`] : [])
  ])
}

export const generatorContext = (isAsync: boolean): Partial<FunctionContext> => ({
  isAsync,
  isGenerator: true,
  returns: "nothing"
})

const generatorExpression = (g: Gen, isAsync: boolean): Tree =>
  g.inFunction(generatorContext(isAsync), () => {
    const p = g.name("p")
    g.declare(p, "num", false)
    return isAsync
      ? ex("generator.async", "agen")`(async function* (${p}) {${generatorBody(g, true)}})`
      : ex("generator", "gen")`(function* (${p}) {${generatorBody(g, false)}})`
  })

/** A declaration; declares the generator. */
export const generatorDeclaration = (g: Gen, isAsync = g.chance(0.45)): Tree => {
  const name = g.name("gen")
  const made = g.inFunction(generatorContext(isAsync), () => {
    const p = g.name("p")
    g.declare(p, "num", false)
    return st(isAsync ? "generator.declaration.async" : "generator.declaration")`${
      isAsync ? "async " : ""
    }function* ${name}(${p} = 1) {${generatorBody(g, isAsync)}}`
  })
  g.declare(name, isAsync ? "agen" : "gen")
  return made
}
