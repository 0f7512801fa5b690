/**
 * Limits over several dispatcher processes, under load and kills, audited from a ledger that
 * the actions themselves write.
 */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import pg from "pg"
import * as Postgres from "../kit/Postgres.ts"
import * as Processes from "../kit/Processes.ts"
import { type Execution, mostAtOnce, mostStarts, read } from "./Ledger.ts"

afterAll(Processes.cleanUp)

const KILLS = Number(process.env["FLOW_KILLS"] ?? 3)
const KEYS = ["ada", "bob", "eve"]
const PER_KEY = Number(process.env["FLOW_CALLS"] ?? 40)
const CONCURRENCY = 3
const RATE = 10
const PERIOD = 2000

const sources = {
  "flows.ts": `
    import { action, workflow } from "@rappel/core"
    import { appendFileSync } from "node:fs"
    import { randomUUID } from "node:crypto"

    const write = (what: string, id: string, key: string, n: number) =>
      appendFileSync(
        process.env["LEDGER"]! + "-" + key.split(":")[0],
        [what, id, key, n, process.pid, Number(process.hrtime.bigint()) / 1e6].join(" ") + "\\n"
      )
    const work = async (key: string, n: number, millis: number) => {
      const id = randomUUID()
      write("start", id, key, n)
      await new Promise((resolve) => setTimeout(resolve, millis))
      write("end", id, key, n)
      return n
    }
    export const busy = action(async (key: string, n: number) => await work("busy:" + key, n, 60))
    export const mail = action(async (key: string, n: number) => await work("mail:" + key, n, 5))

    export const concurrent = workflow(async (key: string, count: number) => {
      const ns: Array<number> = []
      for (let n = 0; n < count; n++) ns.push(n)
      const done = await Promise.all(ns.map((n) =>
        busy.with({ limit: { key, concurrency: ${CONCURRENCY} } })(key, n)
      ))
      return done.length
    })
    export const rated = workflow(async (key: string, count: number) => {
      const ns: Array<number> = []
      for (let n = 0; n < count; n++) ns.push(n)
      const done = await Promise.all(ns.map((n) =>
        mail.with({ limit: { key, rate: { limit: ${RATE}, period: ${PERIOD} } } })(key, n)
      ))
      return done.length
    })
  `,
  "start.ts": `
    import { concurrent, rated } from "./flows.ts"
    for (const key of ${JSON.stringify(KEYS)}) {
      const a = await concurrent.start(key, ${PER_KEY})
      const b = await rated.start(key, ${PER_KEY})
      console.log(a.id, b.id)
    }
  `
}

/** On the clock that all processes of a host share, and nobody sets. */
const nowMillis = (): number => Number(process.hrtime.bigint()) / 1e6

/** Resolves to the time at which none of the processes is there any more. */
const untilGone = async (pids: ReadonlyArray<number>): Promise<number> => {
  while (pids.some(Processes.isAlive)) await pause(5)
  return nowMillis()
}

const pidsIn = (file: string): ReadonlyArray<number> =>
  existsSync(file)
    ? Array.from(
      new Set(
        readFileSync(file, "utf8").split("\n").flatMap((line) =>
          line === "" ? [] : [Number(line.split(" ")[4])]
        )
      )
    )
    : []

describe("limits under kills", () => {
  it("are kept by every key, whoever runs its calls", async () => {
    const cwd = Processes.project(sources)
    const database = await Postgres.cleanUrl()
    const ledger = join(cwd, "ledger")
    const env = {
      DATABASE_URL: database,
      LEDGER: ledger,
      RAPPEL_WORKER_COUNT: "1",
      RAPPEL_CONCURRENT_PER_WORKER: "8",
      RAPPEL_USER_MODULE: "./flows.ts"
    }
    for (const name of ["busy", "mail"]) writeFileSync(`${ledger}-${name}`, "")
    const spawn = async () => {
      const host = Processes.start([Processes.RAPPEL, "start-workers"], { cwd, env })
      await host.writes(/Ready/)
      return host
    }
    const hosts = [await spawn(), await spawn()]
    const started = await Processes.run(["--import", Processes.START, "start.ts"], { cwd, env })
    assert.strictEqual(started.code, 0, started.stderr)
    const ids = started.stdout.trim().split(/\s+/)
    assert.lengthOf(ids, KEYS.length * 2)

    const deaths = new Map<number, number>()
    const client = new pg.Client({ connectionString: database })
    await client.connect()
    const finished = async () => {
      const { rows } = await client.query(
        "select count(*)::integer as count from rappel.instance where ok and id = any($1)",
        [ids]
      )
      return rows[0].count as number
    }
    for (let kill = 0; kill < KILLS && await finished() < ids.length; kill++) {
      await pause(1500)
      const [victim] = hosts.splice(0, 1)
      const others = new Set((await Promise.all(hosts.map(({ pid }) => childrenOf(pid)))).flat())
      const workers = (await childrenOf(victim!.pid)).filter((pid) => !others.has(pid))
      victim!.child.kill("SIGKILL")
      const goneAt = await untilGone([victim!.pid, ...workers])
      for (const pid of workers) deaths.set(pid, goneAt)
      hosts.push(await spawn())
    }
    for (let waited = 0; await finished() < ids.length; waited += 100) {
      if (waited > 90_000) {
        const { rows } = await client.query(
          "select queue, lane, count(*), count(taker) from rappel.call group by 1, 2"
        )
        assert.fail(`${await finished()} of ${ids.length} are done; ${JSON.stringify(rows)}`)
      }
      await pause(100)
    }
    const left = await client.query("select count(*)::integer as count from rappel.call")
    assert.strictEqual(left.rows[0].count, 0)
    await client.end()

    const now = nowMillis()
    const executions = [
      ...read(`${ledger}-busy`, deaths, now),
      ...read(`${ledger}-mail`, deaths, now)
    ]
    const of = (key: string): ReadonlyArray<Execution> =>
      executions.filter((one) => one.key === key)
    for (const key of KEYS) {
      const atOnce = mostAtOnce(of(`busy:${key}`))
      assert.isAtMost(atOnce, CONCURRENCY, `at once for ${key}`)
      assert.isAbove(atOnce, 1, `the limit was hardly reached for ${key}`)
      // The way from the take to the action takes a moment, and not always the same.
      assert.isAtMost(mostStarts(of(`mail:${key}`), PERIOD - 250), RATE, `starts for ${key}`)
      for (const name of ["busy", "mail"]) {
        assert.lengthOf(new Set(of(`${name}:${key}`).map(({ n }) => n)), PER_KEY)
      }
    }
    assert.isAbove(pidsIn(`${ledger}-busy`).length, 1, "more than one host took part")
  }, 180_000)
})

const childrenOf = async (pid: number): Promise<ReadonlyArray<number>> => {
  const file = `/proc/${pid}/task/${pid}/children`
  return existsSync(file)
    ? readFileSync(file, "utf8").trim().split(/\s+/).filter((one) => one !== "").map(Number)
    : []
}
