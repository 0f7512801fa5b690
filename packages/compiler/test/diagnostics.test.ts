import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { errorPage } from "../scripts/errorPage.ts"
import * as catalogue from "../src/diagnostics/catalogue.ts"
import { didYouMean, nearest } from "../src/diagnostics/nearest.ts"
import { compileFile, type Diagnostic, render } from "../src/index.ts"

const REJECTED = join(import.meta.dirname, "fixtures/rejected")
const PAGES = join(import.meta.dirname, "../../../docs/errors")
const codes = Object.values(catalogue).map((each) => each.spec.code)

const findingsOf = (file: string): ReadonlyArray<Diagnostic> => {
  const compiled = compileFile({ file, projectRoot: join(file, "..") })
  const all = [...compiled.findings, ...compiled.workflows.flatMap((each) => each.findings)]
  const texts = new Set<string>()
  return all.filter((each) => {
    const text = render(each)
    return texts.has(text) ? false : texts.add(text)
  })
}

describe("the catalogue of findings", () => {
  it("is sorted by code and has no code twice", () => {
    assert.deepStrictEqual(codes, Array.from(new Set(codes)).sort())
  })

  it("has a fixture for every code, and no other fixtures", () => {
    assert.deepStrictEqual(readdirSync(REJECTED).sort(), codes)
  })

  it("has a page for every code that says what the catalogue says", () => {
    assert.deepStrictEqual(
      readdirSync(PAGES).filter((name) => name !== "README.md").sort(),
      codes.map((code) => `${code}.md`)
    )
    for (const { spec } of Object.values(catalogue)) {
      const page = readFileSync(join(PAGES, `${spec.code}.md`), "utf8")
      assert.strictEqual(page, errorPage(spec, join(REJECTED, spec.code)))
    }
  })
})

describe("rejected fixtures", () => {
  for (const { spec } of Object.values(catalogue)) {
    const folder = join(REJECTED, spec.code)

    it(`${spec.code}: the workflow has the findings of findings.txt`, () => {
      const found = findingsOf(join(folder, "workflow.ts"))
      const text = `${found.map(render).join("\n\n")}\n`
      const expected = join(folder, "findings.txt")

      if (process.env["UPDATE_FIXTURES"] === "1") writeFileSync(expected, text)

      assert.include(found.map((each) => each.code), spec.code)
      assert.strictEqual(text, existsSync(expected) ? readFileSync(expected, "utf8") : "")
    })

    it(`${spec.code}: the rewrite has none`, () => {
      const file = join(folder, "instead.ts")

      const found = findingsOf(file)

      assert.deepStrictEqual(found.map(render), [])
      const compiled = compileFile({ file, projectRoot: folder })
      assert.isTrue(compiled.workflows.every((each) => each.program !== undefined))
    })
  }
})

describe("findings", () => {
  it("of five mistakes are reported at once, each with its place", () => {
    const source = [
      "import { workflow } from \"@rappel/core\"",
      "import { get } from \"axios\"",
      "export const five = workflow(async () => {",
      "  const a = await get(\"x\")",
      "  const b = process.env.X",
      "  const c = new WeakMap()",
      "  const d = eval(\"1\")",
      "  return [a, b, c, d, missing]",
      "})"
    ].join("\n")
    const compiled = compileFile({
      file: "/p/five.ts",
      readFile: (path) => (path === "/p/five.ts" ? source : undefined)
    })

    const [workflow] = compiled.workflows

    assert.isUndefined(workflow!.program)
    assert.deepStrictEqual(
      workflow!.findings.map((each) => `${each.line}:${each.column} ${each.code}`),
      [
        "4:13 implicit-step",
        "5:13 host-global",
        "6:17 not-storable",
        "7:13 dynamic-code",
        "8:23 unknown-name"
      ]
    )
  })

  it("of what is held across an await are only those that are certain", () => {
    const held = (body: string) => {
      const source = `import { sleep, workflow } from "@rappel/core"
export const one = workflow(async (max: number | undefined) => {
${body}
})`
      const [workflow] = compileFile({
        file: "/p/one.ts",
        readFile: (path) => (path === "/p/one.ts" ? source : undefined)
      }).workflows
      return workflow!.findings
        .filter((each) => each.code !== "unused-result")
        .map((each) => `${each.line} ${each.code}: ${each.message}`)
    }
    const made = "new ArrayBuffer(8, { maxByteLength: 16 * 1024 })"
    const wait = "await sleep(1)"
    const at = (line: number) => [
      `3 held-across-await: \`b\` holds a buffer that can be resized at the \`await\` of line ${line}, ` +
      "and such a buffer cannot be stored"
    ]

    assert.deepStrictEqual(held(`const b = ${made}\n${wait}; return b`), at(4))
    assert.deepStrictEqual(held(`let b = new DataView((${made}) as any)\n\n${wait}`), at(5))
    assert.deepStrictEqual(held(`const b = ${made}\nfor await (const x of []) x`), at(4))
    for (
      const fine of [
        `${wait}; const b = ${made}; return b.byteLength`,
        `const b = ${made}; return b.byteLength`,
        `const b = new ArrayBuffer(8); ${wait}; return b`,
        `const b = new ArrayBuffer(8, { maxByteLength: max }); ${wait}; return b`,
        `const b = new ArrayBuffer(8, { maxByteLength: undefined }); ${wait}; return b`,
        `let b: any = ${made}; b = 1; ${wait}; return b`,
        `const b = (${made}).slice(0); ${wait}; return b`,
        `{ const b = ${made}; b.slice(0) } ${wait}`,
        `const b = ${made}; const f = async () => { ${wait} }; return [b, f].length`,
        `class ArrayBuffer { constructor(...args: any[]) { args.pop() } } const b = ${made}; ${wait}; return b`
      ]
    ) assert.deepStrictEqual(held(fine), [], fine)
  })

  it("of an export that CommonJS would make say so, and others that the name is missing", () => {
    const imported = (file: string, source: string, use: string) => {
      const files = new Map([
        [`/p/${file}`, source],
        [
          "/p/one.ts",
          `import { workflow } from "@rappel/core"
${use}
export const one = workflow(async () => x)`
        ]
      ])
      return compileFile({ file: "/p/one.ts", readFile: (path) => files.get(path) })
        .workflows[0]!.findings
        .map((each) => `${each.line}:${each.column} ${each.code}: ${each.message}`)
    }
    const commonjs = (name: string) => [
      `3:41 commonjs: \`${name}\` belongs to CommonJS modules`
    ]
    const missing = (name: string) => [
      `3:41 no-such-export: \`${name}\` has no export \`default\``
    ]

    const cases: ReadonlyArray<readonly [string, string, (name: string) => ReadonlyArray<string>]> =
      [
        ["a.cjs", "module.exports = 1", commonjs],
        ["a.cjs", "exports.x = 1", commonjs],
        ["a.cjs", "const { make } = require(\"./make.cjs\"); make(exports)", commonjs],
        ["a.js", "module.exports = () => 1", commonjs],
        ["a.js", "module.exports.x = 1", commonjs],
        ["a.cts", "const a = 1; export = a", commonjs],
        ["a.ts", "const a = 1; export = a", commonjs],
        ["a.ts", "export const x = 1", missing],
        ["a.js", "export const x = 1; export * from \"./b.js\"", missing],
        ["a.mjs", "const exported = 1", missing]
      ]
    for (const [file, source, found] of cases) {
      assert.deepStrictEqual(
        imported(file, source, `import x from "./${file}"`),
        found(`./${file}`),
        source
      )
    }
    assert.deepStrictEqual(
      imported("a.cjs", "exports.x = 1", `import { x } from "./a.cjs"`),
      commonjs("./a.cjs")
    )
  })

  it("guess what a misspelt name was meant to be, near and only near", () => {
    const names = ["total", "prices", "customer", "id", "Math", "i"]

    assert.deepStrictEqual(
      ["totl", "toatl", "Prices", "custmoer", "math", "x", "di", "ids", "price2go", "somethingElse"]
        .map((name) => nearest(name, names)),
      [
        "total",
        "total",
        "prices",
        "customer",
        "Math",
        undefined,
        undefined,
        "id",
        undefined,
        undefined
      ]
    )
    assert.strictEqual(didYouMean("totl", names), "; did you mean `total`?")
    assert.strictEqual(didYouMean("zzz", names), "")
  })

  it("are printed with a mark under the code at fault, tabs kept", () => {
    const text = render({
      code: "unknown-name",
      severity: "error",
      message: "`x` is not defined",
      help: "Declare or import it.",
      fileName: "src/a.ts",
      text: "first\nsecond\n\treturn x + 1",
      start: 21,
      length: 1,
      line: 3,
      column: 9
    })

    assert.strictEqual(
      text,
      [
        "error[unknown-name]: `x` is not defined",
        "  at src/a.ts:3:9",
        "1 | first",
        "2 | second",
        "3 | \treturn x + 1",
        "  | \t       ^",
        "help: Declare or import it.",
        "docs: docs/errors/unknown-name.md"
      ].join("\n")
    )
  })
})
