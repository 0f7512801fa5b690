/**
 * `docs/language.md`: what of the language is accepted, as the cases that are run show it.
 *
 * @since 0.1.0
 */
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Bodies of workflows in sections; every one is run under Node, in the machine and restored. */
const SECTIONS = ["packages/compiler/test/fixtures/run", "packages/core/test/machine/fixtures"]

const REJECTED = "packages/compiler/test/fixtures/rejected"

const sectionsOf = (
  folder: string
): ReadonlyArray<readonly [group: string, names: ReadonlyArray<string>]> =>
  readdirSync(at(folder)).filter((file) => file.endsWith(".ts")).sort().map((file) => {
    const text = readFileSync(at(`${folder}/${file}`), "utf8")
    const names = Array.from(text.matchAll(/^\/\/ === (.*)$/gm), ([, name]) => name!.trim())
    return [`[${file.slice(0, -3)}](../${folder}/${file})`, names] as const
  })

const escaped = (name: string): string => name.replaceAll("|", "\\|")

export const languagePage = (): string => {
  const groups = SECTIONS.flatMap(sectionsOf).filter(([, names]) => names.length > 0)
  const count = groups.reduce((sum, [, names]) => sum + names.length, 0)
  const rejected = readdirSync(at(REJECTED)).sort()
  return [
    "# The language of workflows",
    "",
    "Workflows are strict-mode modules of TypeScript or JavaScript. Every construct below is run by the",
    "tests as the plain function under Node, in the machine, and in the machine with a snapshot and a",
    "restore after every step; values, errors, logs and calls must be the same. This page is written from",
    "those cases (`npm run language`), and a test holds it to them.",
    "",
    "What Test262 says is in [conformance](conformance.md); programs that nobody wrote come from",
    "`npm run fuzz` ([contributing](../CONTRIBUTING.md)).",
    "",
    `## Accepted: ${count} cases`,
    "",
    "| group | cases |",
    "|---|---|",
    ...groups.map(([group, names]) => `| ${group} | ${names.map(escaped).join(" · ")} |`),
    "",
    "## Refused, with the rewrite",
    "",
    ...rejected.map((slug) => `- [${slug}](errors/${slug}.md)`),
    ""
  ].join("\n")
}
