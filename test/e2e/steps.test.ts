/**
 * Implicit steps from the command line: npm packages in workflows, on Postgres with worker
 * processes, in memory, and from a build whose sources are gone.
 */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { compileFile } from "@rappel/compiler"
import { ProgramGraph } from "@rappel/core"
import * as QueueMemory from "@rappel/core/queue/QueueMemory"
import * as RetrySchedules from "@rappel/core/retry/RetrySchedules"
import * as Timeouts from "@rappel/core/retry/Timeouts"
import * as Scheduler from "@rappel/core/scheduler/Scheduler"
import * as ProcessPool from "@rappel/worker/ProcessPool"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Processes from "../kit/Processes.ts"

afterAll(Processes.cleanUp)

const SOURCE = `
import { workflow } from "@rappel/core"
import dayjs from "dayjs"
import { readFile } from "node:fs/promises"
import { z } from "zod"
import { pidOf } from "toy"

const order = z.object({ id: z.string().min(2), paidAt: z.coerce.date(), items: z.array(z.number()) })

export const invoice = workflow(async (input: unknown) => {
  const { id, items, paidAt } = order.parse(input)
  const due = dayjs(paidAt).add(1, "month").toISOString()
  const name = (await readFile("./package.json", "utf8")).length > 0
  return { id, due, name, sum: items.reduce((a, b) => a + b, 0), pid: await pidOf() }
})
`

const project = () => {
  const cwd = Processes.project({ "src/invoice.ts": SOURCE })
  // A package for ECMAScript modules only, which \`require\` would not find.
  mkdirSync(join(cwd, "node_modules/toy"), { recursive: true })
  writeFileSync(
    join(cwd, "node_modules/toy/package.json"),
    JSON.stringify({ name: "toy", type: "module", exports: { import: "./index.js" } })
  )
  writeFileSync(
    join(cwd, "node_modules/toy/index.js"),
    "export const pidOf = async () => process.pid\n"
  )
  for (const name of ["dayjs", "zod"]) {
    const installed = fileURLToPath(new URL(`../../node_modules/${name}`, import.meta.url))
    symlinkSync(installed, join(cwd, "node_modules", name))
  }
  return cwd
}

const INPUT = `[{"id":"o1","paidAt":"2026-01-31T10:00:00.000Z","items":[1,2,3]}]`

describe("implicit steps", () => {
  it("run on workers, on Postgres, and in this process", async () => {
    const cwd = project()
    const run = ["run", "src/invoice.ts", "invoice", "--input", INPUT, "--json"]

    const [onPostgres, inMemory] = [
      Processes.start([Processes.RAPPEL, ...run], { cwd }),
      Processes.start([Processes.RAPPEL, ...run, "--memory", "--inline"], { cwd })
    ]

    const answers = [await onPostgres.ended, await inMemory.ended].map(
      ({ code, stderr, stdout }) => {
        assert.strictEqual(code, 0, stderr)
        return JSON.parse(stdout).result
      }
    )
    for (const { pid, ...rest } of answers) {
      assert.deepStrictEqual(rest, {
        id: "o1",
        due: "2026-02-28T10:00:00.000Z",
        name: true,
        sum: 6
      })
      assert.isNumber(pid)
    }
    assert.notStrictEqual(answers[0].pid, onPostgres.pid)
    assert.strictEqual(answers[1].pid, inMemory.pid)
  }, 60_000)

  it("fail like any action, with the package's own error", async () => {
    const cwd = project()
    const { code, stdout } = await Processes.rappel(
      ["run", "src/invoice.ts", "invoice", "--input", `[{"id":"x"}]`, "--json", "--memory"],
      { cwd }
    )

    assert.strictEqual(code, 1)
    const { error } = JSON.parse(stdout)
    assert.strictEqual(error.name, "ZodError")
    assert.include(error.message, "too_small")
  }, 60_000)

  it("--strict makes them errors, for check, run and build", async () => {
    const cwd = project()
    for (
      const command of [
        ["check", "src/invoice.ts"],
        ["run", "src/invoice.ts", "invoice", "--input", INPUT, "--memory", "--inline"],
        ["build"]
      ]
    ) {
      const { code, stderr, stdout } = await Processes.rappel([...command, "--strict"], { cwd })
      assert.strictEqual(code, 1, command[0])
      assert.include(stdout + stderr, "error[implicit-step]")
    }
  }, 60_000)

  it("a build holds them as imports", async () => {
    const cwd = project()
    const built = await Processes.rappel(["build"], { cwd })

    assert.strictEqual(built.code, 0, built.stderr)
    const generated = readFileSync(join(cwd, ".rappel/generated.ts"), "utf8")
    assert.include(generated, `from "zod"`)
    writeFileSync(
      join(cwd, "app.ts"),
      `
      import { stepOf } from "@rappel/core/action/Registry"
      import { invoice } from "./.rappel/generated.ts"
      const steps = invoice.file.program.actions.filter(({ step }) => step !== undefined)
      const functions = steps.map(({ id }) => stepOf(id)!())
      const { paidAt, ...order } = await functions[0](${INPUT.slice(1, -1)})
      console.log(JSON.stringify([functions.length, paidAt instanceof Date, order]))
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
    assert.deepStrictEqual(JSON.parse(stdout), [4, true, { id: "o1", items: [1, 2, 3] }])
  }, 60_000)

  it.live("a program that was stored runs in workers after its module has gone", () => {
    const cwd = project()
    const file = compileFile({ file: join(cwd, "src/invoice.ts"), projectRoot: cwd })
      .workflows[0]!.program!
    rmSync(join(cwd, "src"), { recursive: true })

    return Effect.gen(function*() {
      const result = yield* ProgramGraph.toEffect(JSON.parse(JSON.stringify(file)) as typeof file)(
        ...(JSON.parse(INPUT) as [unknown])
      )

      assert.deepInclude(result as object, { id: "o1", due: "2026-02-28T10:00:00.000Z", sum: 6 })
    }).pipe(Effect.provide(Layer.mergeAll(
      QueueMemory.layer,
      ProcessPool.layer({ workers: 1, projectRoot: cwd, stdout: "stderr" }),
      Scheduler.layer,
      RetrySchedules.layer,
      Timeouts.layer
    )))
  }, 60_000)
})
