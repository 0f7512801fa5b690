/**
 * A whole program of a seed.
 *
 * @since 0.1.0
 */
import { Random } from "../Random.ts"
import { lines, list, print, st, type Tree, type Type } from "../Tree.ts"
import { classDeclaration } from "./classes.ts"
import { arrays, dates, errors, maps, objects, regExps, sets, typed } from "./collections.ts"
import { functionTables, generatorDeclaration } from "./functions.ts"
import { Gen } from "./Gen.ts"
import { numbers } from "./numbers.ts"
import { promises } from "./promises.ts"
import { functionDeclaration, functionValue, statement } from "./statements.ts"
import { bigints, booleans, texts } from "./texts.ts"

const IMPORT = `import { action, runAction, sleep, workflow } from "@rappel/core"`

/** The one place where the two texts differ in more than erased types; as long as the other. */
const REQUIRE = `"use strict"; const { action, runAction, sleep, workflow } = core`

const PRELUDE = [
  `const echo = action(async (v) => v)`,
  `const fail = action(async (message) => { throw new Error(message) })`,
  `const flaky = action(async (v) => v)`,
  `class Declined extends Error { constructor(why, code) { super(why); this.name = "Declined"; this.code = code } }`,
  `let $ticks = 0`,
  `const $tick = () => { if (++$ticks > 300) throw new RangeError("out of ticks") }`
]

const EXPORTED = /^(?=const (?:echo|fail|flaky|main) |class Declined)/gm

const returned: ReadonlySet<Type> = new Set<Type>([
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
])

export interface GeneratedProgram {
  readonly seed: number
  readonly tree: Tree
}

/** The text that is compiled, and the one that Node runs: lines and columns are the same. */
export const sourcesOf = (
  tree: Tree
): { readonly typescript: string; readonly javascript: string } => {
  const exported = (text: string) => text.replace(EXPORTED, "export ")
  return {
    typescript: `${IMPORT}\n${exported(print(tree, "typescript"))}`,
    // `export ` takes room on its line.
    javascript: `${REQUIRE}\n${
      print(tree, "javascript").replace(EXPORTED, "       ")
    }\nreturn main;\n`
  }
}

export const generate = (seed: number): GeneratedProgram => {
  const random = new Random(seed)
  const size = 20 + random.below(90)
  const g = new Gen(random, size, {
    num: numbers,
    str: texts,
    bool: booleans,
    big: bigints,
    arr: arrays,
    obj: objects,
    map: maps,
    set: sets,
    date: dates,
    re: regExps,
    typed,
    err: errors,
    prom: promises,
    ...functionTables
  }, statement)
  const outside = g.within(
    { isAsync: false, returns: "no" },
    () =>
      Array.from({ length: random.below(3) }, () => {
        g.nesting = 0
        return g.random.pick([
          functionDeclaration,
          functionValue,
          (g: Gen) => generatorDeclaration(g),
          classDeclaration
        ])(g)
      })
  )
  // What the workflow does not reach is not compiled, and its initialisers do not run.
  const reached = g.variables.map(({ name }) => name)
  const body: Array<Tree> = reached.length === 0
    ? []
    : [st("")`void [${list(", ", reached)}];`]
  while (g.left > 0 || body.length < 3) {
    body.push(g.statement())
  }
  const values = g.variables
    .filter(({ type }) => returned.has(type))
    .map(({ name }) => name)
    .slice(-8)
  const main = st("")`const main = workflow(async (input) => {${
    lines([...body, st("return")`return [${list(", ", values)}];`])
  }})`
  return { seed, tree: lines([...PRELUDE, ...outside, main]) }
}
