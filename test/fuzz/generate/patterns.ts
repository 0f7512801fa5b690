/**
 * Destructuring declarations and assignments.
 *
 * @since 0.1.0
 */
import { ex, list, other, st, type Tree } from "../Tree.ts"
import { iterable } from "./collections.ts"
import type { Gen } from "./Gen.ts"
import { target } from "./numbers.ts"

interface Bound {
  readonly names: Array<string>
  readonly bind: (g: Gen) => Tree
}

const withDefault = (g: Gen, tree: Tree): Tree =>
  g.chance(0.5) ? other("pattern.default")`${tree} = ${g.num()}` : tree

const objectPattern = (g: Gen, { bind }: Bound, depth: number): Tree => {
  const parts: Array<Tree> = []
  for (const key of ["a", "b", "c"].slice(0, 1 + g.random.below(3))) {
    const roll = g.random.below(8)
    if (roll < 5) parts.push(other("pattern.property")`${key}: ${withDefault(g, bind(g))}`)
    else if (roll < 6) {
      parts.push(other("pattern.computed")`[${g.leaf("str")}]: ${withDefault(g, bind(g))}`)
    } else if (depth > 0) {
      parts.push(
        other("pattern.nested")`${key}: ${pattern(g, { names: [], bind }, depth - 1)} = []`
      )
    }
  }
  if (parts.length === 0) parts.push(other("pattern.property")`a: ${bind(g)}`)
  if (g.chance(0.25)) parts.push(other("pattern.rest.object")`...${bind(g)}`)
  return other("pattern.object")`{ ${list(", ", parts)} }`
}

const arrayPattern = (g: Gen, { bind }: Bound, depth: number): Tree => {
  const parts: Array<Tree> = []
  for (let count = 1 + g.random.below(3); count > 0; count--) {
    const roll = g.random.below(8)
    if (roll < 6) parts.push(withDefault(g, bind(g)))
    else if (roll < 7) parts.push(other("pattern.hole")``)
    else if (depth > 0) {
      parts.push(other("pattern.nested")`${objectPattern(g, { names: [], bind }, depth - 1)} = {}`)
    }
  }
  if (parts.length === 0) parts.push(bind(g))
  if (g.chance(0.25)) parts.push(other("pattern.rest.array")`...${bind(g)}`)
  return other("pattern.array")`[${list(", ", parts)}]`
}

const pattern = (g: Gen, bound: Bound, depth: number): Tree =>
  g.chance(0.5) ? objectPattern(g, bound, depth) : arrayPattern(g, bound, depth)

/** `const { a, b: [c] } = …`; the names count as numbers from then on. */
export const destructuring = (g: Gen): Tree => {
  const names: Array<string> = []
  const isConst = g.chance(0.5)
  const bound: Bound = {
    names,
    bind: (g) => {
      const name = g.name("d")
      names.push(name)
      return other("pattern.name")`${name}`
    }
  }
  const isObject = g.chance(0.5)
  const left = isObject ? objectPattern(g, bound, 1) : arrayPattern(g, bound, 1)
  const right = isObject ? g.expression(g.random.pick(["obj", "obj", "arr", "str"])) : iterable(g)
  const made = st("destructure.declare")`${isConst ? "const" : "let"} ${left} = ${right};`
  for (const name of names) g.declare(name, "num", isConst)
  return made
}

/** `[a.b, c] = …` */
export const destructuringAssignment = (g: Gen): Tree => {
  const bound: Bound = { names: [], bind: target }
  const isObject = g.chance(0.5)
  return isObject
    ? st("destructure.assign")`(${objectPattern(g, bound, 1)} = ${g.expression("obj")});`
    : st("destructure.assign")`${arrayPattern(g, bound, 1)} = ${iterable(g)};`
}

export const swap = (g: Gen): Tree => {
  const [left, right] = [target(g), target(g)]
  return st("destructure.swap")`[${left}, ${right}] = [${ex("", "num")`${right}`}, ${left}];`
}
