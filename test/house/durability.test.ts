/** docs/durability.md names a test for every rule and crash point, and every one of them exists. */
import { assert, describe, it } from "@effect/vitest"
import { projectFiles, readProjectFile } from "./project.ts"

const page = readProjectFile("docs/durability.md")
const sections = page.split(/^## /m)

/** The rows of the table under a heading, without its head. */
const rowsOf = (heading: string): ReadonlyArray<string> =>
  sections.find((section) => section.startsWith(heading))!
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(1)

/** A file, and the titles in it that stage what the row tells. */
const TEST = /`([\w./-]+\.ts)` \((\*[^`]*?\*)\)/g

const testsOf = (row: string) =>
  Array.from(row.matchAll(TEST), ([, path, titles]) => ({
    path: path!,
    titles: titles!.slice(1, -1).split("*; *")
  }))

const files = new Set(projectFiles())
const tables = { rules: rowsOf("The rules"), points: rowsOf("Crash points") }

describe("docs/durability.md", () => {
  it("has a row for each rule, in order", () => {
    const numbers = tables.rules.flatMap((row) => /^\| R(\d+) /.exec(row)?.[1] ?? [])

    assert.deepStrictEqual(numbers.map(Number), Array.from({ length: 25 }, (_, i) => i + 1))
  })

  it.each(Object.keys(tables) as Array<keyof typeof tables>)(
    "names a test for each of its %s",
    (name) => {
      const bare = tables[name].filter((row) => testsOf(row).length === 0)

      assert.isAbove(tables[name].length, 9)
      assert.deepStrictEqual(bare, [])
    }
  )

  it("names only tests that exist", () => {
    const missing = [...tables.rules, ...tables.points].flatMap(testsOf).flatMap((test) => {
      if (!files.has(test.path)) return [test.path]
      const source = readProjectFile(test.path)
      return test.titles.filter((title) => !source.includes(title))
        .map((title) => `${test.path}: ${title}`)
    })

    assert.deepStrictEqual(missing, [])
  })
})
