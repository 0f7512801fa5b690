/**
 * A program as an Effect: replacing any of the five layers that it needs changes the run.
 */
import { assert, describe, it } from "@effect/vitest"
import { compileFile } from "@rappel/compiler"
import { ProgramGraph } from "@rappel/core"
import { Queue } from "@rappel/core/queue/Queue"
import * as QueueMemory from "@rappel/core/queue/QueueMemory"
import * as RetrySchedules from "@rappel/core/retry/RetrySchedules"
import * as Timeouts from "@rappel/core/retry/Timeouts"
import * as Scheduler from "@rappel/core/scheduler/Scheduler"
import { WorkerPool } from "@rappel/core/worker/WorkerPool"
import { layerInline } from "@rappel/core/worker/WorkerPoolInline"
import * as ActionModules from "@rappel/worker/ActionModules"
import { installCurrentCall } from "@rappel/worker/AsyncCurrentCall"
import * as ProcessPool from "@rappel/worker/ProcessPool"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { fileURLToPath } from "node:url"
import * as Postgres from "../kit/Postgres.ts"

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "")

const file = compileFile({
  file: fileURLToPath(new URL("workflows.ts", import.meta.url)),
  projectRoot: ROOT,
  exports: ["everything"],
  strict: true
}).workflows[0]!.program!

type Used = Map<string, number>

/** The same service, and a count of the uses of each of its functions. */
const recording = <I, S extends object, E, R>(
  tag: Context.Tag<I, S>,
  layer: Layer.Layer<I, E, R>,
  name: string,
  used: Used
) =>
  Layer.map(layer, (context) => {
    const service = Context.get(context as Context.Context<never>, tag as never) as S
    const counted = new Proxy(service, {
      get: (target, key, receiver) => {
        const value: unknown = Reflect.get(target, key, receiver)
        if (typeof value !== "function") return value
        return (...args: ReadonlyArray<unknown>) => {
          const label = `${name}.${String(key)}`
          used.set(label, (used.get(label) ?? 0) + 1)
          return Reflect.apply(value, target, args)
        }
      }
    })
    return Context.make(tag, counted)
  })

installCurrentCall()

const inMemory = {
  queue: QueueMemory.layer,
  pool: Layer.provide(
    layerInline(),
    ActionModules.layer({ projectRoot: ROOT, userModules: [], manifest: null })
  )
}

const onPostgres = {
  queue: Postgres.layerFresh,
  pool: ProcessPool.layer({ workers: 1, projectRoot: ROOT, stdout: "stderr" })
}

describe("ProgramGraph.toEffect", () => {
  for (const [where, { pool, queue }] of Object.entries({ inMemory, onPostgres })) {
    it.live(`uses each of its five layers (${where})`, () => {
      const used: Used = new Map()
      const layers = Layer.mergeAll(
        recording(Queue, queue as Layer.Layer<Queue, unknown>, "Queue", used),
        recording(Scheduler.Scheduler, Scheduler.layer, "Scheduler", used),
        recording(RetrySchedules.RetrySchedules, RetrySchedules.layer, "RetrySchedules", used),
        recording(Timeouts.Timeouts, Timeouts.layer, "Timeouts", used),
        recording(WorkerPool, pool as Layer.Layer<WorkerPool, unknown>, "WorkerPool", used)
      )
      return Effect.gen(function*() {
        const result = yield* ProgramGraph.toEffect(file)(3)

        assert.strictEqual(result, 3)
        for (
          const label of [
            "Queue.start",
            "Queue.commit",
            "Scheduler.machine",
            "RetrySchedules.decide",
            "Timeouts.limitMillis",
            "WorkerPool.submit"
          ]
        ) assert.isAbove(used.get(label) ?? 0, 0, label)
        assert.strictEqual(used.get("RetrySchedules.decide"), 2)
      }).pipe(Effect.provide(layers))
    }, 30_000)
  }

  it.live("changes when a layer is replaced", () =>
    Effect.gen(function*() {
      const failure = yield* Effect.flip(ProgramGraph.toEffect(file)(3))

      assert.strictEqual(failure._tag, "WorkflowFailure")
      assert.include(String((failure as { readonly cause?: unknown }).cause), "attempt 1 fails")
    }).pipe(Effect.provide(Layer.mergeAll(
      inMemory.queue,
      inMemory.pool,
      Scheduler.layer,
      Timeouts.layer,
      Layer.succeed(RetrySchedules.RetrySchedules, { decide: () => ({ kind: "stop" }) })
    ))))
})
