import { assert, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { call, errorIn, eventually, pool, temporaryFolder, valueOf } from "./Pool.ts"

const FILE = "src/shared.ts"

/** What starts the process, the loader of TypeScript, and two modules of the project. */
const MOST_FILES = 40

layer(pool(), { excludeTestServices: true, timeout: "60 seconds" })("a worker's bundle", (it) => {
  it.effect("gives a module of the user's the modules that the process runs from", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* valueOf("sameModules", [], FILE), {
        rappel: true,
        errors: true,
        registry: true,
        effect: true,
        words: true
      })
    }))

  it.effect("keeps the names of all functions of core, which workflows can see", () =>
    Effect.gen(function*() {
      const core = join(import.meta.dirname, "../../core/src")
      const paths = readdirSync(core, { recursive: true, encoding: "utf8" })
        .filter((path) => /(?<!\.d)\.ts$/.test(path)).map((path) => path.slice(0, -".ts".length))

      const { count, others } = (yield* valueOf("otherNames", [paths], FILE)) as {
        readonly count: number
        readonly others: ReadonlyArray<string>
      }

      assert.isAtLeast(count, 1000)
      assert.deepStrictEqual(others, [])
    }))

  it.effect("leaves the lines of the user's stacks", () =>
    Effect.gen(function*() {
      const { stack } = errorIn(yield* call("throwHere", [], FILE))

      const source = readFileSync(join(import.meta.dirname, "fixtures/project", FILE), "utf8")
      const line = source.split("\n").findIndex((text) => text.includes("thrown here")) + 1
      assert.include(stack, `${FILE}:${line}:9`)
    }))

  it.effect("keeps V8's code once the process has settled", () =>
    Effect.gen(function*() {
      const folder = (yield* valueOf("bundleFolder", [], FILE)) as string
      const isCode = (name: string) => /^worker-.*\.cache$/.test(name)

      yield* eventually(() =>
        readdirSync(folder).some((name) => isCode(name) && statSync(join(folder, name)).size > 1e5)
      )
    }))
})

it.scopedLive(
  "a worker loads its bundle, the user's modules and no file of Effect or rappel",
  () =>
    Effect.gen(function*() {
      const list = join(yield* temporaryFolder, "loads")
      const env = {
        NODE_OPTIONS: `--import ${new URL("fixtures/listLoads.mjs", import.meta.url).href}`,
        RAPPEL_FIXTURE_LOADS: list
      }

      yield* Effect.provide(valueOf("sameModules", [], FILE), pool({ env }))

      const loaded = readFileSync(list, "utf8").trim().split("\n").filter((url) =>
        url.startsWith("file:")
      )
      assert.include(loaded.join("\n"), FILE)
      assert.deepStrictEqual(
        loaded.filter((url) =>
          /\/(?:effect|@effect\/[^/]+|core|sql|worker)\/(?:dist|src)\//.test(url)
        ),
        []
      )
      assert.isAtMost(loaded.length, MOST_FILES, loaded.join("\n"))
    }),
  60_000
)
