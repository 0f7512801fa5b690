/**
 * Schedules on real processes: the command line, and four dispatchers that are killed while
 * they fire the ticks of days on which the clock is changed.
 */
import { afterAll, assert, describe, it, vi } from "@effect/vitest"
import { Cron } from "croner"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import pg from "pg"
import * as Postgres from "../kit/Postgres.ts"
import * as Processes from "../kit/Processes.ts"

afterAll(Processes.cleanUp)

/** Writes the id of each run to a file beside the project: the ledger outside of the database. */
const TICK = `
  import { action, currentCall, workflow } from "@rappel/core"
  import { appendFileSync } from "node:fs"
  export const write = action(async () => {
    appendFileSync("ledger", currentCall().instanceId + "\\n")
  })
  export const tick = workflow(async () => {
    await write()
  })
`

const connected = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}

/** The ticks of an expression between two times, by another library. */
const ticksOf = (expression: string, timeZone: string, from: number, to: number) => {
  const cron = new Cron(expression, { timezone: timeZone })
  const ticks: Array<number> = []
  for (let at = cron.nextRun(new Date(from)); at !== null && at.getTime() <= to;) {
    ticks.push(at.getTime())
    at = cron.nextRun(at)
  }
  return ticks
}

describe("rappel schedules", () => {
  it("makes, shows, pauses, resumes, triggers, makes up for and deletes", async () => {
    const DATABASE_URL = await Postgres.freshUrl()
    const cwd = Processes.project({ "src/tick.ts": TICK })
    const rappel = async (...args: ReadonlyArray<string>) => {
      const { code, stderr, stdout } = await Processes.rappel(args, { cwd, env: { DATABASE_URL } })
      assert.strictEqual(code, 0, `${args.join(" ")}: ${stderr}`)
      return stdout
    }
    await rappel("run", "src/tick.ts", "tick", "--inline")
    const one = (...args: ReadonlyArray<string>) => rappel("schedules", ...args, "--json")

    const made = JSON.parse(
      await one(
        "upsert",
        "nightly",
        "tick",
        "--cron",
        "30 2 * * *",
        "--time-zone",
        "Europe/Berlin",
        "--overlap",
        "queue"
      )
    )
    assert.deepInclude(made, { name: "nightly", workflow: "tick", program: null, overlap: "queue" })
    assert.match(made.nextAt, /T0[01]:30:00/)
    assert.match(await rappel("schedules", "list"), /nightly\s+tick\s+30 2 \* \* \* Europe\/Berlin/)

    await one("pause", "nightly")
    assert.include(await rappel("schedules", "list"), "paused")
    await one("resume", "nightly")
    assert.isFalse(JSON.parse(await one("show", "nightly")).isPaused)

    const { id } = JSON.parse(await one("trigger", "nightly"))
    const filled = await one(
      "backfill",
      "nightly",
      "--from",
      "2026-03-27T12:00Z",
      "--to",
      "2026-03-30T12:00Z"
    )
    assert.lengthOf(filled.trimEnd().split("\n"), 3)
    const runs = await rappel("instances", "list", "--json", "--search", "schedule:nightly")
    const ticks = runs.trimEnd().split("\n").map((line) => JSON.parse(line))
    assert.sameDeepMembers(ticks.map(({ tickAt }) => tickAt), [
      null,
      "2026-03-28T01:30:00.000Z",
      "2026-03-29T01:00:00.000Z",
      "2026-03-30T00:30:00.000Z"
    ])
    assert.include(ticks.map((run) => run.id), id)

    await one("delete", "nightly")
    const missing = await Processes.rappel(["schedules", "show", "nightly"], {
      cwd,
      env: { DATABASE_URL }
    })
    assert.strictEqual(missing.code, 2)
    assert.include(missing.stderr, "There is no schedule \"nightly\"")
    const invalid = await Processes.rappel(
      ["schedules", "upsert", "x", "tick", "--cron", "61 * * * *"],
      { cwd, env: { DATABASE_URL } }
    )
    assert.strictEqual(invalid.code, 2)
    assert.include(invalid.stderr, "between 0 and 59")
  }, 120_000)
})

/** Days on which Berlin changes its clock, in the past of any machine that runs this. */
const SCHEDULES = [
  { name: "spring", cron: "*/20 * 29 3 *", from: "2026-03-28T12:00Z" },
  { name: "autumn", cron: "*/20 * 25 10 *", from: "2026-10-24T12:00Z" },
  { name: "jumped over", cron: "30 2 29 3 *", from: "2026-03-28T12:00Z" },
  { name: "twice", cron: "30 2 25 10 *", from: "2026-10-24T12:00Z" }
]
const ZONE = "Europe/Berlin"

describe("ticks of days on which the clock is changed", () => {
  it("each start one run, while four dispatchers fire them and are killed", async () => {
    const DATABASE_URL = await Postgres.freshUrl()
    const cwd = Processes.project({ "src/tick.ts": TICK })
    const env = { DATABASE_URL, RAPPEL_WORKER_COUNT: "1" }
    const client = await connected(DATABASE_URL)
    const stored = await Processes.rappel(["run", "src/tick.ts", "tick", "--inline"], { cwd, env })
    assert.strictEqual(stored.code, 0, stored.stderr)
    const expected = new Map<string, ReadonlyArray<number>>()
    for (const { cron, from, name } of SCHEDULES) {
      const options = [
        "--cron",
        cron,
        "--time-zone",
        ZONE,
        "--overlap",
        "allow",
        "--catch-up",
        "9999d"
      ]
      const made = await Processes.rappel(["schedules", "upsert", name, "tick", ...options], {
        cwd,
        env
      })
      assert.strictEqual(made.code, 0, made.stderr)
      const ticks = ticksOf(cron, ZONE, Date.parse(from), Date.now())
      expected.set(name, ticks)
      await client.query(
        "update rappel.schedule set next_at = to_timestamp($2::float8 / 1000) where name = $1",
        [name, ticks[0]]
      )
    }
    assert.isAtLeast(expected.get("spring")!.length, 69)
    assert.isAtLeast(expected.get("autumn")!.length, 75)
    const wanted = Array.from(expected.values()).flat().length

    const dispatch = () => Processes.start([Processes.RAPPEL, "start-workers"], { cwd, env })
    const dispatchers = Array.from({ length: 4 }, dispatch)
    const ledger = () =>
      existsSync(join(cwd, "ledger"))
        ? readFileSync(join(cwd, "ledger"), "utf8").trimEnd().split("\n")
        : []
    const until = (isThere: () => Promise<boolean> | boolean) =>
      vi.waitFor(async () => assert.isTrue(await isThere()), { timeout: 150_000, interval: 100 })
    for (const share of [0.2, 0.4, 0.6]) {
      await until(() => ledger().length >= wanted * share)
      const victim = dispatchers.shift()!
      process.kill(victim.pid, "SIGKILL")
      await victim.ended
      dispatchers.push(dispatch())
    }
    await until(async () => {
      const { rows: [row] } = await client.query(
        "select count(*)::integer as open from rappel.instance where finished_at is null"
      )
      return row.open === 0 && new Set(ledger()).size > wanted
    })

    const { rows } = await client.query<{ id: string; schedule: string; at: string }>(
      `select id, schedule, extract(epoch from tick_at) * 1000 as at
       from rappel.instance where schedule is not null order by tick_at`
    )
    for (const [name, ticks] of expected) {
      const fired = rows.filter(({ schedule }) => schedule === name).map(({ at }) => Number(at))
      assert.deepStrictEqual(fired, ticks, name)
    }
    const written = new Set(ledger())
    assert.deepStrictEqual(rows.filter(({ id }) => !written.has(id)), [])
    // The one that stored the program has written as well.
    assert.strictEqual(written.size, rows.length + 1)
    const { rows: counts } = await client.query(
      "select sum(fired)::integer as fired, sum(missed + skipped)::integer as others from rappel.schedule"
    )
    assert.deepStrictEqual(counts, [{ fired: wanted, others: 0 }])
    await client.end()
  }, 240_000)
})
