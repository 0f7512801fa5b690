import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join, relative } from "node:path"
import { canonicalJson } from "../src/4-emit/canonicalJson.ts"
import { compileFile } from "../src/index.ts"
import ts from "../src/typescript.ts"

const ACCEPTED = join(import.meta.dirname, "fixtures/accepted")

type Sources = ReadonlyMap<string, string>

/** The files of a fixture by their path inside of it. */
const sourcesOf = (name: string): Sources => {
  const folder = join(ACCEPTED, name)
  return new Map(
    readdirSync(folder, { recursive: true })
      .map((path) => join(folder, String(path)))
      .filter((path) => statSync(path).isFile() && !path.endsWith("program.txt"))
      .map((path) => [relative(folder, path), readFileSync(path, "utf8")])
  )
}

const hashesOf = (sources: Sources, root = "/project"): ReadonlyArray<string | undefined> => {
  const compiled = compileFile({
    file: `${root}/workflow.ts`,
    projectRoot: root,
    readFile: (path) => sources.get(relative(root, path))
  })
  return compiled.workflows.map((each) => each.program?.hash)
}

const isScript = (file: string): boolean => file.endsWith(".ts")

/** Places between two tokens where a block comment may stand without changing the meaning. */
const gaps = (text: string): ReadonlyArray<number> => {
  const file = ts.createSourceFile("a.ts", text, ts.ScriptTarget.ESNext, true)
  const found = new Set<number>()
  const visit = (node: ts.Node): void => {
    const isTemplatePart = node.kind >= ts.SyntaxKind.TemplateHead &&
      node.kind <= ts.SyntaxKind.TemplateTail
    if (!isTemplatePart) found.add(node.getStart(file))
    ts.forEachChild(node, visit)
  }
  visit(file)
  return Array.from(found).sort((a, b) => b - a)
}

const withComments = (text: string, draws: ReadonlyArray<number>): string => {
  let out = text
  gaps(text).forEach((at, i) => {
    const draw = draws[i % draws.length] ?? 0
    if (draw % 3 === 0) out = `${out.slice(0, at)}/* ${draw} */ ${out.slice(at)}`
  })
  const head = draws[0] ?? 0
  return `${"// first\n".repeat(head % 4)}${out}\n\n// last ${head}`
}

const map = (sources: Sources, change: (text: string) => string): Sources =>
  new Map(
    Array.from(sources, ([file, text]) => [file, isScript(file) ? change(text) : text])
  )

describe("the hash of a program", () => {
  for (const name of readdirSync(ACCEPTED)) {
    const sources = sourcesOf(name)

    it(`${name}: is the same in every folder`, () => {
      assert.deepStrictEqual(hashesOf(sources, "/home/ada/app"), hashesOf(sources))
    })

    it(`${name}: does not depend on line ends`, () => {
      const windows = map(sources, (text) => text.replaceAll("\n", "\r\n"))

      assert.deepStrictEqual(hashesOf(windows), hashesOf(sources))
    })

    it(`${name}: does not depend on comments and blank lines`, () => {
      const expected = hashesOf(sources)

      FastCheck.assert(
        FastCheck.property(
          FastCheck.array(FastCheck.nat(1000), { minLength: 1, maxLength: 40 }),
          (draws) => {
            const commented = map(sources, (text) => withComments(text, draws))
            assert.deepStrictEqual(hashesOf(commented), expected)
          }
        ),
        { numRuns: 5 }
      )
    })
  }

  it("changes with the code", () => {
    const greeting = sourcesOf("greeting")
    const changed = map(greeting, (text) => text.replace("1 day", "2 days"))

    assert.notDeepEqual(hashesOf(changed), hashesOf(greeting))
  })

  it("does not change with what the workflow does not reach", () => {
    const greeting = sourcesOf("greeting")
    const changed = map(greeting, (text) => `${text}\nconst pool = new Pool()\npool.connect()\n`)

    assert.deepStrictEqual(hashesOf(changed), hashesOf(greeting))
  })
})

describe("canonicalJson", () => {
  it("sorts keys at every depth and leaves out undefined", () => {
    assert.strictEqual(
      canonicalJson({ b: [{ d: 1, c: null }], a: undefined, A: "é\u2028" }),
      "{\"A\":\"é\u2028\",\"b\":[{\"c\":null,\"d\":1}]}"
    )
  })

  it("tells keys apart that look alike when they are joined", () => {
    assert.deepStrictEqual(
      [{ a: 1, b: 2 }, { "a\nb": 1 }, {}, { "": 1 }, { "a\nb": 1, c: 2 }, { a: 1, "b\nc": 2 }]
        .map((each) => JSON.parse(canonicalJson(each)) as unknown),
      [{ a: 1, b: 2 }, { "a\nb": 1 }, {}, { "": 1 }, { "a\nb": 1, c: 2 }, { a: 1, "b\nc": 2 }]
    )
  })

  it("gives equal values the same text", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.jsonValue(), (value) => {
        const copy: unknown = JSON.parse(JSON.stringify(value))
        assert.strictEqual(canonicalJson(copy), canonicalJson(value))
        assert.deepStrictEqual(JSON.parse(canonicalJson(value)), copy)
      })
    )
  })
})
