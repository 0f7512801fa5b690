import * as ProgramSource from "@rappel/core/client/ProgramSource"
import * as QueueMemory from "@rappel/core/queue/QueueMemory"
import * as Rappel from "@rappel/core/Rappel"
import { layerInline } from "@rappel/core/worker/WorkerPoolInline"
import * as Layer from "effect/Layer"
import process from "node:process"
import * as Postgres from "../kit/Postgres.ts"
import { suite } from "./suite.ts"

const parts = Layer.mergeAll(layerInline(), Rappel.layerDecisions, ProgramSource.layer())
const many = Number(process.env["RAPPEL_TEST_CHILDREN"] ?? 300)

const over = (queue: Layer.Layer<any, unknown>, maxInstances?: number) =>
  Layer.provide(
    Rappel.layer({
      queues: ["default", "narrow"],
      ...(maxInstances === undefined ? {} : { maxInstances })
    }),
    Layer.merge(queue, parts)
  ) as Layer.Layer<any, unknown>

suite("in memory", over(QueueMemory.layer), { children: many })
suite("in memory, one at a time", over(QueueMemory.layer, 1), { children: 30 })
suite("on Postgres", over(Postgres.layerClean), { children: many })
suite("on Postgres, one at a time", over(Postgres.layerClean, 1), { children: 30 })
