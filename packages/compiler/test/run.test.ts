import { assert, describe, it } from "@effect/vitest"
import { fromReader } from "../src/1-parse/SourceFiles.ts"
import { compileFile, render } from "../src/index.ts"
import { runInMachine } from "./machineRun.ts"
import { load } from "./plainRun.ts"
import { snippets } from "./snippets.ts"

const FILE = "/p/w.ts"

describe("a compiled workflow does what the function does under Node", () => {
  for (const snippet of snippets) {
    for (const { source, variant } of snippet.variants) {
      it(`${snippet.group}: ${snippet.name} (${variant})`, async () => {
        const readFile = (path: string) => (path === FILE ? source : undefined)
        const plain = load(fromReader(readFile), FILE)
        const compiled = compileFile({ file: FILE, readFile })
        const [workflow] = compiled.workflows
        const errors = [...compiled.findings, ...workflow!.findings]
          .filter((each) => each.severity === "error")
        assert.deepStrictEqual(errors.map(render), [])
        const program = workflow!.program!

        const expected = await plain["w"]!()

        assert.strictEqual(await runInMachine(program, plain, false), expected)
        assert.strictEqual(await runInMachine(program, plain, true), expected)
      })
    }
  }
})
