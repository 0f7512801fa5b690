import { afterAll, assert, describe, it } from "@effect/vitest"
import pg from "pg"
import * as Postgres from "../kit/Postgres.ts"
import * as Processes from "../kit/Processes.ts"
import * as files from "./files.ts"

afterAll(Processes.cleanUp)

const statement = async (url: string, text: string) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await client.query(text)
  } finally {
    await client.end()
  }
}

describe("rappel migrate", () => {
  it("brings an empty database up to date, and says so when there is nothing to do", async () => {
    const DATABASE_URL = await Postgres.emptyUrl()
    const cwd = Processes.project({})
    const migrate = (...args: ReadonlyArray<string>) =>
      Processes.rappel(["migrate", ...args], { cwd, env: { DATABASE_URL } })

    const first = await migrate("--json")
    assert.strictEqual(first.code, 0, first.stderr)
    const { from, to } = JSON.parse(first.stdout)
    assert.strictEqual(from, 0)
    assert.isAtLeast(to, 1)
    assert.include((await migrate()).stdout, `at version ${to} already`)
  }, 30_000)

  it("a schema of a newer release ends every command with 57", async () => {
    const DATABASE_URL = await Postgres.freshUrl()
    await statement(
      DATABASE_URL,
      "insert into rappel.migration (id, name, breaking) values (9999, 'of_tomorrow', true)"
    )
    const cwd = Processes.project({ "src/greeting.ts": files.greeting })
    for (
      const args of [
        ["migrate"],
        ["run", "src/greeting.ts", "nothing", "--inline"],
        ["start-workers"],
        ["instances", "list"]
      ]
    ) {
      const { code, stderr } = await Processes.rappel(args, { cwd, env: { DATABASE_URL } })
      assert.strictEqual(code, 57, `${args[0]}: ${stderr}`)
      assert.match(stderr, /The database is at schema 9999, this program knows \d+/)
      assert.notMatch(stderr, /\n\s+at /)
    }
  }, 60_000)

  it("a wrong password and a missing database end with 3", async () => {
    const cwd = Processes.project({})
    const url = await Postgres.urlOf("no_such_database")
    const { code, stderr } = await Processes.rappel(["migrate", "--database-url", url], { cwd })

    assert.strictEqual(code, 3)
    assert.match(stderr, /no_such_database/)
    assert.include(stderr, "--database-url")
  }, 30_000)
})

describe("rappel instances", () => {
  it("lists and shows what ran, for people and for scripts", async () => {
    const DATABASE_URL = await Postgres.freshUrl()
    const cwd = Processes.project({ "src/greeting.ts": files.greeting })
    const rappel = (...args: ReadonlyArray<string>) =>
      Processes.rappel(args, { cwd, env: { DATABASE_URL } })
    await rappel("run", "src/greeting.ts", "greeting", "--input", `["u1"]`, "--inline")
    await rappel("run", "src/greeting.ts", "greeting", "--input", `["u0"]`, "--inline")

    const lines = (await rappel("instances", "list", "--json")).stdout.trimEnd().split("\n")
    const [failed, completed] = lines.map((line) => JSON.parse(line))
    assert.deepStrictEqual([failed.status, completed.status], ["failed", "completed"])
    assert.deepStrictEqual(completed.input, ["u1"])
    assert.strictEqual(failed.error.name, "UnknownUser")

    const only = await rappel("instances", "list", "--status", "failed", "--workflow", "greeting")
    assert.lengthOf(only.stdout.trimEnd().split("\n"), 2)
    assert.include(only.stdout, failed.id)

    const searched = await rappel(
      "instances",
      "list",
      "--json",
      "--search",
      `(status:failed OR tag:vip) workflow:greeting u0`
    )
    assert.strictEqual(JSON.parse(searched.stdout).id, failed.id)
    const unreadable = await rappel("instances", "list", "--search", "(status:failed")
    assert.strictEqual(unreadable.code, 2)
    assert.match(unreadable.stderr, /at character 1: this parenthesis is not closed/)

    const shown = await rappel("instances", "show", completed.id)
    assert.match(shown.stdout, /status\s+completed/)
    assert.match(shown.stdout, /3\s+settled\s+3/)

    await statement(
      DATABASE_URL,
      `insert into rappel.due (instance_id, aside) values ('${failed.id}', 'it harms its hosts')`
    )
    const repaired = await rappel("instances", "resume", failed.id)
    assert.strictEqual(repaired.code, 0, repaired.stderr)
    assert.include(repaired.stdout, `${failed.id} is due`)
    const notAside = await rappel("instances", "resume", completed.id)
    assert.strictEqual(notAside.code, 2)
    assert.include(notAside.stderr, "is not set aside")

    const unknown = await rappel("instances", "show", "0197a0c0-0000-7000-8000-000000000000")
    assert.strictEqual(unknown.code, 2)
    assert.include(unknown.stderr, "There is no instance 0197a0c0")
  }, 150_000)

  it("shows how often each call failed, ran out of time and was lost", async () => {
    const DATABASE_URL = await Postgres.freshUrl()
    const cwd = Processes.project({ "src/flaky.ts": files.flaky })
    const rappel = (...args: ReadonlyArray<string>) =>
      Processes.rappel(args, { cwd, env: { DATABASE_URL } })
    const ran = await rappel("run", "src/flaky.ts", "flaky", "--inline", "--json")
    assert.strictEqual(ran.code, 0, ran.stderr)
    const [{ id }] = (await rappel("instances", "list", "--json")).stdout.trim().split("\n")
      .map((line) => JSON.parse(line))
    await statement(
      DATABASE_URL,
      `insert into rappel.event (instance_id, seq, kind, effect, at, payload, machine, digest)
       select instance_id, max(seq) + 1, 'lost', 1, max(at) + 1,
         '{"count":1,"retryAt":1,"reason":"its worker died"}', max(machine), 0
       from rappel.event where instance_id = '${id}' group by 1`
    )

    const shown = await rappel("instances", "show", id)
    const [head, row, other] = shown.stdout.split("\n").slice(
      shown.stdout.split("\n").findIndex((line) => line.startsWith("call"))
    )
    assert.deepStrictEqual(head!.split(/\s+/).slice(0, 5), [
      "call",
      "errors",
      "timeouts",
      "losses",
      "crashes"
    ])
    assert.deepStrictEqual(row!.split(/\s+/).slice(0, 5), ["1", "2", "1", "1", "0"])
    assert.include(row, "its worker died")
    assert.strictEqual(other, "", "a call that ended at once has no line")
    const { calls } = JSON.parse((await rappel("instances", "show", id, "--json")).stdout)
    assert.lengthOf(calls, 1)
    assert.deepInclude(calls[0], { effect: 1, attempts: 2, timeouts: 1, losses: 1, crashes: 0 })
  }, 60_000)

  it("tells one that waits, and says when it is too late", async () => {
    const DATABASE_URL = await Postgres.freshUrl()
    const cwd = Processes.project({
      "src/order.ts": `
        import { signal, waitFor, workflow } from "@rappel/core"
        export const Approval = signal<string>("approval")
        export const order = workflow(async () => await waitFor(Approval))
      `
    })
    const options = { cwd, env: { DATABASE_URL } }
    const rappel = (...args: ReadonlyArray<string>) => Processes.rappel(args, options)
    const running = Processes.start(
      [Processes.RAPPEL, "run", "src/order.ts", "order", "--inline", "--json"],
      options
    )
    let id = ""
    while (id === "") {
      const { stdout } = await rappel("instances", "list", "--json")
      id = stdout.trim() === "" ? "" : JSON.parse(stdout.split("\n")[0]!).id
    }

    const notJson = await rappel("instances", "signal", id, "approval", "{no")
    assert.strictEqual(notJson.code, 2)
    assert.include(notJson.stderr, "The value of a signal is JSON")
    const told = await rappel("instances", "signal", id, "approval", `"by Ada"`)
    assert.strictEqual(told.code, 0, told.stderr)
    assert.deepInclude(JSON.parse((await running.ended).stdout), {
      status: "completed",
      result: "by Ada"
    })

    const late = await rappel("instances", "cancel", id, "--reason", "late")
    assert.strictEqual(late.code, 2, late.stderr)
    assert.include(late.stderr, "has finished (completed)")
  }, 120_000)
})

describe("rappel visualize", () => {
  it("draws the program in each format", async () => {
    const cwd = Processes.project({ "src/greeting.ts": files.greeting })
    for (
      const [format, expected] of [["terminal", /fetchUser/], ["mermaid", /^flowchart/], [
        "dot",
        /^digraph/
      ]] as const
    ) {
      const { code, stderr, stdout } = await Processes.rappel(
        ["visualize", "src/greeting.ts", "greeting", "--format", format],
        { cwd }
      )
      assert.strictEqual(code, 0, stderr)
      assert.match(stdout, expected)
    }
  }, 30_000)
})

describe("rappel doctor", () => {
  it("says what does not move, and ends with 1 for a problem", async () => {
    const DATABASE_URL = await Postgres.freshUrl()
    const cwd = Processes.project({})
    const doctor = (...args: ReadonlyArray<string>) =>
      Processes.rappel(["doctor", ...args], { cwd, env: { DATABASE_URL } })

    const { code, stdout } = await doctor("--json")
    const { facts, findings, healthy } = JSON.parse(stdout)

    // The server of the tests runs without fsync, which is a problem for whoever relies on it.
    assert.strictEqual(code, 1)
    assert.isFalse(healthy)
    assert.include(findings.map((finding: { readonly code: string }) => finding.code), "fsync-off")
    assert.deepStrictEqual(facts.instances, { due: 0, waiting: 0, running: 0, aside: 0 })
    const text = await doctor()
    assert.match(text.stdout, /✗ fsync is off/)
    assert.match(text.stdout, /! no dispatcher is alive/)
  }, 30_000)
})
