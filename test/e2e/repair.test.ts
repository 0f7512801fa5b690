import { afterAll, assert, describe, it } from "@effect/vitest"
import * as esbuild from "esbuild"
import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import path from "node:path"
import pg from "pg"
import * as Postgres from "../kit/Postgres.ts"
import * as Processes from "../kit/Processes.ts"

afterAll(Processes.cleanUp)

const orders = `
import { action, workflow } from "@rappel/core"
import { existsSync } from "node:fs"

export const charge = action(async (id: string): Promise<string> => {
  if (!existsSync("bank-is-up")) throw new Error("The bank is down")
  return "charged " + id
})
export const ship = action(async (id: string): Promise<string> => "shipped " + id)

export const order = workflow(async (id: string) => {
  const charged = await charge(id)
  return [charged, await ship(id)]
})
`

describe("rappel instances retry, skip, fork, export and rappel replay", () => {
  it("repair what failed, one by one and in bulk, and replay it offline", async () => {
    const DATABASE_URL = await Postgres.freshUrl()
    const cwd = Processes.project({ "src/orders.ts": orders })
    const rappel = (...args: ReadonlyArray<string>) =>
      Processes.rappel(args, { cwd, env: { DATABASE_URL } })
    const run = async (id: string) => {
      const { stdout } = await rappel(
        "run",
        "src/orders.ts",
        "order",
        "--input",
        `["${id}"]`,
        "--inline",
        "--json"
      )
      return JSON.parse(stdout)
    }
    const failed = [await run("a"), await run("b"), await run("c")]
    assert.deepStrictEqual(failed.map(({ status }) => status), ["failed", "failed", "failed"])
    const [a, b] = failed.map(({ id }) => id)

    // A search does nothing before --yes.
    const asked = await rappel("instances", "retry", "--search", "status:failed workflow:order")
    assert.strictEqual(asked.code, 0, asked.stderr)
    assert.match(asked.stderr, /3 instances are found/)
    assert.match(asked.stderr, /Nothing was done yet: add --yes/)
    assert.match(asked.stdout, /could be taken: retry at effect 1 \(src\/orders\.ts#charge\)/)
    const both = await rappel("instances", "retry", a, "--search", "status:failed")
    assert.strictEqual(both.code, 2)

    const skipped = await rappel("instances", "skip", a, `"by hand"`, "--reason", "paid in cash")
    assert.strictEqual(skipped.code, 0, skipped.stderr)
    await writeFile(path.join(cwd, "bank-is-up"), "")
    const retried = await rappel(
      "instances",
      "retry",
      "--search",
      "status:failed",
      "--yes",
      "--json"
    )
    const lines = retried.stdout.trimEnd().split("\n").map((line) => JSON.parse(line))
    assert.deepStrictEqual(lines.map(({ done, verb }) => [done, verb]), [
      [true, "retry"],
      [true, "retry"]
    ])
    const workers = Processes.start([Processes.RAPPEL, "start-workers"], {
      cwd,
      env: { DATABASE_URL, RAPPEL_WORKER_COUNT: "1" }
    })
    await workers.writes(/^Ready:/m)
    const finished = async (): Promise<ReadonlyArray<any>> => {
      const { stdout } = await rappel("instances", "list", "--json", "--workflow", "order")
      const records = stdout.trimEnd().split("\n").map((line) => JSON.parse(line))
      return records.every(({ status }) => status === "completed") ? records : await finished()
    }
    const records = await finished()
    workers.child.kill("SIGTERM")
    await workers.ended
    assert.deepStrictEqual(records.find(({ id }) => id === a).result, ["by hand", "shipped a"])

    const shown = JSON.parse((await rappel("instances", "show", a, "--state", "--json")).stdout)
    assert.deepInclude(
      shown.events.find(({ kind }: { kind: string }) => kind === "patched"),
      { verb: "skip", reason: "paid in cash", result: "by hand" }
    )
    assert.deepStrictEqual(shown.state.waits, [])

    const again = await rappel("instances", "retry", b, "--effect", "1").catch((error) => error)
    assert.notStrictEqual(again.code, 0)
    const forked = await rappel("instances", "fork", b, "--at", "3", "--json")
    assert.strictEqual(forked.code, 0, forked.stderr)
    assert.isString(JSON.parse(forked.stdout).into)

    const exported = await rappel("instances", "export", b, "--out", "b.json")
    assert.strictEqual(exported.code, 0, exported.stderr)
    const offline = (...args: ReadonlyArray<string>) =>
      Processes.rappel(["replay", ...args], { cwd, env: {} })
    const replayed = await offline("b.json")
    assert.strictEqual(replayed.code, 0, replayed.stderr)
    assert.match(replayed.stdout, /1 settled .*The bank is down.*\(void\)/)
    assert.match(replayed.stdout, /at \S+ \(src\/orders\.ts:12:\d+\)\n\s+id = 'b'/)
    assert.match(replayed.stdout, /returns \["charged b","shipped b"\]/)
    const until = await offline("b.json", "--until", "2", "--json")
    const steps = until.stdout.trimEnd().split("\n").map((line) => JSON.parse(line))
    assert.deepStrictEqual(steps.map(({ kind }) => kind), ["started", "settled", "repaired"])

    const file = path.join(cwd, "b.json")
    const recording = JSON.parse(await readFile(file, "utf8"))
    recording.events[2].payload = `+"charged somebody else"`
    await writeFile(file, JSON.stringify({ ...recording }))
    const different = await offline("b.json")
    assert.strictEqual(different.code, 1)
    assert.match(different.stderr, /differs from the record at event 4/)
    await writeFile(file, JSON.stringify({ ...recording, format: 2 }))
    const newer = await offline("b.json")
    assert.strictEqual(newer.code, 2)
    assert.match(newer.stderr, /format 2, and this release reads up to 1/)
  }, 200_000)
})

describe("rappel deploy-check", () => {
  it("ends with 1 when an action of live instances is gone", async () => {
    const DATABASE_URL = await Postgres.freshUrl()
    const cwd = Processes.project({ "src/orders.ts": orders })
    const rappel = (...args: ReadonlyArray<string>) =>
      Processes.rappel(args, { cwd, env: { DATABASE_URL } })
    assert.strictEqual((await rappel("build")).code, 0)
    assert.strictEqual((await rappel("deploy")).code, 0)
    const client = new pg.Client({ connectionString: DATABASE_URL })
    await client.connect()
    await client.query(`select rappel.start('order', '["x"]')`)
    await client.end()

    const ready = await rappel("deploy-check")
    assert.strictEqual(ready.code, 0, ready.stdout + ready.stderr)
    assert.match(ready.stdout, /1 live instance of 1 program: this code can go on with them/)

    // As a bundle is deployed: one file, and nothing of the sources.
    const bundle = path.join(cwd, "dist/bundle.mjs")
    await esbuild.build({
      entryPoints: [path.join(cwd, ".rappel/generated.ts")],
      bundle: true,
      platform: "node",
      format: "esm",
      external: ["@rappel/*"],
      outfile: bundle
    })
    await rm(path.join(cwd, "src"), { recursive: true })
    await rm(path.join(cwd, ".rappel"), { recursive: true })
    const without = await rappel("deploy-check")
    assert.strictEqual(without.code, 1, without.stdout + without.stderr)
    const bundled = await Processes.rappel(["deploy-check"], {
      cwd,
      env: { DATABASE_URL, RAPPEL_USER_MODULE: "./dist/bundle.mjs" }
    })
    assert.strictEqual(bundled.code, 0, bundled.stdout + bundled.stderr)

    const renamed = orders.replace("const ship =", "const send =").replace("ship(id)", "send(id)")
    await mkdir(path.join(cwd, "src"))
    await writeFile(path.join(cwd, "src/orders.ts"), renamed)
    assert.strictEqual((await rappel("build")).code, 0)
    const gone = await rappel("deploy-check", "--json")
    assert.strictEqual(gone.code, 1, gone.stderr)
    const { findings, live, ready: isReady } = JSON.parse(gone.stdout)
    assert.deepStrictEqual([live, isReady], [1, false])
    assert.lengthOf(findings, 1)
    assert.deepInclude(findings[0], {
      code: "action-gone",
      workflow: "order",
      action: "src/orders.ts#ship"
    })
    assert.match(findings[0].reason, /has no action `ship` \(it exports charge, order, send\)/)
  }, 120_000)
})
