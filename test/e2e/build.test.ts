import { afterAll, assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import pg from "pg"
import * as Postgres from "../kit/Postgres.ts"
import * as Processes from "../kit/Processes.ts"
import * as files from "./files.ts"

afterAll(Processes.cleanUp)

describe("rappel build", () => {
  it("writes the manifest, one file per program, and the generated module", async () => {
    const cwd = Processes.project({
      "src/greeting.ts": files.greeting,
      "src/other.ts": `export const n = 1`
    })

    const { code, stderr, stdout } = await Processes.rappel(["build"], { cwd: join(cwd, "src") })

    assert.strictEqual(code, 0, stderr)
    assert.match(stdout, /^greeting {2}src\/greeting\.ts#greeting {2}[0-9a-f]{12}$/m)
    const manifest = JSON.parse(readFileSync(join(cwd, ".rappel/manifest.json"), "utf8"))
    assert.deepStrictEqual(
      manifest.workflows.map(({ name }: { name: string }) => name),
      ["greeting", "nothing", "whereabouts"]
    )
    assert.deepStrictEqual(
      manifest.actions.map(({ id }: { id: string }) => id).sort(),
      ["src/greeting.ts#fetchUser", "src/greeting.ts#greet", "src/greeting.ts#pid"]
    )
    for (const { hash, program } of manifest.workflows) {
      assert.strictEqual(JSON.parse(readFileSync(join(cwd, program), "utf8")).hash, hash)
    }
    const generated = readFileSync(join(cwd, manifest.generated), "utf8")
    assert.include(generated, `registerAction("src/greeting.ts#fetchUser"`)
    assert.include(generated, `from "../src/greeting.js"`)
  }, 30_000)

  it("a build with findings writes nothing and keeps the last one", async () => {
    const cwd = Processes.project({ "src/greeting.ts": files.greeting })
    await Processes.rappel(["build"], { cwd })
    const before = readdirSync(join(cwd, ".rappel/programs"))

    writeFileSync(join(cwd, "src/mistakes.ts"), files.mistakes)
    const { code, stderr } = await Processes.rappel(["build"], { cwd })

    assert.strictEqual(code, 1)
    assert.include(stderr, "Nothing was written")
    assert.deepStrictEqual(readdirSync(join(cwd, ".rappel/programs")), before)
  }, 30_000)

  it("programs that no workflow has any more are removed", async () => {
    const cwd = Processes.project({ "src/greeting.ts": files.greeting })
    await Processes.rappel(["build"], { cwd })
    const [before] = readdirSync(join(cwd, ".rappel/programs"))

    writeFileSync(
      join(cwd, "src/greeting.ts"),
      files.greeting.replace("Hello ", "Hi ")
        .replace(`sleep("10ms")`, `sleep("20ms")`)
    )
    await Processes.rappel(["build"], { cwd })

    const manifest = JSON.parse(readFileSync(join(cwd, ".rappel/manifest.json"), "utf8"))
    assert.lengthOf(readdirSync(join(cwd, ".rappel/programs")), manifest.workflows.length)
    assert.isString(before)
  }, 30_000)

  it("what was built is deployed: starts by name use it", async () => {
    const cwd = Processes.project({ "src/greeting.ts": files.greeting })
    const env = { DATABASE_URL: await Postgres.freshUrl() }
    const early = await Processes.rappel(["deploy"], { cwd, env })
    assert.strictEqual(early.code, 2)
    assert.include(early.stderr, "Run `rappel build` first")
    await Processes.rappel(["build"], { cwd })

    const { stdout } = await Processes.rappel(["deploy", "--json"], { cwd, env })

    const deployed = stdout.trimEnd().split("\n").map((line) => JSON.parse(line))
    const greeting = deployed.find(({ workflow }) => workflow === "greeting")
    const client = new pg.Client({ connectionString: env.DATABASE_URL })
    await client.connect()
    const { rows: [pointer] } = await client.query("select rappel.program_of('greeting') as hash")
    await client.end()
    assert.strictEqual(pointer.hash, greeting.program)
  }, 30_000)

  it("two workflows of one name are refused", async () => {
    const cwd = Processes.project({
      "src/one.ts": files.greeting,
      "src/two.ts": files.greeting
    })
    const { code, stderr } = await Processes.rappel(["build"], { cwd })

    assert.strictEqual(code, 2)
    assert.match(
      stderr,
      /Two workflows are named greeting: src\/one\.ts#greeting and src\/two\.ts#greeting/
    )
    assert.isFalse(existsSync(join(cwd, ".rappel/manifest.json")))
  }, 30_000)

  it(
    "an app that was moved finds its programs and actions through the generated module",
    async () => {
      const cwd = Processes.project({ "src/greeting.ts": files.greeting })
      await Processes.rappel(["build"], { cwd })
      writeFileSync(
        join(cwd, "app.ts"),
        `
        import { lookup } from "@rappel/core/action/Registry"
        import * as Effect from "effect/Effect"
        import * as ProgramSource from "@rappel/core/client/ProgramSource"
        import { WORKFLOW } from "@rappel/core/workflow/Workflow"
        import { greeting } from "./src/greeting.ts"
        import * as generated from "./.rappel/generated.ts"
        const source = ProgramSource.make({ isProduction: true })
        const program = Effect.runSync(source.programOf(greeting[WORKFLOW]))
        console.log(JSON.stringify([
          program.hash === generated.greeting.file.hash,
          lookup("src/greeting.ts#greet") !== undefined
        ]))
      `
      )
      const { code, stderr, stdout } = await Processes.run(
        [
          "--input-type=module",
          "-e",
          `await import(${JSON.stringify(Processes.START)}); await import("./app.ts")`
        ],
        { cwd }
      )
      assert.strictEqual(code, 0, stderr)
      assert.deepStrictEqual(JSON.parse(stdout), [true, true])
    },
    30_000
  )
})
