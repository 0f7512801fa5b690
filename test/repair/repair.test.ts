import * as ProgramSource from "@rappel/core/client/ProgramSource"
import * as QueueMemory from "@rappel/core/queue/QueueMemory"
import * as Rappel from "@rappel/core/Rappel"
import { layerInline } from "@rappel/core/worker/WorkerPoolInline"
import * as Layer from "effect/Layer"
import * as Postgres from "../kit/Postgres.ts"
import { suite } from "./suite.ts"

const parts = Layer.mergeAll(layerInline(), Rappel.layerDecisions, ProgramSource.layer())

const over = (queue: Layer.Layer<any, unknown>) =>
  Layer.provideMerge(
    Rappel.layer(),
    Layer.merge(queue, parts)
  ) as Layer.Layer<any, unknown>

suite("in memory", over(QueueMemory.layer))
suite("on Postgres", over(Postgres.layerClean))
