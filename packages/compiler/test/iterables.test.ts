/**
 * What cannot be iterated, in every place that iterates: the machine says of it what Node says.
 *
 * A line of `places.txt` has a `$` for each line of `operands.txt`; what JavaScript does not
 * parse is left out.
 */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { compileFile, render } from "../src/index.ts"
import { runInMachine } from "./machineRun.ts"

const FILE = "/p/w.mjs"

const linesOf = (name: string): ReadonlyArray<string> =>
  readFileSync(join(import.meta.dirname, `fixtures/iterables/${name}.txt`), "utf8").trimEnd()
    .split("\n")

const operands = linesOf("operands")

const PRELUDE = `
  let n5 = 5, u, x
  const nul = null, ob = {}, k = "a", k2 = "f"
  const f = () => 5, fu = () => undefined, tag = () => 5, f1 = (...a) => a
  class K {}
  const bad = { [Symbol.iterator]: 5, x: 7 }, badR = { [Symbol.iterator]: () => 5 }
  const badA = { [Symbol.asyncIterator]: 5 }
  const badA2 = { [Symbol.asyncIterator]: null, [Symbol.iterator]: 6 }
  const inner = { a: 7, f() { return null } }
  const o = { a: 5, u, dele: {}, f() { return 5 }, fu() {}, tag, K, m: f1, o: inner }
`

/** Gives a line for each body: what it throws. */
const sourceOf = (bodies: ReadonlyArray<string>): string => `
const show = (error) => error instanceof Error ? error.name + ": " + error.message : "no error"
const all = async () => {
  ${PRELUDE}
  const out = []
  const run = async (body) => {
    n5 = 5; u = undefined; x = undefined
    try { await body.call({ a: 5 }); out.push("nothing") } catch (error) { out.push(show(error)) }
  }
  ${bodies.map((body) => `await run(async function() { ${body} })`).join("\n  ")}
  return out
}
`

const isParsed = (body: string): boolean => {
  try {
    // oxlint-disable-next-line no-new-func -- asks Node's parser
    new Function(`"use strict"; async function all() { ${body} }`)
    return true
  } catch {
    return false
  }
}

/** A function of its own, where `await` is no operator but a name that may not be used. */
const isSync = (place: string): boolean =>
  /function\*|=> q|const h = \(\)|class G/.test(place) && !place.includes("async function*")

const inMachine = async (source: string): Promise<ReadonlyArray<string>> => {
  const [workflow] = compileFile({
    file: FILE,
    projectRoot: "/p",
    readFile: (path) =>
      path === FILE
        ? `import { workflow } from "@rappel/core"\n${source}\nexport const w = workflow(all)\n`
        : undefined
  }).workflows
  const errors = workflow!.findings.filter(({ severity }) => severity === "error")
  assert.deepStrictEqual(errors.map(render), [])
  return await runInMachine(workflow!.program!, {}, false) as ReadonlyArray<string>
}

describe("what cannot be iterated is named as V8 names it", () => {
  for (const place of linesOf("places")) {
    it(place, async () => {
      const bodies = operands
        .filter((operand) => !isSync(place) || !/\bawait\b/.test(operand))
        .map((operand) => place.replace("$", () => operand))
        .filter(isParsed)
      const source = sourceOf(bodies)

      const machine = await inMachine(source)

      // oxlint-disable-next-line no-new-func -- Node's own messages
      const all = new Function(`"use strict"; ${source} return all()`)
      const node = await all() as ReadonlyArray<string>
      const withBodies = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
        lines.map((line, i) => `${bodies[i]}: ${line}`)
      assert.deepStrictEqual(withBodies(machine), withBodies(node))
      assert.isAtLeast(bodies.length, 100)
    })
  }
})
