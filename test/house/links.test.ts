import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { projectFiles, readProjectFile, readProjectJson, root } from "./project.ts"

/** Links and images, outside of fences and inline code. */
const linksOf = (markdown: string): ReadonlyArray<string> =>
  Array.from(
    markdown.replaceAll(/^```[^]*?^```$/gm, "").matchAll(/\]\(([^)\s]+)\)/g),
    ([, target]) => target!
  )

/** The names that headings can be linked by, as GitHub makes them. */
const anchorsOf = (markdown: string): ReadonlyArray<string> =>
  Array.from(
    markdown.matchAll(/^#+ (.+)$/gm),
    ([, heading]) => heading!.toLowerCase().replaceAll(/[^\w\- ]/g, "").replaceAll(" ", "-")
  )

const isBroken = (page: string, link: string): boolean => {
  if (/^[a-z]+:/.test(link)) return false
  const [target, anchor] = link.split("#") as [string, string?]
  const path = target === "" ? page : relative(root, join(root, dirname(page), target))
  if (path.startsWith("..") || !existsSync(join(root, path))) return true
  return anchor !== undefined && !anchorsOf(readProjectFile(path)).includes(anchor)
}

const pages = projectFiles().filter((path) => path.endsWith(".md") && !path.includes("/fixtures/"))

describe("documents", () => {
  it("link only to what exists", () => {
    const broken = pages.flatMap((page) =>
      linksOf(readProjectFile(page))
        .filter((link) => isBroken(page, link))
        .map((link) => `${page}: ${link}`)
    )

    assert.includeMembers([...pages], ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
    assert.deepStrictEqual(broken, [])
  })

  it("name only npm scripts that exist", () => {
    const { scripts } = readProjectJson<{ readonly scripts: Record<string, string> }>(
      "package.json"
    )
    const unknown = pages.flatMap((page) =>
      Array.from(
        readProjectFile(page).matchAll(/\bnpm (?:run ([\w:-]+)|(test)\b)/g),
        ([, script, test]) => script ?? test!
      ).filter((name) => scripts[name] === undefined).map((name) => `${page}: npm run ${name}`)
    )

    assert.deepStrictEqual(unknown, [])
  })

  it("name only files of scripts that exist", () => {
    const { scripts } = readProjectJson<{ readonly scripts: Record<string, string> }>(
      "package.json"
    )
    const absent = Object.values(scripts)
      .flatMap((script) => script.match(/\S+\.(mjs|ts)\b/g) ?? [])
      .filter((path) => !existsSync(join(root, path)))

    assert.deepStrictEqual(absent, [])
  })

  it("name only commands that `rappel --help` lists", () => {
    const bin = join(root, "packages", "cli", "bin", "rappel.mjs")
    const help = execFileSync(process.execPath, [bin, "--help"], { encoding: "utf8" })
    const commands = new Set(Array.from(help.matchAll(/^ {2}([a-z-]+)/gm), ([, name]) => name!))
    const unknown = pages.flatMap((page) =>
      Array.from(
        readProjectFile(page).matchAll(/\bnpx rappel ([a-z-]+)/g),
        ([, name]) => name!
      ).filter((name) => !commands.has(name)).map((name) => `${page}: rappel ${name}`)
    )

    assert.include([...commands], "run")
    assert.deepStrictEqual(unknown, [])
  })

  it("README fits three screens", () => {
    assert.isAtMost(readProjectFile("README.md").split("\n").length, 120)
  })

  it("CI runs the README's test command", () => {
    assert.match(readProjectFile("README.md"), /^npm test\b/m)
    assert.match(readProjectFile(".ci/run"), /^npm test$/m)
  })
})
