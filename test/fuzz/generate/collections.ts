/**
 * Expressions that give arrays, objects, collections and the other things with an identity.
 *
 * @since 0.1.0
 */
import { ex, list, other, type Tree, type Type } from "../Tree.ts"
import type { Gen, Producer, Table } from "./Gen.ts"

const arr = (g: Gen) => g.expression("arr")
const KEYS = ["a", "b", "c"]

const item = (g: Gen): Tree => {
  const roll = g.random.below(12)
  if (roll < 1) {
    return ex("array.spread", "num")`...${g.expression(g.random.pick(["arr", "set", "str"]))}`
  }
  if (roll < 2) return g.expression(g.random.pick(["str", "obj", "bool"]))
  return g.num()
}

const literal: Producer = (g) => {
  const items = Array.from({ length: 1 + g.random.below(3) }, () => item(g))
  return g.chance(0.12)
    ? ex("array.hole", "arr")`[${list(", ", items)}, , ${g.num()}]`
    : ex("array", "arr")`[${list(", ", items)}]`
}

/** A sync callback of an element and its position. */
const callback = (g: Gen, result: Type = "num"): Tree => {
  const isArrow = g.chance(0.7)
  const inside = (body: () => Tree) => isArrow ? g.inArrow({}, body) : g.inFunction({}, body)
  return inside(() => {
    const [x, i] = [g.name("x"), g.name("i")]
    g.declare(x, "num", false)
    g.declare(i, "num", false)
    return isArrow
      ? ex("callback", "fn")`(${x}, ${i}) => ${g.expression(result)}`
      : ex("callback.function", "fn")`function (${x}, ${i}) { return ${g.expression(result)}; }`
  })
}

const asyncCallback = (g: Gen): Tree =>
  g.inArrow({ isAsync: true }, () => {
    const x = g.name("x")
    g.declare(x, "num", false)
    return ex("callback.async", "afn")`async (${x}) => ${g.num()}`
  })

/** What can be iterated, of numbers for the most part. */
export const iterable = (g: Gen): Tree => {
  const generator = g.chance(0.35) ? g.variable("gen") : undefined
  if (generator !== undefined) return ex("generator.call", "")`${generator.name}(${g.num()})`
  return g.expression(g.random.pick(["arr", "arr", "set", "str", "typed"]))
}

export const arrays: Table = [
  [2, literal],
  [1.2, (g) => ex("array.map", "arr")`${arr(g)}.map(${callback(g)})`],
  [0.8, (g) => ex("array.filter", "arr")`${arr(g)}.filter(${callback(g, "bool")})`],
  [0.4, (g) => ex("array.flatMap", "arr")`${arr(g)}.flatMap(${callback(g, "arr")})`],
  [0.6, (g) => ex("array.slice", "arr")`${arr(g)}.slice(${g.small()})`],
  [0.5, (g) => ex("array.concat", "arr")`${arr(g)}.concat(${arr(g)})`],
  [0.5, (g) => ex("array.sort", "arr")`${arr(g)}.${g.random.pick(["sort", "toSorted"])}()`],
  [0.4, (g) => ex("array.sort.by", "arr")`[...${arr(g)}].sort((a, b) => a - b)`],
  [
    0.4,
    (g) =>
      ex("array.reverse", "arr")`${arr(g)}.${g.random.pick(["reverse", "toReversed", "flat"])}()`
  ],
  [0.3, (g) => ex("array.with", "arr")`[1, 2, ...${arr(g)}].with(1, ${g.num()})`],
  [0.4, (g) => ex("array.splice", "arr")`${arr(g)}.splice(${g.small()}, 1, ${g.num()})`],
  [0.3, (g) => ex("array.fill", "arr")`new Array(${g.random.below(4)}).fill(${g.num()})`],
  [0.8, (g) => ex("Array.from", "arr")`Array.from(${iterable(g)})`],
  [
    0.5,
    (g) => ex("Array.from.length", "arr")`Array.from({ length: ${g.small()} }, ${callback(g)})`
  ],
  [0.8, (g) => ex("array.spread.iterable", "arr")`[...${iterable(g)}]`],
  [0.5, (g) => ex("array.entries", "arr")`[...${arr(g)}.entries()].flat()`],
  [
    0.5,
    (g) =>
      ex("Object.keys", "arr")`Object.${g.random.pick(["keys", "values", "entries"])}(${
        g.expression("obj")
      }).flat()`
  ],
  [0.4, (g) => ex("map.values", "arr")`[...${g.expression("map")}.values()]`],
  [
    0.3,
    (g) =>
      ex("string.matchAll", "arr")`[...${
        g.expression("str")
      }.matchAll(/[a-z]/g)].map((m) => m.index)`
  ],
  [0.3, (g) => ex("JSON.parse", "arr")`JSON.parse(JSON.stringify(${arr(g)}))`],
  [0.3, (g) => ex("Reflect.ownKeys", "arr")`Reflect.ownKeys(${g.expression("obj")}).map(String)`],
  [1, (g) =>
    g.canAwait
      ? ex("Promise.all.map", "arr")`(await Promise.all(${arr(g)}.slice(0, 4).map(${
        asyncCallback(g)
      })))`
      : literal(g)],
  [0.7, (g) =>
    g.canAwait
      ? ex("Promise.all", "arr")`(await Promise.all([${g.expression("prom")}, ${g.num()}, ${
        g.expression("prom")
      }]))`
      : literal(g)],
  [0.5, (g) =>
    g.canAwait
      ? ex("Promise.allSettled", "arr")`(await Promise.allSettled([${
        g.expression("prom")
      }, flaky(${g.num()})])).map((each) => each.value ?? each.reason?.message)`
      : literal(g)],
  [0.3, (g) =>
    g.canAwait
      ? ex("map.action", "arr")`(await Promise.all(${arr(g)}.slice(0, 3).map(echo)))`
      : literal(g)]
]

const property = (g: Gen): Tree => {
  const key = g.random.pick(KEYS)
  const roll = g.random.below(14)
  if (roll < 6) return other("object.property")`${key}: ${g.num()}`
  if (roll < 7) {
    const variable = g.variable("num")
    if (variable !== undefined) return other("object.shorthand")`${variable.name}`
    return other("object.property")`${key}: ${g.expression("str")}`
  }
  if (roll < 8) return other("object.computed")`[${g.expression("str")}]: ${g.num()}`
  if (roll < 10) {
    return other("object.spread")`...${g.expression(g.random.pick(["obj", "obj", "arr"]))}`
  }
  if (roll < 11) {
    return other("object.getter")`get ${key}() { $tick(); return ${
      g.inFunction({}, () => g.num())
    }; }`
  }
  if (roll < 12) return other("object.property.quoted")`"${key}": ${g.expression("obj")}`
  return other("object.property.any")`${key}: ${
    g.expression(g.random.pick(["arr", "str", "bool", "big", "date"]))
  }`
}

/** V8 defines getters behind a spread after all that follows, though the language does not. */
const gettersLast = (a: Tree, b: Tree): number =>
  Number(a.kind === "object.getter") - Number(b.kind === "object.getter")

export const objects: Table = [
  [
    3,
    (g) =>
      ex("object", "obj")`({ ${
        list(
          ", ",
          Array.from({ length: 1 + g.random.below(3) }, () => property(g)).sort(gettersLast)
        )
      } })`
  ],
  [
    0.4,
    (g) => ex("Object.assign", "obj")`Object.assign({}, ${g.expression("obj")}, { a: ${g.num()} })`
  ],
  [0.4, (g) => ex("Object.fromEntries", "obj")`Object.fromEntries(${g.expression("map")})`],
  [
    0.4,
    (g) =>
      ex("Object.freeze", "obj")`Object.${g.random.pick(["freeze", "seal"])}({ a: ${g.num()} })`
  ],
  [0.3, (g) => ex("Object.create", "obj")`Object.create(${g.expression("obj")})`],
  [0.3, (g) => ex("structuredClone", "obj")`structuredClone(${g.expression("obj")})`],
  [
    0.3,
    (g) =>
      ex("Object.defineProperty", "obj")`Object.defineProperty(${
        g.leaf("obj")
      }, "d", { value: ${g.num()}, configurable: true })`
  ],
  [0.4, (g) => ex("rest.object", "obj")`(({ a, ...rest }) => rest)(${g.expression("obj")})`],
  [
    0.3,
    (g) =>
      ex("conditional", "obj")`(${g.expression("bool")} ? ${g.expression("obj")} : ${
        g.leaf("obj")
      })`
  ],
  [
    0.2,
    (g) =>
      ex("Object.groupBy.reduce", "obj")`${
        arr(g)
      }.reduce((all, x) => ({ ...all, [x]: (all[x] ?? 0) + 1 }), {})`
  ]
]

export const maps: Table = [
  [
    2,
    (g) => ex("new.Map", "map")`new Map([[${g.expression("str")}, ${g.num()}], ["b", ${g.num()}]])`
  ],
  [
    1,
    (g) =>
      ex("map.set", "map")`${g.leaf("map")}.set(${
        g.expression(g.random.pick(["str", "num", "obj"]))
      }, ${g.num()})`
  ],
  [0.5, (g) => ex("new.Map.of", "map")`new Map(${g.expression("map")})`],
  [0.5, (g) => ex("new.Map.entries", "map")`new Map(Object.entries(${g.expression("obj")}))`]
]

export const sets: Table = [
  [2, (g) => ex("new.Set", "set")`new Set(${iterable(g)})`],
  [1, (g) => ex("set.add", "set")`${g.leaf("set")}.add(${g.num()})`]
]

export const dates: Table = [
  [1, (g) => ex("new.Date", "date")`new Date(${g.small()} * 86400000)`],
  [1, (g) => ex("new.Date.utc", "date")`new Date(Date.UTC(2024, ${g.small()}, ${g.small()}))`],
  [0.4, (_) => ex("new.Date.now", "date")`new Date()`]
]

export const regExps: Table = [
  [
    1,
    (g) =>
      ex("new.RegExp", "re")`new RegExp(${
        g.random.pick(["\"a\"", "\"[a-c]\"", "\"(\\\\d+)\""])
      }, "g")`
  ],
  [
    1,
    (g) =>
      ex("literal.re", "re")`/${g.random.pick(["a", "[a-z]", "(?:a|b)+", "\\d"])}/${
        g.random.pick(["", "g", "i", "y"])
      }`
  ]
]

export const typed: Table = [
  [
    1,
    (g) =>
      ex("new.typed", "typed")`new ${g.random.pick(["Uint8Array", "Int16Array", "Float64Array"])}(${
        arr(g)
      })`
  ],
  [0.7, (g) => ex("typed.subarray", "typed")`${g.leaf("typed")}.subarray(${g.random.below(2)})`],
  [0.5, (g) => ex("typed.buffer", "typed")`new Uint8Array(${g.leaf("typed")}.buffer)`],
  [0.5, (g) => ex("typed.map", "typed")`${g.leaf("typed")}.map(${callback(g)})`]
]

export const errors: Table = [
  [
    2,
    (g) =>
      ex("new.Error", "err")`new ${g.random.pick(["Error", "TypeError", "RangeError"])}(${
        g.expression("str")
      })`
  ],
  [
    0.6,
    (g) => ex("error.cause", "err")`new Error(${g.leaf("str")}, { cause: ${g.expression("err")} })`
  ],
  [0.8, (g) => ex("error.own", "err")`new Declined(${g.expression("str")}, ${g.num()})`],
  [0.4, (g) => ex("error.assign", "err")`Object.assign(new Error("f"), { code: ${g.num()} })`],
  [
    0.3,
    (g) => ex("AggregateError", "err")`new AggregateError([${g.leaf("err")}], ${g.leaf("str")})`
  ]
]
