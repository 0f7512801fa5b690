import { assert, describe, it } from "@effect/vitest"
import * as compiler from "@rappel/compiler"
import { readFileSync, writeFileSync } from "node:fs"
import { report } from "../src/output/findings.ts"

const PAGE = new URL("../../../docs/guide/02-findings.md", import.meta.url)

/** What `rappel check checkout.ts` prints about a source. */
const reportOf = (source: string, isColored: boolean): string => {
  const { workflows } = compiler.compileFile({
    file: "/app/checkout.ts",
    projectRoot: "/app",
    readFile: (path) => path === "/app/checkout.ts" ? source : undefined
  })
  const lines: Array<string> = []
  const checked = workflows.map((workflow) => ({
    name: workflow.name,
    export: workflow.export,
    accepted: workflow.program !== undefined,
    findings: workflow.findings
  }))
  report(compiler as never, checked, {
    isColored,
    note: (line) => lines.push(line),
    result: (line) => lines.push(line)
  })
  return lines.join("\n")
}

const page = readFileSync(PAGE, "utf8")
const fence = (kind: string): string =>
  new RegExp(`^\`\`\`${kind}\\n([^]*?)^\`\`\`$`, "m").exec(page)![1]!

describe("the report of findings", () => {
  it("is what the guide shows, for an example with ten findings", () => {
    const text = reportOf(fence("ts no-run"), false)

    if (process.env["UPDATE_FIXTURES"] === "1") {
      writeFileSync(
        PAGE,
        page.replace(/^```text\n[^]*?^```$/m, () => `\`\`\`text\n${text}\n\`\`\``)
      )
    } else assert.strictEqual(`${text}\n`, fence("text"))
    assert.strictEqual(new Set(text.match(/^\w+\[[\w-]+\]/gm)).size, 10)
  })

  it("says the same in color", () => {
    const source = fence("ts no-run")
    const colored = reportOf(source, true)

    // oxlint-disable-next-line no-control-regex -- the escapes of terminals are what is looked at
    assert.strictEqual(colored.replace(/\u001b\[\d+m/g, ""), reportOf(source, false))
    assert.include(colored, "\u001b[31merror[host-global]\u001b[0m")
  })
})
