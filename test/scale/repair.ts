/**
 * An instance that failed after many calls: what a look at it and its repair cost, which step its
 * whole history.
 *
 * Run: `node scripts/with-sources.mjs test/scale/repair.ts --calls 100000`
 */
import { compileFile } from "@rappel/compiler"
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import { RappelClient } from "@rappel/core/client/RappelClient"
import * as Rappel from "@rappel/core/Rappel"
import { layerInline } from "@rappel/core/worker/WorkerPoolInline"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { parseArgs } from "node:util"
import * as Postgres from "../kit/Postgres.ts"
import { double } from "./flows.ts"

const { values } = parseArgs({ options: { calls: { type: "string", default: "100000" } } })
const calls = Number(values.calls)

const root = new URL(".", import.meta.url).pathname.replace(/\/$/, "")
const { workflows } = compileFile({ file: `${root}/flows.ts`, projectRoot: root, strict: true })
const file = workflows.find((one) => one.export === "endsWithCall")!.program!

let isMended = false
const last = async () => {
  if (!isMended) throw new Error("not mended yet")
  return 1
}

const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const began = performance.now()
    const value = yield* effect
    return [value, (performance.now() - began) / 1000] as const
  })

const run = Effect.gen(function*() {
  const client = yield* RappelClient
  const id = yield* client.start({ kind: "program", file }, [calls])
  yield* Effect.flip(client.result(id))
  const events = (yield* client.history(id)).length
  if (events !== calls + 1) throw new Error(`${events} events of ${calls + 1} calls`)

  const [, lookSeconds] = yield* timed(client.look(id))
  isMended = true
  const [, retrySeconds] = yield* timed(client.repairs.retry(id))
  const [result, resultSeconds] = yield* timed(client.result(id))
  if (result !== calls * (calls - 1) + 1) throw new Error(`the result is ${String(result)}`)
  const peakRssMiB = process.resourceUsage().maxRSS / 2 ** 10
  return { events, lookSeconds, retrySeconds, resultSeconds, peakRssMiB }
})

const cost = await Effect.runPromise(Effect.provide(
  run,
  Rappel.layer().pipe(
    Layer.provideMerge(Layer.mergeAll(
      Postgres.layer,
      layerInline({
        slots: 20,
        resolve: ({ exportName }) => exportName === "last" ? last : double
      }),
      Rappel.layerDecisions,
      Layer.succeed(ProgramSource.ProgramSource, ProgramSource.make({}))
    ))
  )
))
process.stdout.write(`${JSON.stringify(cost)}\n`)
process.exit(0)
