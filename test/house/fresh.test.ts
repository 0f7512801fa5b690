/**
 * A copy of the repository right after `npm ci`, without a build and without install scripts.
 *
 * It installs for real: what npm's cache doesn't hold is downloaded.
 */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import process from "node:process"
import { afterAll, beforeAll } from "vitest"
import { noteOf } from "../kit/Skip.ts"
import { projectFiles, root } from "./project.ts"

const UNREACHABLE = /E(NOTFOUND|AI_AGAIN|CONNREFUSED|NETUNREACH)/

describe("a fresh copy", () => {
  const folder = mkdtempSync(join(tmpdir(), "rappel-fresh-"))
  const copy = join(folder, `a path with a space ${"long ".repeat(25)}`.trim(), "rappel")
  let unreachable = false

  const bin = (name: string) => join(copy, "node_modules", ".bin", name)

  beforeAll(() => {
    for (const file of projectFiles()) {
      mkdirSync(dirname(join(copy, file)), { recursive: true })
      cpSync(join(root, file), join(copy, file))
    }
    const { status, stderr } = spawnSync(
      process.execPath,
      ["-e", `import("./scripts/install.mjs").then((m) => m.install(process.cwd()))`],
      {
        cwd: copy,
        env: { ...process.env, NODE_ENV: "production", npm_config_prefer_offline: "true" },
        encoding: "utf8"
      }
    )
    unreachable = status !== 0 && UNREACHABLE.test(stderr)
    if (!unreachable) assert.strictEqual(status, 0, stderr)
  }, 180_000)

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const run = (command: string, args: ReadonlyArray<string>, cwd: string) =>
    spawnSync(command, args, { cwd, encoding: "utf8", timeout: 60_000 })

  const test = (name: string, body: () => void) =>
    it(name, (context) => {
      context.skip(unreachable, noteOf({ missingPart: "packages in npm's cache, or a registry" }))
      body()
    }, 60_000)

  const greeting = join(copy, "examples", "greeting", "greeting.ts")

  test("has both commands", () => {
    assert.isTrue(existsSync(bin("rappel")))
    assert.isTrue(existsSync(bin("rappel-worker")))
  })

  test("runs `rappel` from any directory", () => {
    const { status, stderr, stdout } = run(bin("rappel"), ["check", greeting], tmpdir())

    assert.strictEqual(status, 0, stderr)
    assert.match(stdout, /greeting/)
  })

  test("runs `rappel` through a symlinked node_modules", () => {
    const other = join(folder, "other")
    mkdirSync(other)
    symlinkSync(join(copy, "node_modules"), join(other, "node_modules"))

    const { status, stderr } = run(
      join(other, "node_modules", ".bin", "rappel"),
      ["check", greeting],
      other
    )

    assert.strictEqual(status, 0, stderr)
  })

  test("runs `rappel-worker` from any directory", () => {
    const { status, stderr, stdout } = run(bin("rappel-worker"), ["--help"], tmpdir())

    assert.strictEqual(status, 0, stderr)
    assert.match(stdout, /rappel start-workers/)
  })
})
