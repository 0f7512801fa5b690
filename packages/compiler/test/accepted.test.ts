import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { compileFile, render } from "../src/index.ts"
import { print } from "../src/visualize/print.ts"

const ACCEPTED = join(import.meta.dirname, "fixtures/accepted")

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
  }
})
