/**
 * Actions that do not listen, and actions that end their process, in real workers: the workflow
 * goes on, and so do its neighbours.
 */
import { assert, describe, it } from "@effect/vitest"
import { RappelClient } from "@rappel/core"
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import { decodeAttempt, decodeLost } from "@rappel/core/dispatcher/EventCodec"
import * as QueueMemory from "@rappel/core/queue/QueueMemory"
import * as Rappel from "@rappel/core/Rappel"
import { WORKFLOW } from "@rappel/core/workflow/Workflow"
import * as ProcessPool from "@rappel/worker/ProcessPool"
import { WorkerProcesses } from "@rappel/worker/WorkerProcesses"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { fileURLToPath } from "node:url"
import { eventually } from "../messages/suite.ts"
import * as flows from "./rude.ts"

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "")

const layer = (concurrency: number) =>
  Rappel.layer().pipe(
    Layer.provideMerge(Layer.mergeAll(
      QueueMemory.layer,
      Rappel.layerDecisions,
      ProgramSource.layer(),
      ProcessPool.layer({
        workers: 1,
        concurrency,
        projectRoot: ROOT,
        stdout: "stderr",
        interruptGrace: "1 second"
      })
    ))
  )

const start = (workflow: { readonly [WORKFLOW]: any }, ...args: ReadonlyArray<unknown>) =>
  Effect.flatMap(RappelClient, (client) => client.start(workflow[WORKFLOW], args))

const end = (id: string) =>
  Effect.flatMap(
    RappelClient,
    (client) => Effect.all({ result: client.result(id), history: client.history(id) })
  )

describe("an action that", () => {
  it.scopedLive(
    "blocks its process after its timeout loses it, and neighbours run again",
    () =>
      Effect.gen(function*() {
        const { list } = yield* WorkerProcesses
        const [first] = list()
        const spinning = yield* start(flows.spins)
        const neighbour = yield* start(flows.waits, 1500)

        const spun = yield* end(spinning)
        const waited = yield* end(neighbour)

        assert.deepInclude(spun.result, { name: "ActionTimeout", timeouts: 1 })
        assert.isString(waited.result)
        const lost = waited.history.filter(({ kind }) => kind === "lost")
        assert.lengthOf(lost, 1)
        assert.notProperty(decodeLost(lost[0]!.payload!), "crashes", "it is not its fault")
        yield* eventually(
          Effect.sync(list),
          (processes) => processes.length === 1 && processes[0]!.pid !== first!.pid
        )
      }).pipe(Effect.provide(layer(4))),
    60_000
  )

  it.scopedLive(
    "ignores its signal gives its slot back at once, and its process is replaced",
    () =>
      Effect.gen(function*() {
        const { list } = yield* WorkerProcesses
        const [first] = list()
        const hanging = yield* start(flows.hangs)
        yield* end(hanging)

        // The one slot of the one worker is free again, whatever the promise does.
        const { result } = yield* end(yield* start(flows.waits, 1))

        assert.isString(result)
        yield* eventually(
          Effect.sync(list),
          (processes) => processes.length === 1 && processes[0]!.pid !== first!.pid
        )
      }).pipe(Effect.provide(layer(1))),
    60_000
  )

  it.scopedLive(
    "is cancelled while it ignores its signal ends for the workflow at once",
    () =>
      Effect.gen(function*() {
        const client = yield* RappelClient
        const { list } = yield* WorkerProcesses
        const id = yield* start(flows.hangsLong)
        yield* eventually(Effect.sync(list), ([process]) => process?.busy === 1)
        yield* client.cancel(id, "enough")

        const { result } = yield* end(id)

        assert.strictEqual(result, "cancelled: enough")
        assert.isString((yield* end(yield* start(flows.waits, 1))).result)
      }).pipe(Effect.provide(layer(1))),
    60_000
  )

  it.scopedLive(
    "ends its process is lost, and no more often than its crashLimit allows",
    () =>
      Effect.gen(function*() {
        const { history, result } = yield* end(yield* start(flows.crashes, 2))

        assert.deepInclude(result, { name: "ActionLost", crashes: 2, losses: 2 })
        assert.match((result as { readonly message: string }).message, /exited with code 3/)
        assert.deepStrictEqual(history.map(({ kind }) => kind), ["lost", "settled"])
      }).pipe(Effect.provide(layer(4))),
    60_000
  )

  it.scopedLive(
    "shares its process with others is not blamed for a crash before it is alone",
    () =>
      Effect.gen(function*() {
        const neighbour = yield* start(flows.waits, 4000)
        const { result } = yield* end(yield* start(flows.crashes, 1))

        // Lost twice beside another, which may have been the cause; then it has a worker for itself.
        assert.deepInclude(result, { name: "ActionLost", crashes: 1 })
        const { history, result: waited } = yield* end(neighbour)
        assert.isString(waited)
        for (const { payload } of history.filter(({ kind }) => kind === "lost")) {
          assert.notProperty(decodeLost(payload!), "crashes")
        }
      }).pipe(Effect.provide(layer(4))),
    60_000
  )

  it.scopedLive(
    "tells of its progress hands it on when its process ends",
    () =>
      Effect.gen(function*() {
        const { history, result } = yield* end(yield* start(flows.progresses))

        assert.deepStrictEqual(result, [2, { page: 7 }])
        const lost = history.find(({ kind }) => kind === "lost")!
        assert.include(decodeLost(lost.payload!).details, "7")
      }).pipe(Effect.provide(layer(4))),
    60_000
  )

  it.scopedLive(
    "falls silent in its process is timed out by its heartbeat",
    () =>
      Effect.gen(function*() {
        const { history, result } = yield* end(yield* start(flows.fallsSilent))

        assert.deepStrictEqual(result, [2, 3])
        const attempt = history.find(({ kind }) => kind === "attempt")!
        assert.deepInclude(decodeAttempt(attempt.payload!), { kind: "timeout", missed: true })
      }).pipe(Effect.provide(layer(4))),
    60_000
  )
})
