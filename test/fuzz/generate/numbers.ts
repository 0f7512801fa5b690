/**
 * Expressions that give numbers.
 *
 * @since 0.1.0
 */
import { ex, list, opensTypeArguments, type Tree } from "../Tree.ts"
import type { Gen, Producer, Table } from "./Gen.ts"

const two = (g: Gen) => [g.num(), g.num()] as const

const binary = (kind: string, operators: ReadonlyArray<string>): Producer => (g) => {
  const [left, right] = two(g)
  const operator = g.random.pick(operators)
  return ex(kind, "num")`(${left} ${
    opensTypeArguments(operator, right) ? ">>" : operator
  } ${right})`
}

/** Something that can be written to and holds a number. */
export const target = (g: Gen): Tree => {
  const variable = g.variable("num", true)
  const self = g.context.self
  const options: Array<Tree> = []
  if (variable !== undefined) {
    options.push(ex("target.variable", "num")`${variable.name}`)
    options.push(ex("target.variable", "num")`${variable.name}`)
  }
  if (self !== undefined && self.privates.length > 0) {
    options.push(ex("target.private", "num")`this.#${g.random.pick(self.privates)}`)
  }
  if (self !== undefined && self.fields.length > 0) {
    options.push(ex("target.this", "num")`this.${g.random.pick(self.fields)}`)
  }
  const instance = g.variable("inst")
  if (instance?.shape !== undefined && instance.shape.fields.length > 0) {
    options.push(
      ex("target.field", "num")`${instance.name}.${g.random.pick(instance.shape.fields)}`
    )
  }
  if (g.variable("obj") !== undefined) {
    options.push(ex("target.property", "num")`${g.leaf("obj")}.${g.random.pick(["a", "b"])}`)
    options.push(ex("target.computed", "num")`${g.leaf("obj")}[${g.expression("str")}]`)
  }
  if (g.variable("arr") !== undefined) {
    options.push(ex("target.element", "num")`${g.leaf("arr")}[${g.small()}]`)
  }
  if (g.variable("typed") !== undefined) {
    options.push(ex("target.typed", "num")`${g.leaf("typed")}[${g.small()}]`)
  }
  return options.length === 0
    ? ex("target.fresh", "num")`({ a: 1 }).a`
    : g.random.pick(options)
}

const COMPOUND = ["+=", "-=", "*=", "/=", "%=", "**=", "&=", "|=", "^=", "<<=", ">>=", ">>>="]

export const assignment = (g: Gen): Tree => {
  const left = target(g)
  const roll = g.random.below(10)
  if (roll < 4) return ex("assign", "num")`(${left} = ${g.num()})`
  if (roll < 7) return ex("assign.compound", "num")`(${left} ${g.random.pick(COMPOUND)} ${g.num()})`
  return ex("assign.logical", "num")`(${left} ${g.random.pick(["??=", "||=", "&&="])} ${g.num()})`
}

export const update = (g: Gen): Tree => {
  const operator = g.random.pick(["++", "--"])
  return g.chance(0.5)
    ? ex("update.prefix", "num")`(${operator}${target(g)})`
    : ex("update.postfix", "num")`(${target(g)}${operator})`
}

/** Arguments of a call of an unknown function. */
export const args = (g: Gen): Tree => {
  const count = g.random.below(3)
  const made = Array.from({ length: count }, () =>
    g.chance(0.15)
      ? ex("call.spread", "num")`...${g.expression("arr")}`
      : g.chance(0.1)
      ? g.expression(g.random.pick(["arr", "obj", "str"]))
      : g.num())
  return list(", ", made)
}

const callFunction = (g: Gen): Tree => {
  const fn = g.leaf("fn")
  const roll = g.random.below(10)
  if (roll < 6) return ex("call", "num")`${fn}(${args(g)})`
  if (roll < 7) return ex("call.optional", "num")`${fn}?.(${args(g)})`
  if (roll < 8) return ex("call.method.call", "num")`${fn}.call(null, ${g.num()})`
  if (roll < 9) {
    return ex("call.method.apply", "num")`${fn}.apply(undefined, ${g.expression("arr")})`
  }
  return ex("call.new", "num")`Number(typeof new (function (n) { this.n = n })(${g.num()}).n)`
}

const callInstance = (g: Gen): Tree => {
  const instance = g.variable("inst")
  const { shape } = instance ?? {}
  if (instance === undefined || shape === undefined) return callFunction(g)
  const { name } = instance
  const options: Array<() => Tree> = []
  if (shape.methods.length > 0) {
    const method = g.random.pick(shape.methods)
    options.push(
      () => ex("call.method", "num")`${name}.${method}(${args(g)})`,
      () => ex("call.method.optional", "num")`${name}?.${method}?.(${args(g)})`,
      () => ex("call.method.computed", "num")`${name}["${method}"](${args(g)})`
    )
  }
  if (shape.fields.length > 0) {
    options.push(() => ex("get.field", "num")`${name}.${g.random.pick(shape.fields)}`)
  }
  if (shape.asyncMethods.length > 0 && g.canAwait) {
    options.push(() =>
      ex("call.method.async", "num")`(await ${name}.${g.random.pick(shape.asyncMethods)}(${
        args(g)
      }))`
    )
  }
  return options.length === 0 ? callFunction(g) : g.random.pick(options)()
}

const callStatic = (g: Gen): Tree => {
  const found = g.of("cls").find(({ shape }) => shape !== undefined && shape.statics.length > 0)
  if (found?.shape === undefined || found.shape.statics.length === 0) return callFunction(g)
  return ex("call.static", "num")`${found.name}.${g.random.pick(found.shape.statics)}(${args(g)})`
}

/** More often where there are instances. */
const likelyInstance: Producer = (g) =>
  g.variable("inst") === undefined ? g.leaf("num") : callInstance(g)

const ofThis = (g: Gen): Tree => {
  const { hasSuper, self } = g.context
  if (self === undefined) return callInstance(g)
  const options: Array<() => Tree> = []
  if (self.fields.length > 0) {
    options.push(() => ex("this.field", "num")`this.${g.random.pick(self.fields)}`)
  }
  if (self.privates.length > 0) {
    options.push(() => ex("this.private", "num")`this.#${g.random.pick(self.privates)}`)
  }
  if (hasSuper === true) {
    options.push(
      () => ex("super.call", "num")`super.total(${g.num()})`,
      () => ex("super.call", "num")`super.total(${g.num()})`,
      () => ex("super.get", "num")`(super.size ?? ${g.num()})`
    )
  }
  return options.length === 0 ? callInstance(g) : g.random.pick(options)()
}

const awaited = (g: Gen): Tree => {
  if (!g.canAwait) return callFunction(g)
  const roll = g.random.below(10)
  const instance = g.of("inst").find(({ shape }) => (shape?.asyncMethods.length ?? 0) > 0)
  if (roll < 4 && instance?.shape !== undefined) {
    return ex("call.method.async", "num")`(await ${instance.name}.${
      g.random.pick(instance.shape.asyncMethods)
    }(${args(g)}))`
  }
  if (roll < 3) return ex("await.async", "num")`(await ${g.leaf("afn")}(${args(g)}))`
  if (roll < 6) return ex("await.promise", "num")`(await ${g.expression("prom")})`
  if (roll < 7) {
    return ex("await.thenable", "num")`(await { then(done) { done(${
      g.within({ isHead: true, isAsync: false }, () => g.leaf("num"))
    }) } })`
  }
  if (roll < 8) {
    return ex("await.iife", "num")`(await (async () => ${
      g.inArrow({ isAsync: true }, () => g.num())
    })())`
  }
  return ex("await.flaky", "num")`(await flaky(${g.num()}).catch((e) => e.message.length))`
}

const ofPlaces: Producer = (g) =>
  g.random.pick<Producer>([
    (g) => ex("get.element", "num")`${g.expression("arr")}[${g.small()}]`,
    (g) => ex("get.length", "num")`${g.expression(g.random.pick(["arr", "str"]))}.length`,
    (g) => ex("get.property", "num")`${g.expression("obj")}.${g.random.pick(["a", "b", "c"])}`,
    (g) => ex("get.optional", "num")`${g.expression("obj")}?.a?.b`,
    (g) => ex("get.optional.element", "num")`${g.expression("obj")}?.[${g.expression("str")}]`,
    (g) => ex("get.computed", "num")`${g.expression("obj")}[${g.expression("str")}]`,
    (g) => ex("get.typed", "num")`${g.expression("typed")}[${g.small()}]`,
    (g) => ex("map.get", "num")`(${g.expression("map")}.get(${g.expression("str")}) ?? ${g.num()})`,
    (g) => ex("map.size", "num")`${g.expression(g.random.pick(["map", "set"]))}.size`,
    (g) => ex("non-null", "num")`${g.expression("obj")}${{ ts: "!" }}.a`
  ])(g)

const ofLibrary: Producer = (g) =>
  g.random.pick<Producer>([
    (g) =>
      ex("Math", "num")`Math.${
        g.random.pick(["floor", "abs", "sign", "trunc", "round", "fround", "clz32"])
      }(${g.num()})`,
    (g) => ex("Math", "num")`Math.max(...${g.expression("arr")}, ${g.num()})`,
    (g) => ex("Number", "num")`Number(${g.expression(g.random.pick(["str", "bool", "big"]))})`,
    (g) =>
      ex("parseInt", "num")`parseInt(${g.expression("str")}, ${g.random.pick(["10", "16", "36"])})`,
    (g) =>
      ex("array.reduce", "num")`${g.expression("arr")}.reduce((sum, x) => sum + x, ${g.num()})`,
    (g) =>
      ex("array.search", "num")`${g.expression("arr")}.${
        g.random.pick(["indexOf", "lastIndexOf", "at"])
      }(${g.num()})`,
    (g) =>
      ex("array.find", "num")`${g.expression("arr")}.${
        g.random.pick(["find", "findIndex", "findLast", "findLastIndex"])
      }((x) => x > ${g.inArrow({}, () => g.num())})`,
    (g) => ex("array.mutate", "num")`${g.leaf("arr")}.${g.random.pick(["pop", "shift"])}()`,
    (g) =>
      ex("string.search", "num")`${g.expression("str")}.${
        g.random.pick(["indexOf", "search", "localeCompare"])
      }("a")`,
    (g) =>
      ex("string.code", "num")`${g.expression("str")}.${
        g.random.pick(["charCodeAt", "codePointAt"])
      }(${g.small()})`,
    (g) =>
      ex("date.get", "num")`${g.expression("date")}.${
        g.random.pick(["getTime", "getUTCDay", "getUTCMonth", "getUTCFullYear", "valueOf"])
      }()`,
    (_) => ex("date.now", "num")`(Date.now() % 100_000)`,
    (_) => ex("random", "num")`(Math.random() < 1 ? 1 : 0)`,
    (g) => ex("structuredClone", "num")`structuredClone(${g.expression("arr")})[0]`,
    (g) => ex("error.fields", "num")`(${g.expression("err")}.code ?? ${g.num()})`,
    (g) => ex("regexp.lastIndex", "num")`${g.leaf("re")}.lastIndex`
  ])(g)

const immediate: Producer = (g) => {
  const value = g.num()
  return g.inArrow({}, () => {
    const name = g.name("p")
    g.declare(name, "num", false)
    return ex("iife", "num")`((${name}) => ${g.num()})(${value})`
  })
}

const tagged: Producer = (g) => {
  const a = g.num()
  return ex(
    "template.tagged",
    "num"
  )`((strings, ...values) => strings.raw.join("").length + values.length)\`a\\n${"${"}${a}${"}"}b\``
}

const simple: Table = [
  [3, binary("bin.arithmetic", ["+", "-", "*", "/", "%"])],
  [0.6, binary("bin.power", ["**"])],
  [1, binary("bin.bits", ["&", "|", "^", "<<", ">>", ">>>"])],
  [1.2, (g) => {
    const [left, right] = two(g)
    return ex("logical", "num")`(${left} ${g.random.pick(["&&", "||"])} ${right})`
  }],
  [0.8, (g) => {
    const [left, right] = two(g)
    return ex("nullish", "num")`(${left} ?? ${right})`
  }],
  [1, (g) => ex("conditional", "num")`(${g.expression("bool")} ? ${g.num()} : ${g.num()})`],
  [0.5, (g) => {
    const [left, right] = two(g)
    return ex("comma", "num")`(${left}, ${right})`
  }],
  [0.5, (g) => ex("unary", "num")`(${g.random.pick(["-", "+", "~"])}${g.num()})`],
  [0.3, (g) => ex("unary.void", "num")`((void ${g.num()}) ?? ${g.num()})`],
  [0.5, (g) => ex("as", "num")`(${g.num()}${{ ts: " as number" }})`],
  [0.2, (g) => ex("satisfies", "num")`(${g.num()}${{ ts: " satisfies number" }})`]
]

export const numbers: Table = [
  ...simple,
  [1.5, assignment],
  [1, update],
  [2.2, callFunction],
  [1.2, callInstance],
  [3, likelyInstance],
  [2.2, callStatic],
  [1.2, ofThis],
  [2.6, awaited],
  [2.5, ofPlaces],
  [2.5, ofLibrary],
  [0.5, immediate],
  [0.35, tagged],
  [0.3, (g) =>
    g.context.hasArguments === true
      ? ex("arguments", "num")`(arguments.length + (arguments[0] ?? 1))`
      : callFunction(g)]
]
