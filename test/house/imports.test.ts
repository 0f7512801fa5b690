/**
 * The rules of `.oxlintrc.json` that hold the direction of imports, tried on files that break
 * them: a pattern that matches nothing would let everything pass.
 */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { root } from "./project.ts"

/** The codes of oxlint's findings per file, for files of an otherwise empty repository. */
const lint = (files: ReadonlyMap<string, string>): ReadonlyMap<string, ReadonlyArray<string>> => {
  const folder = mkdtempSync(join(tmpdir(), "rappel-lint-"))
  try {
    copyFileSync(join(root, ".oxlintrc.json"), join(folder, ".oxlintrc.json"))
    for (const [path, text] of files) {
      mkdirSync(join(folder, dirname(path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    const oxlint = join(root, "node_modules", "oxlint", "bin", "oxlint")
    // Findings make oxlint end with 1; what it prints tells.
    const { stdout } = spawnSync(process.execPath, [oxlint, "--format", "json"], {
      cwd: folder,
      encoding: "utf8"
    })
    const { diagnostics } = JSON.parse(stdout) as {
      readonly diagnostics: ReadonlyArray<{ readonly code: string; readonly filename: string }>
    }
    return new Map(
      Array.from(files.keys(), (path) => [
        path,
        diagnostics.filter(({ filename }) => filename === path).map(({ code }) => code)
      ])
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const importing = (name: string) => `import { it } from "${name}"\nexport const x = it\n`

const RESTRICTED = ["eslint(no-restricted-imports)"]

const REFUSED: ReadonlyArray<readonly [where: string, what: string]> = [
  ["core", "node:fs"],
  ["core", "@rappel/sql/PgQueue"],
  ["core", "@rappel/worker"],
  ["core", "@effect/rpc/Rpc"],
  ["core", "effect"],
  ["compiler", "@rappel/sql"],
  ["compiler", "@rappel/worker/ProcessPool"],
  ["sql", "@rappel/embedded"],
  ["sql", "@rappel/worker"],
  ["embedded", "@rappel/core"],
  ["embedded", "@effect/platform/FileSystem"],
  ["worker", "@rappel/sql/PgQueue"],
  ["worker", "@rappel/cli"],
  ["cli", "typescript"]
]

const ACCEPTED: ReadonlyArray<readonly [where: string, what: string]> = [
  ["core", "effect/Effect"],
  ["core", "./Other.ts"],
  ["compiler", "@rappel/core/program/Program"],
  ["compiler", "node:crypto"],
  ["sql", "@rappel/core"],
  ["sql", "pg"],
  ["embedded", "node:fs"],
  ["worker", "@rappel/core/worker/WorkerPool"],
  ["worker", "@effect/rpc/Rpc"],
  ["cli", "@rappel/worker/ProcessPool"]
]

const pathFor = (where: string, what: string) =>
  `packages/${where}/src/${what.replaceAll(/\W/g, "_")}.ts`

const IN_A_TEST = "test/e2e/x.ts"
const IN_CORE = "packages/core/src/deep/x.ts"

describe("the import rules", () => {
  const found = lint(
    new Map([
      ...[...REFUSED, ...ACCEPTED].map(([where, what]) =>
        [pathFor(where, what), importing(what)] as const
      ),
      [IN_A_TEST, importing("@rappel/cli/commands/run")],
      [IN_CORE, "export const x = [new Date(), Math.random(), process.env, crypto.randomUUID()]\n"]
    ])
  )

  it.each(REFUSED)("%s must not import %s", (where, what) => {
    assert.deepStrictEqual(found.get(pathFor(where, what)), RESTRICTED)
  })

  it.each(ACCEPTED)("%s may import %s", (where, what) => {
    assert.deepStrictEqual(found.get(pathFor(where, what)), [])
  })

  it("nothing imports the command line", () => {
    assert.deepStrictEqual(found.get(IN_A_TEST), RESTRICTED)
  })

  it("core reads no clock, no environment and no chance of its own", () => {
    assert.deepStrictEqual(found.get(IN_CORE)?.toSorted(), [
      "eslint(no-restricted-globals)",
      "eslint(no-restricted-globals)",
      "eslint(no-restricted-globals)",
      "eslint(no-restricted-properties)"
    ])
  })
})
