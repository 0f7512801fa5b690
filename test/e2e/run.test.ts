import { afterAll, assert, describe, it } from "@effect/vitest"
import { existsSync } from "node:fs"
import { join } from "node:path"
import * as Processes from "../kit/Processes.ts"
import * as files from "./files.ts"

afterAll(Processes.cleanUp)

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe("rappel run", () => {
  const cwd = Processes.project({
    "src/greeting.ts": files.greeting,
    "src/patient.ts": files.patient,
    "src/mistakes.ts": files.mistakes
  })
  const run = (...args: ReadonlyArray<string>) =>
    Processes.rappel(["run", "src/greeting.ts", ...args], { cwd })
  const inMemory = (...args: ReadonlyArray<string>) => run(...args, "--memory", "--inline")

  it("runs on a Postgres of the project's own, with worker processes", async () => {
    const first = await run("greeting", "--input", `["u1"]`, "--json")

    assert.strictEqual(first.code, 0, first.stderr)
    assert.lengthOf(first.stdout.trimEnd().split("\n"), 1)
    const { id, ...answer } = JSON.parse(first.stdout)
    assert.deepStrictEqual(answer, {
      status: "completed",
      result: { text: "Hello Ada", born: "1815-12-10T00:00:00.000Z" }
    })
    assert.match(id, UUID_V7)
    assert.include(first.stderr, "fetching u1")
    assert.isTrue(existsSync(join(cwd, ".rappel")))

    const listed = await Processes.rappel(["instances", "list", "--json"], { cwd })
    assert.strictEqual(JSON.parse(listed.stdout).id, id)
    const shown = await Processes.rappel(["instances", "show", id, "--json"], { cwd })
    const { events, status } = JSON.parse(shown.stdout)
    assert.strictEqual(status, "completed")
    assert.deepStrictEqual(
      events.map(({ kind }: { kind: string }) => kind),
      ["settled", "fired", "settled"]
    )
  }, 60_000)

  it("actions run in another process, or in this one with --inline", async () => {
    const worker = Processes.start(
      [Processes.RAPPEL, "run", "src/greeting.ts", "whereabouts", "--json", "--memory"],
      { cwd }
    )
    const { code, stderr, stdout } = await worker.ended
    assert.strictEqual(code, 0, stderr)
    assert.notStrictEqual(JSON.parse(stdout).result, worker.pid)

    const inline = Processes.start(
      [Processes.RAPPEL, "run", "src/greeting.ts", "whereabouts", "--json", "--memory", "--inline"],
      { cwd }
    )
    assert.strictEqual(JSON.parse((await inline.ended).stdout).result, inline.pid)
  }, 60_000)

  it("an app's default policy comes from the environment", async () => {
    const patient = (...more: ReadonlyArray<string>) =>
      Processes.rappel(["run", "src/patient.ts", "patient", "--json", "--memory", "--inline"], {
        cwd,
        env: Object.fromEntries(more.map((value) => ["RAPPEL_DEFAULT_POLICY", value]))
      })
    const [once, thrice, never] = await Promise.all([
      patient(),
      patient(`{"retry":3}`),
      patient(`{"retries":3}`)
    ])

    assert.strictEqual(JSON.parse(once.stdout).error.message, "attempt 1")
    assert.strictEqual(JSON.parse(thrice.stdout).result, 3)
    assert.strictEqual(never.code, 2)
    assert.match(never.stderr, /RAPPEL_DEFAULT_POLICY is .*retries/)
  }, 60_000)

  it("a failure is a line with the error's name, message and fields, and exit 1", async () => {
    const { code, stdout } = await inMemory("greeting", "--input", `["u0"]`, "--json")

    assert.strictEqual(code, 1)
    const { error, id, status } = JSON.parse(stdout)
    assert.strictEqual(status, "failed")
    assert.match(id, UUID_V7)
    assert.strictEqual(error.name, "UnknownUser")
    assert.strictEqual(error.message, "There is no user u0")
    assert.strictEqual(error.id, "u0")
  }, 30_000)

  it("for people the result stands on stdout, and a failure on stderr", async () => {
    const fine = await inMemory("greeting", "--input", `["u1"]`)
    assert.deepStrictEqual(JSON.parse(fine.stdout), {
      text: "Hello Ada",
      born: "1815-12-10T00:00:00.000Z"
    })

    const failed = await inMemory("greeting", "--input", `["u0"]`)
    assert.strictEqual(failed.code, 1)
    assert.strictEqual(failed.stdout, "")
    assert.include(failed.stderr, "UnknownUser: There is no user u0")
    assert.include(failed.stderr, "src/greeting.ts:13")
    assert.notInclude(failed.stderr, "/packages/")
  }, 30_000)

  it("what is wrong with a request ends with 2 and one message", async () => {
    const cases: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
      [["src/absent.ts", "greeting"], /There is no file .*src\/absent\.ts/],
      [["src", "greeting"], /is a folder/],
      [["src/greeting.ts", "absent"], /exports no workflow absent. It exports greeting, /],
      [["src/greeting.ts"], /Name the export/],
      [["src/greeting.ts", "greeting", "--input", "u1"], /is no JSON/],
      [["src/greeting.ts", "greeting", "--input", `{"id":1}`], /is no array/],
      [["src/greeting.ts", "greeting", "--nope"], /--nope/]
    ]
    for (const [args, expected] of cases) {
      const ended = await Processes.rappel(["run", ...args, "--memory", "--inline"], { cwd })
      assert.strictEqual(ended.code, 2, `${args.join(" ")}: ${ended.stderr}`)
      assert.match(ended.stderr, expected)
      assert.strictEqual(ended.stdout, "")
      assert.notMatch(ended.stderr, /\n\s+at /)
    }
  }, 60_000)

  it("a workflow that does not compile ends with 1 and the frames", async () => {
    const args = ["run", "src/mistakes.ts", "evaluates", "--memory", "--inline"]
    const shown = await Processes.rappel(args, { cwd })
    assert.strictEqual(shown.code, 1)
    assert.match(shown.stderr, /error\[[a-z-]+\][^]*src\/mistakes\.ts:10:\d+[^]*\^/)

    const json = await Processes.rappel([...args, "--json"], { cwd })
    const { error, id, status } = JSON.parse(json.stdout)
    assert.deepStrictEqual([status, id, error.name], ["failed", null, "CompileFailed"])
    assert.lengthOf(error.findings, 1)
  }, 30_000)

  it("a database that is not there ends with 3 and says what to set", async () => {
    const url = "postgresql://user:secret@127.0.0.1:1/nowhere"
    const { code, stderr, stdout } = await Processes.rappel(
      ["run", "src/greeting.ts", "greeting", "--input", `["u1"]`, "--inline"],
      { cwd, env: { DATABASE_URL: url } }
    )

    assert.strictEqual(code, 3)
    assert.strictEqual(stdout, "")
    assert.match(stderr, /ECONNREFUSED|connect/)
    assert.include(stderr, "DATABASE_URL")
    assert.notInclude(stderr, "secret")
    assert.notMatch(stderr, /\n\s+at /)
  }, 30_000)

  it("a setting that cannot be is named, also when .env holds it", async () => {
    const project = Processes.project({
      "src/greeting.ts": files.greeting,
      ".env": "CARABINER_WORKER_COUNT=many\n"
    })
    const { code, stderr } = await Processes.rappel(
      ["run", "greeting.ts", "nothing", "--memory"],
      { cwd: join(project, "src") }
    )
    assert.strictEqual(code, 2)
    assert.strictEqual(stderr, "RAPPEL_WORKER_COUNT is \"many\"; it takes a whole number from 1\n")
  }, 30_000)

  it("an action's module that cannot be imported is named", async () => {
    const project = Processes.project({
      "src/broken.ts": `
        import { action, workflow } from "@rappel/core"
        import { gone } from "./actions.ts"
        export const callsGone = workflow(async () => await gone())
      `,
      "src/actions.ts": `
        import { action } from "@rappel/core"
        import "not-installed-anywhere"
        export const gone = action(async () => 1)
      `
    })
    const { code, stdout } = await Processes.rappel(
      ["run", "src/broken.ts", "callsGone", "--memory", "--json"],
      { cwd: project }
    )
    assert.strictEqual(code, 1)
    const { error } = JSON.parse(stdout)
    assert.strictEqual(error.name, "UnknownAction")
    assert.match(error.message, /src\/actions\.ts cannot be imported.*not-installed-anywhere/)
  }, 30_000)

  it("a worker that dies at its start ends with 3 and what it said", async () => {
    const project = Processes.project({
      "src/greeting.ts": files.greeting,
      "src/preload.ts": `throw new Error("no license")`
    })
    const { code, stderr } = await Processes.rappel(
      ["run", "src/greeting.ts", "nothing", "--memory"],
      { cwd: project, env: { RAPPEL_USER_MODULE: "src/preload.ts" } }
    )
    assert.strictEqual(code, 3)
    assert.match(stderr, /src\/preload\.ts cannot be imported[^]*no license/)
  }, 30_000)
})
