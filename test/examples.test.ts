/**
 * Runs every ```ts example of the docstrings, of `README.md` and of `docs/`.
 *
 * A line `expression // => expected` becomes an assertion; a fence ```ts no-run is left
 * alone. The pages of findings hold what the compiler rejects, and its own tests run that.
 */
import { describe, it } from "@effect/vitest"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { projectFiles, readProjectFile, root } from "./house/project.ts"

const FENCE = /^```ts\n([^]*?)^```$/gm
const EXPECTATION = /^(.*\S)\s*\/\/ => (.*)$/gm

const hasExamples = (path: string) =>
  /^packages\/\w+\/src\/.*\.ts$/.test(path) ||
  (path.endsWith(".md") && !path.startsWith("docs/errors/"))

const examplesOf = (path: string): ReadonlyArray<string> => {
  const text = readProjectFile(path)
  const markdown = path.endsWith(".md") ? text : text.replace(/^ *\* ?/gm, "")
  return Array.from(
    markdown.matchAll(FENCE),
    ([, code]) =>
      `import { assert as $ } from "vitest"\n` +
      code!.replace(EXPECTATION, "$$.deepStrictEqual($1, $2)")
  )
}

const folder = join(root, "test", ".examples")
mkdirSync(folder, { recursive: true })

describe("examples", () => {
  for (const path of projectFiles().filter(hasExamples)) {
    examplesOf(path).forEach((code, i) => {
      it(`${path} #${i + 1}`, async () => {
        const file = join(folder, `${path.replace(/\W/g, "_")}_${i}.ts`)
        writeFileSync(file, code)
        await import(file)
      })
    })
  }
})
