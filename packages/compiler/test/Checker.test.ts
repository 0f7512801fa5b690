import { assert, describe, it } from "@effect/vitest"
import { fromReader } from "../src/1-parse/SourceFiles.ts"
import { type CheckedFile, makeChecker } from "../src/index.ts"

const workflow = (imported: string, body: string): string =>
  [
    "import { workflow } from \"@rappel/core\"",
    imported,
    `export const w = workflow(async () => ${body})`
  ].join("\n")

/** A project in memory whose files a test changes. */
const project = () => {
  const sources = new Map([
    ["/p/package.json", "{ \"name\": \"p\" }"],
    ["/p/one.ts", workflow("import { rate } from \"./lib/index.js\"", "rate")],
    ["/p/two.ts", workflow("import \"./effects\"", "2")],
    ["/p/three.ts", workflow("import type { Rate } from \"./lib\"", "missing")],
    ["/p/lib/index.ts", "export * from \"./rates\""],
    ["/p/lib/rates.ts", "export const rate = 1\nexport type Rate = number"],
    ["/p/effects.ts", "export const effects = 1"]
  ])
  const checker = makeChecker({ files: fromReader((path) => sources.get(path)) })
  const first = checker.check(["/p/one.ts", "/p/two.ts", "/p/three.ts"])
  const change = (file: string, text: string | undefined): ReadonlyArray<CheckedFile> => {
    if (text === undefined) sources.delete(file)
    else sources.set(file, text)
    return checker.changed([file])
  }
  return { change, checker, first }
}

const names = (checked: ReadonlyArray<CheckedFile>): ReadonlyArray<string> =>
  checked.map(({ file }) => file.slice(3))

const codes = (checked: ReadonlyArray<CheckedFile>): ReadonlyArray<string> =>
  checked.flatMap(({ workflows }) =>
    workflows.flatMap(({ findings }) => findings.map(({ code }) => code))
  )

describe("a checker", () => {
  it("compiles what a change concerns, through re-exports, and nothing else", () => {
    const { change, first } = project()
    assert.deepStrictEqual(codes(first), ["unknown-name"])
    const hashes = first.map(({ workflows }) => workflows[0]!.program?.hash)

    const after = change("/p/lib/rates.ts", "export const rate = 2\nexport type Rate = number")

    assert.deepStrictEqual(names(after), ["one.ts", "three.ts"])
    assert.notStrictEqual(after[0]!.workflows[0]!.program!.hash, hashes[0])
    assert.deepStrictEqual(names(change("/p/effects.ts", "export const effects = 2")), ["two.ts"])
    assert.deepStrictEqual(
      codes(change("/p/three.ts", workflow("", "3"))),
      []
    )
  })

  it("forgets what an import no longer names", () => {
    const { change } = project()
    change("/p/one.ts", workflow("", "1"))

    assert.deepStrictEqual(names(change("/p/lib/rates.ts", "export const rate = 3")), ["three.ts"])
  })

  it("compiles all when a file comes, goes, or configures the project", () => {
    const { change } = project()
    const all = ["one.ts", "two.ts", "three.ts"]

    const gone = change("/p/lib/rates.ts", undefined)
    assert.deepStrictEqual(names(gone), all)
    assert.deepStrictEqual(codes(gone), ["module-not-found", "unknown-name"])
    const back = change("/p/lib/rates.ts", "export const rate = 1")
    assert.deepStrictEqual(names(back), all)
    assert.deepStrictEqual(codes(back), ["unknown-name"])
    assert.deepStrictEqual(
      names(change("/p/tsconfig.json", "{ \"compilerOptions\": { \"target\": \"es2020\" } }")),
      all
    )
  })

  it("compiles nothing for a file that was written as it was, or that no workflow imports", () => {
    const { change } = project()

    assert.deepStrictEqual(names(change("/p/effects.ts", "export const effects = 1")), [])
  })

  it("forgets a workflow file that is gone", () => {
    const { change, checker } = project()

    assert.deepStrictEqual(names(change("/p/two.ts", undefined)), [])
    assert.isFalse(checker.knows("/p/two.ts"))
  })
})
