import { assert, describe, it } from "@effect/vitest"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { readProjectFile, root } from "./project.ts"

const PAGE = "docs/policies.md"

/** `| rule | `file`: title |` of the table under the last heading. */
const rows = Array.from(
  readProjectFile(PAGE).split("## Every rule and its test")[1]!.matchAll(
    /^\| (.+) \| `([^`]+)`: (.+) \|$/gm
  ),
  ([, rule, file, title]) => ({ rule: rule!, file: file!, title: title! })
)

describe("the table of policies", () => {
  it("names tests that exist", () => {
    const missing = rows
      .filter(({ file, title }) =>
        !existsSync(join(root, file)) ||
        !readProjectFile(file).replaceAll(/\s+/g, " ").includes(title)
      )
      .map(({ file, title }) => `${file}: ${title}`)

    assert.deepStrictEqual(missing, [])
    assert.isAbove(rows.length, 25)
  })

  it("has a row for each option of a policy", () => {
    const options = Array.from(
      readProjectFile("packages/core/src/action/Policy.ts")
        .split("const POLICY_KEYS = [")[1]!.split("]")[0]!.matchAll(/"(\w+)"/g),
      ([, name]) => name!
    )
    const page = readProjectFile(PAGE)

    assert.isAbove(options.length, 8)
    assert.deepStrictEqual(options.filter((name) => !page.includes(`\`${name}\``)), [])
  })
})
