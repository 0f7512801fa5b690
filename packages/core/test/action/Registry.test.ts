import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { action } from "../../src/action/Action.ts"
import { parseFrame } from "../../src/action/CallSite.ts"
import { declareSite, lookup, lookupSite, registerAction } from "../../src/action/Registry.ts"

const file = fileURLToPath(import.meta.url)

export const first = action(async () => "first")
export const left = action(async () => "left"), right = action(async () => "right")
export const spread = action(
  { name: "spread" },
  async () => "spread"
)

/** Where `text` stands in this file, from 1. */
const placeOf = (text: string) => {
  const lines = readFileSync(file, "utf8").split("\n")
  const index = lines.findIndex((line) => line.includes(text))
  return { file, line: index + 1, column: lines[index]!.indexOf(text) + 1 }
}

describe("Registry", () => {
  it("an action is found by the line and column of its call in the TypeScript source", () => {
    assert.strictEqual(lookupSite(placeOf("action(async () => \"first\")")), first)
  })

  it("two actions on one line are told apart by their columns", () => {
    assert.strictEqual(lookupSite(placeOf("action(async () => \"left\")")), left)
    assert.strictEqual(lookupSite(placeOf("action(async () => \"right\")")), right)
  })

  it("an id is found through the place that the compiler declares for it", () => {
    const at = placeOf("export const spread = action(")
    declareSite("Registry.test.ts#spread", {
      ...at,
      column: at.column + "export const spread = ".length,
      endLine: at.line + 3
    })

    assert.strictEqual(lookup("Registry.test.ts#spread"), spread)
    assert.strictEqual(lookup("Registry.test.ts#absent"), undefined)
  })

  it("an id that was registered wins over a declared place", () => {
    registerAction("registered", right)

    assert.strictEqual(lookup("registered"), right)
  })

  it("the frames of every loader are read", () => {
    const site = { file: "/a b/x.ts", line: 3, column: 9 }
    assert.deepStrictEqual(parseFrame("    at file:///a%20b/x.ts:3:9"), site)
    assert.deepStrictEqual(parseFrame("    at Object.<anonymous> (/a b/x.ts:3:9)"), site)
    assert.deepStrictEqual(parseFrame("    at async f (file:///a%20b/x.ts?v=1:3:9)"), site)
    assert.strictEqual(parseFrame("    at node:internal/modules/run_main:12:3"), undefined)
  })
})
