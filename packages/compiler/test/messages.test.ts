/**
 * Statements that throw: what Node says of each, the machine says too. A line of
 * `fixtures/messages` is the body of a sync function.
 */
import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { compileFile, render } from "../src/index.ts"
import { runInMachine } from "./machineRun.ts"

const FOLDER = join(import.meta.dirname, "fixtures/messages")
const FILE = "/p/w.mjs"

/** Gives `Name: message`, with own fields, cause and errors, of what each body throws. */
const sourceOf = (bodies: ReadonlyArray<string>): string => `
const show = (error) => {
  if (!(error instanceof Error)) return typeof error + " " + JSON.stringify(error)
  const own = Object.keys(error).map((key) => " " + key + "=" + String(error[key])).join("")
  const cause = error.cause ? " <- " + show(error.cause) : ""
  const errors = error.errors ? " [" + error.errors.map(show).join("; ") + "]" : ""
  return error.name + ": " + error.message + own + cause + errors
}
const all = async () => {
  const out = []
  const run = (body) => { try { body(); out.push("nothing") } catch (error) { out.push(show(error)) } }
  ${bodies.map((body) => `run(function() { ${body} })`).join("\n  ")}
  return out.join("\\n")
}
`

const inNode = async (bodies: ReadonlyArray<string>): Promise<string> => {
  // oxlint-disable-next-line no-new-func -- Node's own messages
  const all = new Function(`"use strict"; ${sourceOf(bodies)} return all()`) as () => unknown
  return String(await all())
}

const inMachine = async (bodies: ReadonlyArray<string>): Promise<unknown> => {
  const source = `import { workflow } from "@rappel/core"
${sourceOf(bodies)}
export const w = workflow(all)
`
  const [workflow] = compileFile({
    file: FILE,
    projectRoot: "/p",
    readFile: (path) => path === FILE ? source : undefined
  }).workflows
  const errors = workflow!.findings.filter(({ severity }) => severity === "error")
  assert.deepStrictEqual(errors.map(render), [])
  return await runInMachine(workflow!.program!, {}, false)
}

describe("errors read as V8's do", () => {
  for (const file of readdirSync(FOLDER)) {
    it(file.replace(/\.txt$/, ""), async () => {
      const bodies = readFileSync(join(FOLDER, file), "utf8").trimEnd().split("\n")

      const machine = String(await inMachine(bodies)).split("\n")

      const node = (await inNode(bodies)).split("\n")
      assert.deepStrictEqual(machine, node)
      assert.isAtLeast(node.length, bodies.length)
    })
  }
})
