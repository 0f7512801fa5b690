/**
 * rappel as `rappel start-workers` runs it: a dispatcher and a client in this process, actions in
 * worker processes, compiled workflows, the usual settings.
 */
import { compileWorkflow } from "@rappel/cli/compileWorkflow"
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import { RappelClient } from "@rappel/core/client/RappelClient"
import { WorkerPool } from "@rappel/core/worker/WorkerPool"
import * as Sql from "@rappel/sql/layer"
import * as Migrator from "@rappel/sql/migrations/Migrator"
import * as ProcessPool from "@rappel/worker/ProcessPool"
import * as Engine from "@rappel/worker/runtime/Engine"
import { createRequire } from "node:module"
import { join } from "node:path"
import { chainOf, check, fanOutOf, payloadOf } from "../../workloads.mjs"
import { inFlight, oneByOne, serve, timed } from "../harness.mjs"

// The Effect of rappel, which need not be that of the peer.
const require = createRequire(import.meta.resolve("@rappel/core/package.json"))
const effect = (name) => import(require.resolve(`effect/${name}`).replace("/cjs/", "/esm/"))

const WORKERS = 2
const CONCURRENCY = 64
const IN_FLIGHT = 1000
const START_BATCH = 50
const CALLS_PER_INSTANCE = 500

const settings = {
  node_options: process.env.NODE_OPTIONS,
  workers: WORKERS,
  concurrency: CONCURRENCY,
  connections: 3,
  in_flight: IN_FLIGHT,
  starts_in_one_batch: START_BATCH
}

const make = async (url) => {
  const [Effect, Layer, ManagedRuntime, Redacted] = await Promise.all(
    ["Effect", "Layer", "ManagedRuntime", "Redacted"].map(effect)
  )
  const address = Redacted.make(url)
  const root = join(import.meta.dirname, "../..")
  const source = join(root, "workflows.ts")
  const [chain, fanOut] = await Promise.all(
    ["chain", "fanOut"].map((name) => Effect.runPromise(compileWorkflow(source, name)))
  )
  await Effect.runPromise(
    Effect.provide(Migrator.run, Sql.layerClient({ url: address, maxConnections: 1 }))
  )
  const runtime = ManagedRuntime.make(Layer.provideMerge(
    Engine.layer(Engine.dispatcherOptions({ queues: ["default"] }), { defaultPolicy: {} }),
    Layer.mergeAll(
      Sql.layerPg({ url: address, maxConnections: settings.connections }),
      ProcessPool.layer({
        workers: WORKERS,
        concurrency: CONCURRENCY,
        projectRoot: root,
        stdout: "stderr"
      }),
      Layer.succeed(ProgramSource.ProgramSource, ProgramSource.make({}))
    )
  ))
  const client = await runtime.runPromise(RappelClient)
  const pool = await runtime.runPromise(WorkerPool)
  while (pool.slots() < WORKERS * CONCURRENCY) await new Promise((r) => setTimeout(r, 20))

  const chainProgram = { kind: "program", file: chain.program }
  const fanOutProgram = { kind: "program", file: fanOut.program }
  const execute = (what, args) => runtime.runPromise(client.execute(what, args))

  /** As `startMany()` does, and `results()` of what was started. */
  const chains = (count, steps) =>
    inFlight(Math.ceil(count / START_BATCH), IN_FLIGHT / START_BATCH, async (nth) => {
      const size = Math.min(START_BATCH, count - nth * START_BATCH)
      const texts = Array.from({ length: size }, () => payloadOf(1024))
      const ids = await runtime.runPromise(
        client.startMany(chainProgram, texts.map((text) => ({ args: [text, steps] })))
      )
      await runtime.runPromise(client.results(ids, (result, i) => {
        check(
          "a result",
          result._tag === "Success" ? result.value : result,
          chainOf(texts[i], steps)
        )
      }))
    })

  const chainAlone = async (steps) => {
    const text = payloadOf(1024)
    check("a result", await execute(chainProgram, [text, steps]), chainOf(text, steps))
  }

  const fan = async (steps) => {
    const text = payloadOf(1024)
    check("a result", await execute(fanOutProgram, [text, steps]), fanOutOf(text, steps))
  }

  // Workers have loaded their modules, and code is compiled.
  await chains(100, 3)
  await fan(100)
  return {
    settings,
    close: () => runtime.dispose(),
    workloads: {
      W1: async (size) => ({
        seconds: await timed(() =>
          inFlight(
            Math.ceil(size / CALLS_PER_INSTANCE),
            8,
            (nth) => fan(Math.min(CALLS_PER_INSTANCE, size - nth * CALLS_PER_INSTANCE))
          )
        )
      }),
      "W1-single": async (size) => ({ seconds: await timed(() => chains(size, 1)) }),
      W2: async (size) => ({ seconds: await timed(() => chains(size, 3)) }),
      W3: (size) => oneByOne(size, () => fan(1000)),
      W4: (size) => oneByOne(size, () => chainAlone(1)),
      W5: async (size) => ({ seconds: await timed(() => chainAlone(size)) })
    }
  }
}

await serve(make)
