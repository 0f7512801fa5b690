/**
 * Workflows that never pause, on a dispatcher that serves others: each bomb ends its own
 * instance, and the dispatcher goes on to beat, so that nobody takes it for dead.
 */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { setTimeout as pause } from "node:timers/promises"
import pg from "pg"
import * as Postgres from "../kit/Postgres.ts"
import * as Processes from "../kit/Processes.ts"

afterAll(Processes.cleanUp)

const ORDINARY = 40

/**
 * Processor time between two beats: a second until one is due, and a step of two seconds. Below
 * the lease of 5 s; in time of the processor, so that a loaded host fails nothing.
 */
const MAX_MILLIS = 4000

/** What each bomb does, at its start and after an action, and the errors that may end it. */
const BOMBS: Readonly<Record<string, readonly [statement: string, errors: RegExp]>> = {
  endlessLoop: ["for (;;) turns++", /^(?:FuelExhausted|StepTooSlow): /],
  endlessCalls: ["for (;;) [1, 2, 3].map((n) => turns += n)", /^(?:FuelExhausted|StepTooSlow): /],
  pattern: ["/^(a+)+$/.test(\"a\".repeat(40) + \"!\")", /^StepTooSlow: /],
  hugeText: ["\"x\".repeat(1e9)", /^RangeError: Invalid string length/],
  doubledText: ["for (let text = \"x\";;) text += text", /^StepTooLarge: /],
  recursion: ["const down = (): number => 1 + down(); down()", /^RangeError: Maximum call stack/],
  bigPower: ["7n ** 300_000_000n", /^StepTooSlow: /],
  squares: ["for (let n = 3n;;) n *= n", /^StepTooLarge: /],
  growingList: ["const all = []; for (;;) all.push({ turns })", /^(?:StepToo|FuelExhausted)/]
}

const sources = {
  "flows.ts": `
    import { action, workflow } from "@rappel/core"
    export const double = action(async (n: number) => n * 2)

    export const ordinary = workflow(async (n: number) => {
      const first = await double(n)
      return first + await double(n + 1)
    })
    ${
    Object.entries(BOMBS).map(([name, [statement]]) => `
    export const ${name} = workflow(async (isAtOnce: boolean) => {
      let turns = isAtOnce ? 0 : await double(0)
      ;${statement}
      return turns
    })`).join("\n")
  }
  `,
  "start.ts": `
    import { ordinary, ${Object.keys(BOMBS).join(", ")} } from "./flows.ts"

    const ended: Array<ReadonlyArray<unknown>> = []
    const sums: Array<Promise<number>> = []
    const waits: Array<Promise<unknown>> = []
    const startSome = async (from: number, to: number) => {
      for (let n = from; n < to; n++) sums.push((await ordinary.start(n)).result())
    }
    await startSome(0, ${ORDINARY / 2})
    for (const [name, bomb] of Object.entries({ ${Object.keys(BOMBS).join(", ")} })) {
      for (const isAtOnce of [true, false]) {
        const handle = await bomb.start(isAtOnce)
        waits.push(handle.result().then(
          (value) => ended.push([name, "completed with " + value]),
          (error) => ended.push([name, error.name + ": " + error.message])
        ))
      }
    }
    await startSome(${ORDINARY / 2}, ${ORDINARY})
    console.log("started")
    await Promise.all(waits)
    console.log(JSON.stringify({ ended, sums: await Promise.all(sums) }))
  `
}

/** Milliseconds of processor time that the main thread of a process has used. */
const processorMillis = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/task/${pid}/stat`, "utf8").split(") ").at(-1)!.split(
    " "
  )
  return (Number(fields[11]) + Number(fields[12])) * 10
}

describe("bombs", () => {
  it("end their own instances, beside ordinary ones", async () => {
    const cwd = Processes.project(sources)
    const DATABASE_URL = await Postgres.freshUrl()
    const env = {
      DATABASE_URL,
      RAPPEL_WORKER_COUNT: "1",
      RAPPEL_USER_MODULE: "./flows.ts",
      NODE_OPTIONS: "--max-old-space-size=512"
    }
    const client = new pg.Client({ connectionString: DATABASE_URL })
    await client.connect()

    const app = Processes.start(["--import", Processes.START, "start.ts"], { cwd, env })
    await app.writes(/^started/m)
    const host = Processes.start([Processes.RAPPEL, "start-workers"], { cwd, env })
    await host.writes(/^Ready/m)
    let hasEnded = false
    void app.ended.finally(() => hasEnded = true)
    // Never more than it was: what it used from the first to the last look at the same beat.
    let longest = 0
    for (let beat = "", since = 0; !hasEnded; await pause(50)) {
      const used = processorMillis(host.pid)
      const { rows } = await client.query("select counter from rappel.dispatcher")
      if (rows[0].counter !== beat) [beat, since] = [rows[0].counter, used]
      else longest = Math.max(longest, used - since)
    }
    const { code, stderr, stdout } = await app.ended
    const dispatchers = await client.query("select pid, died_at from rappel.dispatcher")
    await client.end()

    assert.strictEqual(code, 0, stderr)
    const { ended, sums } = JSON.parse(stdout.trimEnd().split("\n").at(-1)!)
    assert.deepStrictEqual(sums, Array.from({ length: ORDINARY }, (_, n) => 4 * n + 2))
    assert.lengthOf(ended, 2 * Object.keys(BOMBS).length)
    for (const [name, error] of ended) assert.match(error, BOMBS[name]![1], name)
    assert.deepStrictEqual(dispatchers.rows, [{ pid: host.pid, died_at: null }])
    assert.isBelow(longest, MAX_MILLIS, "processor time between two beats")
  }, 240_000)
})
