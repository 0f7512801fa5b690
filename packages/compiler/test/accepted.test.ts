import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { inspect } from "node:util"
import { fromDisk } from "../src/1-parse/SourceFiles.ts"
import { compileFile, render } from "../src/index.ts"
import { print } from "../src/visualize/print.ts"
import { runInMachine } from "./machineRun.ts"
import { load } from "./plainRun.ts"

const ACCEPTED = join(import.meta.dirname, "fixtures/accepted")

const isClass = (value: unknown): value is new() => { run: () => unknown } =>
  typeof value === "function" && String(value).startsWith("class")

/** What a run gives, as text: classes of the two worlds differ in identity only. */
const outcomeOf = async (run: () => unknown): Promise<string> => {
  try {
    return inspect(await run(), { depth: 9 })
  } catch (error) {
    return `error ${String(error)}`
  }
}

describe("accepted fixtures", () => {
  for (const name of readdirSync(ACCEPTED)) {
    it(`${name}: the programs are those of program.txt`, () => {
      const folder = join(ACCEPTED, name)
      const expected = join(folder, "program.txt")
      const compiled = compileFile({ file: join(folder, "workflow.ts"), projectRoot: folder })

      const errors = [...compiled.findings, ...compiled.workflows.flatMap((each) => each.findings)]
        .filter((each) => each.severity === "error")
        .map(render)
      const text = compiled.workflows
        .map((each) => (each.program === undefined ? "" : print(each.program.program)))
        .join("\n")

      if (process.env["UPDATE_FIXTURES"] === "1") writeFileSync(expected, text)
      assert.deepStrictEqual(errors, [])
      assert.strictEqual(text, existsSync(expected) ? readFileSync(expected, "utf8") : "")
    })

    it(`${name}: the programs do what the functions do`, async () => {
      const folder = join(ACCEPTED, name)
      const file = join(folder, "workflow.ts")
      const { workflows } = compileFile({ file, projectRoot: folder })
      const plain = load(fromDisk, file)
      // Actions of other modules, by their export; a fixture uses each name once.
      const actions: Record<string, (...args: ReadonlyArray<unknown>) => Promise<unknown>> = {}
      for (const site of workflows.flatMap((each) => each.actions)) {
        const id = site.id.slice(site.id.indexOf("#") + 1)
        actions[id] = load(fromDisk, site.file)[site.export]
      }

      for (const each of workflows) {
        const entry = plain[each.export]
        const runs = () => each.export in plain && isClass(entry) ? new entry().run() : entry()
        const expected = await outcomeOf(runs)
        const program = each.program!

        assert.deepEqual(await outcomeOf(() => runInMachine(program, actions, false)), expected)
        assert.deepEqual(await outcomeOf(() => runInMachine(program, actions, true)), expected)
      }
    })
  }
})
