/**
 * No production path calls the workflow's own function: only its program runs.
 */
import { assert, describe, it } from "@effect/vitest"
import { compileFile } from "@rappel/compiler"
import { Rappel, registerProgram, workflow } from "@rappel/core"
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import * as QueueMemory from "@rappel/core/queue/QueueMemory"
import { layerInline } from "@rappel/core/worker/WorkerPoolInline"
import * as ActionModules from "@rappel/worker/ActionModules"
import { installCurrentCall } from "@rappel/worker/AsyncCurrentCall"
import * as ProcessPool from "@rappel/worker/ProcessPool"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { fileURLToPath } from "node:url"
import * as Postgres from "../kit/Postgres.ts"

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "")

installCurrentCall()

const program = compileFile({
  file: fileURLToPath(new URL("workflows.ts", import.meta.url)),
  projectRoot: ROOT,
  exports: ["everything"],
  strict: true
}).workflows[0]!.program!

const broken = workflow({ name: "everything" }, async (_: number): Promise<number> => {
  throw new Error("the workflow's own function was called")
})
registerProgram(broken, program)

const inMemory = Layer.merge(
  QueueMemory.layer,
  Layer.provide(
    layerInline(),
    ActionModules.layer({ projectRoot: ROOT, userModules: [], manifest: null })
  )
)

const onPostgres = Layer.merge(
  Postgres.layerFresh,
  ProcessPool.layer({ workers: 1, projectRoot: ROOT, stdout: "stderr" })
)

describe("a workflow whose own function throws", () => {
  for (const [where, parts] of Object.entries({ inMemory, onPostgres })) {
    it.live(`runs as its program (${where})`, () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* broken.execute(2), 2)
      }).pipe(
        Effect.provide(Rappel.layer()),
        Effect.provide(Layer.mergeAll(
          parts,
          Rappel.layerDecisions,
          ProgramSource.layer({ isProduction: true })
        ))
      ), 30_000)
  }

  it("throws when it is called as a function", async () => {
    const error: unknown = await broken(1).catch((thrown: unknown) => thrown)

    assert.instanceOf(error, Error)
  })
})
