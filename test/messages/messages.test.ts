import { assert, it } from "@effect/vitest"
import { RappelClient } from "@rappel/core"
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import * as QueueMemory from "@rappel/core/queue/QueueMemory"
import * as Rappel from "@rappel/core/Rappel"
import { layerInline } from "@rappel/core/worker/WorkerPoolInline"
import { WORKFLOW } from "@rappel/core/workflow/Workflow"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import * as Postgres from "../kit/Postgres.ts"
import * as flows from "./flows.ts"
import { suite } from "./suite.ts"

const parts = Layer.mergeAll(layerInline(), Rappel.layerDecisions, ProgramSource.layer())

suite("in memory", Layer.provide(Rappel.layer(), Layer.merge(QueueMemory.layer, parts)))
suite(
  "in memory, parked at once",
  Layer.provide(Rappel.layer({ maxInstances: 1 }), Layer.merge(QueueMemory.layer, parts))
)
suite(
  "on Postgres",
  Layer.provide(Rappel.layer(), Layer.merge(Postgres.layerClean, parts))
)
suite(
  "on Postgres, parked at once",
  Layer.provide(Rappel.layer({ maxInstances: 1 }), Layer.merge(Postgres.layerClean, parts))
)

it.effect("thirty days of reminders pass when the test says so", () =>
  Effect.gen(function*() {
    flows.ledger.length = 0
    const client = yield* RappelClient
    const id = yield* client.start(flows.reminded[WORKFLOW], [])
    const running = yield* Effect.fork(client.result(id))

    for (let day = 1; day <= 29; day++) yield* TestClock.adjust("1 day")
    assert.lengthOf(flows.ledger, 29)
    yield* client.signal(id, flows.Approval, { approved: true, by: "Ada" })
    yield* TestClock.adjust("1 millis")

    assert.deepStrictEqual(yield* Fiber.join(running), { approved: true, by: "Ada" })
  }).pipe(Effect.provide(Rappel.layerMemory)))
