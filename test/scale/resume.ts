/**
 * An instance of many calls one after another whose dispatcher is killed (SIGKILL, its workers die
 * with it): how long from the start of another process to the next stored step.
 *
 * Run: `node scripts/with-sources.mjs test/scale/resume.ts --calls 2000 --at 1990`
 */
import { compileFile } from "@rappel/compiler"
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import * as RappelClient from "@rappel/core/client/RappelClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { parseArgs } from "node:util"
import pg from "pg"
import * as Postgres from "../kit/Postgres.ts"

export interface ResumeOptions {
  readonly calls: number
  /** Killed as soon as so many outcomes are stored. */
  readonly at: number
}

export interface Resume {
  readonly calls: number
  /** Outcomes that were stored when it was killed. */
  readonly stored: number
  /** From the start of the second process to the first event that it stored. */
  readonly eventMillis: number
  /** And to the first outcome. */
  readonly stepMillis: number
}

const root = import.meta.dirname
const bin = join(root, "../../packages/cli/bin/rappel.mjs")

/** A process as in production. */
const startWorkers = (url: string): ChildProcess =>
  spawn(process.execPath, [bin, "start-workers", "--database-url", url, "--workers", "1"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"]
  })

const kill = async (child: ChildProcess) => {
  const exit = once(child, "exit")
  child.kill("SIGKILL")
  await exit
}

export const measure = async ({ at, calls }: ResumeOptions): Promise<Resume> => {
  const { workflows } = compileFile({
    file: join(root, "flows.ts"),
    projectRoot: join(root, ".."),
    strict: true
  })
  const file = workflows.find((one) => one.export === "loop")!.program!
  const url = await Postgres.url()
  const database = new pg.Client({ connectionString: url })
  await database.connect()
  const client = Layer.provide(
    RappelClient.layer,
    Layer.merge(
      Postgres.layer,
      Layer.succeed(ProgramSource.ProgramSource, ProgramSource.make({}))
    )
  )
  const children: Array<ChildProcess> = []

  /** Its last event; undefined once it has ended. */
  const lastEvent = async (id: string): Promise<number | undefined> => {
    const { rows } = await database.query({
      name: "last_event",
      text: "select last_seq from rappel.due where instance_id = $1",
      values: [id]
    })
    return rows[0]?.last_seq
  }

  const hasOutcomeAfter = async (id: string, seq: number): Promise<boolean> => {
    const { rowCount } = await database.query({
      name: "outcome_after",
      text: `select from rappel.event
        where instance_id = $1 and seq > $2 and kind = 'settled'
        limit 1`,
      values: [id, seq]
    })
    return rowCount === 1
  }

  const run = Effect.gen(function*() {
    const { result, start } = yield* RappelClient.RappelClient
    const id = yield* start({ kind: "program", file }, [calls])
    const measured = yield* Effect.promise(async (): Promise<Resume> => {
      const first = startWorkers(url)
      children.push(first)
      while (((await lastEvent(id)) ?? Infinity) < at) await setTimeout(1)
      await kill(first)
      const before = await lastEvent(id)
      if (before === undefined) throw new Error(`It ended before it was killed at step ${at}`)

      const startedAt = performance.now()
      children.push(startWorkers(url))
      while ((await lastEvent(id)) === before) await setTimeout(1)
      const eventMillis = performance.now() - startedAt
      while (!(await hasOutcomeAfter(id, before))) await setTimeout(1)
      return {
        calls,
        stored: before,
        eventMillis,
        stepMillis: performance.now() - startedAt
      }
    })
    const inOrder = yield* result(id)
    if (inOrder !== calls) {
      throw new Error(`${String(inOrder)} of ${calls} calls came back in order`)
    }
    return measured
  })

  try {
    return await Effect.runPromise(Effect.provide(run, client))
  } finally {
    for (const child of children) {
      if ((child.exitCode ?? child.signalCode) === null) await kill(child)
    }
    await database.end()
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const { values } = parseArgs({
    options: {
      calls: { type: "string", default: "2000" },
      at: { type: "string", default: "1990" }
    }
  })
  const resume = await measure({ calls: Number(values.calls), at: Number(values.at) })
  process.stdout.write(`${JSON.stringify(resume)}\n`)
  process.exit(0)
}
