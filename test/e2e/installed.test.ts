/**
 * The packages as npm packs them, in a project of somebody else's.
 */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync, spawnSync } from "node:child_process"
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { afterAll, beforeAll } from "vitest"

const root = join(import.meta.dirname, "../..")
const PACKAGES = ["core", "compiler", "sql", "embedded", "worker", "cli"]

/** What `npm pack` does before it packs, without the types: they take long, and nothing runs them. */
const RELEASE = `
  await import("./packages/worker/bin/place.mjs")
  const { bundle } = await import("./packages/worker/bin/bundle.mjs")
  const { loadEsbuild } = await import("./packages/worker/bin/build.mjs")
  for (const name of ["worker", "cli"]) {
    await bundle(loadEsbuild(), process.cwd() + "/packages", name, "release")
  }
`

const FLOW = `
import { action, workflow } from "@rappel/core"
import { WorkflowFailure } from "@rappel/core/client/ClientError"
import * as Effects from "effect"
import * as Effect from "effect/Effect"

export const look = action(async () => {
  const place = "node_modules/@rappel/worker/bin/held.mjs"
  const { current, moduleOf } = await import(new URL(place, import.meta.url).href)
  return {
    bundle: current?.folder.split("/node_modules/")[1],
    errors: moduleOf("core/client/ClientError").WorkflowFailure === WorkflowFailure,
    effect: moduleOf("effect/Effect").succeed === Effect.succeed &&
      Effects.Effect.succeed === Effect.succeed
  }
})

export const flow = workflow(async () => await look())
`

describe("installed packages", () => {
  const project = realpathSync(mkdtempSync(join(tmpdir(), "rappel-installed-")))
  const modules = join(project, "node_modules")

  beforeAll(() => {
    for (const name of ["worker", "cli"]) {
      const release = join(root, "packages", name, "dist/bundle/release")
      rmSync(release, { recursive: true, force: true })
    }
    execFileSync(process.execPath, ["--input-type=module", "-e", RELEASE], { cwd: root })
    for (const name of PACKAGES) {
      const place = join(modules, "@rappel", name)
      mkdirSync(place, { recursive: true })
      execFileSync("npm", ["pack", "--ignore-scripts", "--pack-destination", project], {
        cwd: join(root, "packages", name),
        stdio: "pipe"
      })
      const tarball = join(project, `rappel-${name}-0.1.0.tgz`)
      execFileSync("tar", ["xzf", tarball, "-C", place, "--strip-components=1"])
    }
    for (const name of readdirSync(join(root, "node_modules"))) {
      if (name !== "@rappel" && !name.startsWith(".")) {
        symlinkSync(join(root, "node_modules", name), join(modules, name))
      }
    }
    writeFileSync(join(project, "package.json"), `{ "name": "installed", "type": "module" }`)
    writeFileSync(join(project, "flow.ts"), FLOW)
  }, 180_000)

  afterAll(() => rmSync(project, { recursive: true, force: true }))

  for (const [options, owner] of [[[], "worker"], [["--inline"], "cli"]] as const) {
    it(`run from the bundle of ${owner}, which the user's modules share`, () => {
      const { status, stderr, stdout } = spawnSync(
        process.execPath,
        [
          join(modules, "@rappel/cli/bin/rappel.mjs"),
          "run",
          "flow.ts",
          "flow",
          "--memory",
          "--json",
          ...options
        ],
        { cwd: project, encoding: "utf8" }
      )

      assert.strictEqual(status, 0, stderr)
      const { result } = JSON.parse(stdout) as { readonly result: unknown }
      assert.deepStrictEqual(result, {
        bundle: `@rappel/${owner}/dist/bundle/release`,
        errors: true,
        effect: true
      })
    }, 60_000)
  }
})
