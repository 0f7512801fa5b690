/** Effect's workflow engine on its cluster of one runner, over SQL; 64 in flight. */
import { ClusterWorkflowEngine, SingleRunner } from "@effect/cluster"
import { PgClient } from "@effect/sql-pg"
import { Activity, Workflow } from "@effect/workflow"
import { Effect, Layer, Logger, LogLevel, ManagedRuntime, Redacted, Schema } from "effect"
import { randomUUID } from "node:crypto"
import { chainOf, check, fanOutOf, mark, payloadOf } from "../workloads.mjs"
import { inFlight, oneByOne, serve, timed } from "./harness.mjs"

const IN_FLIGHT = 64
const settings = {
  maxConnections: 20,
  simulateRemoteSerialization: false,
  runnerStorage: "sql",
  in_flight: IN_FLIGHT
}

const payload = { id: Schema.String, text: Schema.String, steps: Schema.Number }
const step = (text, index) =>
  Activity.make({
    name: `step-${index}`,
    success: Schema.String,
    execute: Effect.sync(() => mark(text, index))
  })

const Chain = Workflow.make({
  name: "Chain",
  success: Schema.String,
  payload,
  idempotencyKey: ({ id }) => id
})
const FanOut = Workflow.make({
  name: "FanOut",
  success: Schema.String,
  payload,
  idempotencyKey: ({ id }) => id
})

const workflows = Layer.mergeAll(
  Chain.toLayer(({ steps, text }) =>
    Effect.gen(function*() {
      let current = text
      for (let i = 0; i < steps; i++) current = yield* step(current, i)
      return current
    })
  ),
  FanOut.toLayer(({ steps, text }) =>
    Effect.map(
      Effect.all(Array.from({ length: steps }, (_, i) => step(text, i)), {
        concurrency: "unbounded"
      }),
      (texts) => texts.map((each) => each.slice(0, 8)).join("")
    )
  )
)

const make = async (url) => {
  const runtime = ManagedRuntime.make(
    workflows.pipe(
      Layer.provideMerge(ClusterWorkflowEngine.layer),
      Layer.provideMerge(SingleRunner.layer({
        runnerStorage: "sql",
        shardingConfig: { simulateRemoteSerialization: false }
      })),
      Layer.provide(PgClient.layer({ url: Redacted.make(url), maxConnections: 20 })),
      Layer.provideMerge(Logger.minimumLogLevel(LogLevel.Error))
    )
  )
  const alone = async (workflow, steps, expectedOf) => {
    const text = payloadOf(1024)
    const result = await runtime.runPromise(workflow.execute({ id: randomUUID(), text, steps }))
    check("a result", result, expectedOf(text, steps))
  }
  await inFlight(50, IN_FLIGHT, () => alone(Chain, 3, chainOf))
  return {
    settings,
    close: () => runtime.dispose(),
    workloads: {
      W1: async (size) => ({
        seconds: await timed(() => inFlight(size, IN_FLIGHT, () => alone(Chain, 1, chainOf)))
      }),
      W2: async (size) => ({
        seconds: await timed(() => inFlight(size, IN_FLIGHT, () => alone(Chain, 3, chainOf)))
      }),
      W3: (size) => oneByOne(size, () => alone(FanOut, 1000, fanOutOf)),
      W4: (size) => oneByOne(size, () => alone(Chain, 1, chainOf)),
      W5: async (size) => ({ seconds: await timed(() => alone(Chain, size, chainOf)) })
    }
  }
}

await serve(make)
