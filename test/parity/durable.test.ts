/**
 * The acceptance list once more, the way it runs for users: over a queue and a dispatcher, in
 * memory with actions in this process, and on Postgres with worker processes.
 */
import { compileFile } from "@rappel/compiler"
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import type { RappelClient } from "@rappel/core/client/RappelClient"
import { RappelClient as Client } from "@rappel/core/client/RappelClient"
import type { ProgramFile } from "@rappel/core/program/Program"
import * as QueueMemory from "@rappel/core/queue/QueueMemory"
import * as Rappel from "@rappel/core/Rappel"
import { decodeError, decodeValue, encodeValue } from "@rappel/core/value/Value"
import { layerInline } from "@rappel/core/worker/WorkerPoolInline"
import * as ActionModules from "@rappel/worker/ActionModules"
import * as ProcessPool from "@rappel/worker/ProcessPool"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Postgres from "../kit/Postgres.ts"
import { CaseModules } from "./CaseModules.ts"
import { type Case, cases, type Run } from "./cases.ts"
import { endDifference, type Ended, ended, failureOf } from "./Ended.ts"
import { runPlain } from "./runPlain.ts"

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "")
const FOLDER = "parity"
const modules = new CaseModules(ROOT)

const programs = new Map<string, ReadonlyMap<string, ProgramFile>>()
const programOf = ({ export: name, file }: Case): ProgramFile => {
  let found = programs.get(file)
  if (found === undefined) {
    const { workflows } = compileFile({
      file: `${ROOT}/${FOLDER}/${file}`,
      projectRoot: ROOT,
      strict: true
    })
    found = new Map(
      workflows.flatMap((one) => one.program === undefined ? [] : [[one.export, one.program]])
    )
    programs.set(file, found)
  }
  const program = found.get(name)
  if (program === undefined) throw new Error(`${name} does not compile`)
  return program
}

let scratch = ""
beforeAll(() => {
  scratch = mkdtempSync(`${tmpdir()}/rappel-durable-`)
})
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true })
})

let paths = 0
const argumentsOf = ({ input }: Run) => {
  const counter = `${scratch}/${paths++}/count`
  const args = typeof input === "function" ? input(counter) : input
  return { args: decodeValue(encodeValue(args)) as ReadonlyArray<unknown>, counter }
}

const checkExecutions = (run: Run, counter: string): void => {
  for (const [name, count] of Object.entries(run.executions ?? {})) {
    const text = readFileSync(name === "" ? counter : `${counter}-${name}`, "utf8")
    expect(text.length, `executions of "${name}"`).toBe(count)
  }
}

const noSource = Layer.succeed(ProgramSource.ProgramSource, ProgramSource.make({}))

/** Whatever waits for a time leaves memory at once, so that each sleep goes through a snapshot. */
const overMemory = Layer.provide(
  Rappel.layer({ parkAfterMillis: 0 }),
  Layer.mergeAll(
    QueueMemory.layer,
    Layer.provide(
      layerInline({ slots: 20 }),
      ActionModules.layer({ projectRoot: ROOT, userModules: [], manifest: null })
    ),
    Rappel.layerDecisions,
    noSource
  )
)

const overPostgres = Layer.provide(
  Rappel.layer(),
  Layer.mergeAll(
    Postgres.layerFresh,
    ProcessPool.layer({ workers: 2, concurrency: 10, projectRoot: ROOT, stdout: "stderr" }),
    Rappel.layerDecisions,
    noSource
  )
)

const execute = (file: ProgramFile, args: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const client = yield* Client
    const id = yield* client.start({ kind: "program", file }, args)
    const { outcome } = yield* client.finished(id)
    return outcome!
  })

const suite = (name: string, layer: Layer.Layer<RappelClient, unknown>) =>
  describe(name, () => {
    const runtime = ManagedRuntime.make(layer)
    beforeAll(() => runtime.runPromise(Effect.asVoid(Client)))
    afterAll(() => runtime.dispose())

    it.concurrent.each(cases.map((one) => [one.export, one] as const))("%s", async (name, one) => {
      const file = programOf(one)
      const { program } = file
      for (const { file } of [...program.modules, ...program.actions]) await modules.load(file)
      const exported = (await modules.load(`${FOLDER}/${one.file}`))[name]
      for (const run of one.runs) {
        const oracle = argumentsOf(run)
        const plain = await ended(() => runPlain(exported, oracle.args))

        const { args, counter } = argumentsOf(run)
        const outcome = await runtime.runPromise(execute(file, args))

        const durable: Ended = outcome.ok
          ? { ok: true, value: decodeValue(outcome.value, modules) }
          : { ok: false, error: decodeError(outcome.error, modules) }
        expect(failureOf(durable), durable.ok ? "" : String(durable.error)).toBe(run.fails)
        expect(endDifference(plain, durable)).toBeUndefined()
        checkExecutions(run, counter)
      }
    }, 60_000)
  })

suite("in memory, actions in this process", overMemory)
suite("on Postgres, with worker processes", overPostgres)
