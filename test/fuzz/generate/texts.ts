/**
 * Expressions that give strings, booleans and bigints.
 *
 * @since 0.1.0
 */
import { ex, opensTypeArguments } from "../Tree.ts"
import type { Gen, Producer, Table } from "./Gen.ts"

const str = (g: Gen) => g.expression("str")

export const texts: Table = [
  [2, (g) => ex("template", "str")`\`<${"${"}${g.num()}${"}"}-${"${"}${str(g)}${"}"}>\``],
  [
    1.5,
    (g) => ex("concat", "str")`(${str(g)} + ${g.expression(g.random.pick(["num", "bool", "str"]))})`
  ],
  [
    1,
    (g) =>
      ex("string.slice", "str")`${str(g)}.${
        g.random.pick(["slice", "substring", "at", "charAt"])
      }(${g.small()})`
  ],
  [
    0.7,
    (g) =>
      ex("string.case", "str")`${str(g)}.${
        g.random.pick(["toUpperCase", "toLowerCase", "trim", "normalize"])
      }()`
  ],
  [
    0.6,
    (g) =>
      ex("string.pad", "str")`${str(g)}.${
        g.random.pick(["padStart", "padEnd", "repeat"])
      }(${g.small()})`
  ],
  [1, (g) => ex("string.replace", "str")`${str(g)}.replace(${g.expression("re")}, "[$&]")`],
  [
    0.8,
    (g) =>
      ex("string.replace.callback", "str")`${str(g)}.replace(/[a-z]/g, (c, at) => c + ${
        g.inArrow({}, () => g.num())
      })`
  ],
  [
    0.5,
    (g) =>
      ex("string.split", "str")`${str(g)}.split(${
        g.random.pick(["\"-\"", "\"\"", "/a/"])
      }).join("+")`
  ],
  [0.7, (g) => ex("array.join", "str")`${g.expression("arr")}.join(${str(g)})`],
  [
    0.7,
    (g) =>
      ex("String", "str")`String(${
        g.expression(g.random.pick(["num", "bool", "big", "arr", "re", "err", "obj", "date"]))
      })`
  ],
  [
    0.6,
    (g) =>
      ex("typeof", "str")`(typeof ${
        g.expression(g.random.pick(["num", "str", "fn", "obj", "big"]))
      })`
  ],
  [
    1,
    (g) =>
      ex("JSON.stringify", "str")`JSON.stringify(${
        g.expression(g.random.pick(["arr", "obj", "str", "date", "map"]))
      })`
  ],
  [
    0.5,
    (g) =>
      ex("number.format", "str")`(${g.num()}).${
        g.random.pick(["toFixed(2)", "toString(2)", "toPrecision(3)", "toExponential(1)"])
      }`
  ],
  [
    0.8,
    (g) => ex("error.text", "str")`${g.expression("err")}.${g.random.pick(["message", "name"])}`
  ],
  [0.3, (g) => ex("function.name", "str")`${g.expression("fn")}.name`],
  [0.5, (g) => ex("regexp.exec", "str")`(${g.leaf("re")}.exec(${str(g)})?.[0] ?? "none")`],
  [
    0.3,
    (g) =>
      ex("regexp.groups", "str")`(${
        str(g)
      }.match(/(?<first>.)(?<second>.)?/)?.groups?.first ?? "-")`
  ],
  [0.3, (g) => ex("date.text", "str")`new Date(${g.small()} * 86400000).toISOString()`],
  [0.3, (g) => ex("String.raw", "str")`String.raw\`\\n${"${"}${g.num()}${"}"}\``],
  [0.5, (g) => ex("conditional", "str")`(${g.expression("bool")} ? ${str(g)} : ${str(g)})`],
  [0.3, (g) => ex("encodeURI", "str")`encodeURIComponent(${g.leaf("str")})`],
  [
    0.2,
    (g) => ex("url", "str")`new URL(${g.leaf("str")} + "?q=1", "https://example.com/a/").pathname`
  ],
  [0.2, (g) => ex("crypto", "str")`(crypto.randomUUID().length + ${str(g)})`],
  [0.3, (g) => ex("symbol", "str")`Symbol(${str(g)}).description`],
  [0.3, (g) => ex("map.key", "str")`[...${g.expression("map")}.keys()].join("|")`]
]

const compare: Producer = (g) => {
  const type = g.random.pick(["num", "str", "num"] as const)
  const [left, right] = [g.expression(type), g.expression(type)]
  if (!g.chance(0.6)) {
    return ex("equality", "bool")`(${left} ${g.random.pick(["===", "!==", "==", "!="])} ${right})`
  }
  const operator = g.random.pick(["<", ">", "<=", ">="])
  return ex("compare", "bool")`(${left} ${
    opensTypeArguments(operator, right) ? "<=" : operator
  } ${right})`
}

export const booleans: Table = [
  [3, compare],
  [0.8, (g) => ex("unary.not", "bool")`(!${g.expression(g.random.pick(["bool", "num", "str"]))})`],
  [
    1,
    (g) =>
      ex("logical", "bool")`(${g.expression("bool")} ${g.random.pick(["&&", "||"])} ${
        g.expression("bool")
      })`
  ],
  [0.6, (g) => ex("in", "bool")`(${g.expression("str")} in ${g.expression("obj")})`],
  [
    0.8,
    (g) =>
      ex("instanceof", "bool")`(${
        g.expression(g.random.pick(["err", "map", "arr", "obj"]))
      } instanceof ${
        g.variable("cls")?.name ?? g.random.pick(["Error", "TypeError", "Map", "Object"])
      })`
  ],
  [
    0.6,
    (g) =>
      ex("has", "bool")`${g.expression(g.random.pick(["map", "set"]))}.has(${g.expression("str")})`
  ],
  [0.6, (g) => ex("regexp.test", "bool")`${g.leaf("re")}.test(${g.expression("str")})`],
  [
    0.5,
    (g) =>
      ex("array.every", "bool")`${g.expression("arr")}.${
        g.random.pick(["every", "some"])
      }((x) => x < ${g.inArrow({}, () => g.num())})`
  ],
  [0.4, (g) => ex("array.includes", "bool")`${g.expression("arr")}.includes(${g.num()})`],
  [
    0.4,
    (g) =>
      ex("string.includes", "bool")`${g.expression("str")}.${
        g.random.pick(["includes", "startsWith", "endsWith"])
      }(${g.expression("str")})`
  ],
  [0.5, (g) => ex("delete", "bool")`(delete ${g.leaf("obj")}.${g.random.pick(["a", "b"])})`],
  [0.3, (g) => ex("delete.computed", "bool")`(delete ${g.leaf("obj")}?.[${g.expression("str")}])`],
  [0.4, (g) => ex("Object.is", "bool")`Object.is(${g.num()}, ${g.num()})`],
  [
    0.3,
    (g) =>
      ex("Number.is", "bool")`Number.${
        g.random.pick(["isNaN", "isInteger", "isFinite", "isSafeInteger"])
      }(${g.num()})`
  ],
  [
    0.3,
    (g) =>
      ex("Array.isArray", "bool")`Array.isArray(${g.expression(g.random.pick(["arr", "obj"]))})`
  ],
  [0.3, (g) => ex("Object.isFrozen", "bool")`Object.isFrozen(${g.expression("obj")})`],
  [0.3, (g) => ex("identity", "bool")`(${g.leaf("obj")} === ${g.leaf("obj")})`]
]

export const bigints: Table = [
  [
    2,
    (g) =>
      ex("bigint.arithmetic", "big")`(${g.expression("big")} ${
        g.random.pick(["+", "-", "*", "/", "%"])
      } ${g.expression("big")})`
  ],
  [0.5, (g) => ex("bigint.power", "big")`(${g.leaf("big")} ** 2n)`],
  [0.6, (g) => ex("bigint.of", "big")`BigInt(${g.small()})`],
  [0.5, (g) => ex("bigint.wrap", "big")`BigInt.asIntN(8, ${g.expression("big")})`],
  [
    0.5,
    (g) =>
      ex("bigint.bits", "big")`(${g.expression("big")} ${g.random.pick(["&", "|", "^"])} ${
        g.expression("big")
      })`
  ],
  [
    0.4,
    (g) =>
      ex("conditional", "big")`(${g.expression("bool")} ? ${g.expression("big")} : -(${
        g.leaf("big")
      }))`
  ]
]
