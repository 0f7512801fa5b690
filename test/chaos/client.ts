/**
 * A client of the audit, in a process of its own: keeps a number of instances going, each
 * started with a key, and writes to its ledger what it was promised.
 *
 * "B" before a start is sent, "A" when it was acknowledged, "E" when the instance had ended,
 * "X" when a call failed. A client that was killed goes on where its ledger ends: what was
 * begun and not acknowledged is started again with the same key.
 */
import { RappelClient } from "@rappel/core"
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import * as RappelClientLayer from "@rappel/core/client/RappelClient"
import type { ProgramFile } from "@rappel/core/program/Program"
import { layerPg } from "@rappel/sql/layer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { existsSync, openSync, readFileSync, writeSync } from "node:fs"
import { readClient } from "./Ledger.ts"
import * as Random from "./Random.ts"
import { CHANNEL, messageIdOf, signalsOf } from "./signals.ts"

export interface ClientSettings {
  readonly url: string
  readonly name: string
  readonly ledger: string
  /** JSON of the programs by the names of their flows. */
  readonly programs: string
  readonly seed: number
  /** Instances at the same time. */
  readonly concurrency: number
  /**
   * Once this file is there it begins nothing new, and ends when all is done. A signal would end
   * a client that has just been started, and does not listen yet, with its work undone.
   */
  readonly stopFile: string
}

/** Flows by how often they are started. */
const FLOWS = {
  chain: 20,
  loop: 22,
  fanOut: 16,
  timers: 10,
  retries: 10,
  order: 14,
  helpers: 10,
  long: 8,
  signals: 8,
  family: 8,
  cancelled: 6
}

/** As the exit code of `rappel`: it could not reach the database when it began. */
const NO_INFRASTRUCTURE = 3

/** Inputs of a flow, so that each plain run serves many instances. */
const INPUTS = 120

const settings: ClientSettings = JSON.parse(process.argv[2]!)
const programs: Readonly<Record<string, ProgramFile>> = JSON.parse(
  readFileSync(settings.programs, "utf8")
)
const before = existsSync(settings.ledger) ? readClient(settings.ledger).starts : new Map()
const ledger = openSync(settings.ledger, "a")
const write = (...cells: ReadonlyArray<string | number>) =>
  writeSync(ledger, `${cells.join("\t")}\n`)
const random = Random.make(settings.seed + before.size)

interface Job {
  readonly key: string
  readonly flow: string
  readonly n: number
  readonly id: string | null
}

const left: Array<Job> = [...before.values()].filter(({ ended }) => !ended)
let count = before.size

const nextJob = (): Job | undefined => {
  const again = left.pop()
  if (again !== undefined) return again
  if (existsSync(settings.stopFile)) return undefined
  const flow = random.weighted(FLOWS)
  const n = random.below(INPUTS)
  const key = `${settings.name}-${count++}`
  write("B", key, flow, n)
  return { key, flow, n, id: null }
}

const words = (error: unknown): string => String(error).replaceAll(/\s+/g, " ").slice(0, 200)

/** Until it works: a caller that gives up would ask less than we do. */
const insist = <A>(
  key: string,
  what: string,
  effect: Effect.Effect<A, unknown>
): Effect.Effect<A> =>
  effect.pipe(
    Effect.tapError((error) => Effect.sync(() => write("X", key, what, words(error)))),
    Effect.retry(Schedule.spaced("200 millis")),
    Effect.orDie
  )

const perform = (job: Job) =>
  Effect.gen(function*() {
    const client = yield* RappelClient
    const start = client.start(
      { kind: "program", file: programs[job.flow]! },
      [job.n],
      { key: job.key }
    )
    let { id } = job
    if (id === null) {
      id = yield* insist(job.key, "start", start)
      write("A", job.key, id)
    }
    if (job.flow === "signals") {
      for (const [nth, value] of signalsOf(job.n).entries()) {
        const messageId = messageIdOf(job.key, nth)
        const send = client.signal(id, CHANNEL, value, { messageId }).pipe(
          // One that was repeated may come after the end.
          Effect.catchTag("InstanceFinished", () => Effect.void)
        )
        yield* insist(job.key, "signal", send)
      }
    }
    if (job.flow === "cancelled") {
      yield* Effect.sleep(job.n * 5)
      const cancel = client.cancel(id, "the audit").pipe(
        Effect.catchTag("InstanceFinished", () => Effect.void)
      )
      yield* insist(job.key, "cancel", cancel)
    }
    yield* insist(job.key, "result", client.finished(id))
    write("E", job.key)
  })

const lane = Effect.gen(function*() {
  for (let job = nextJob(); job !== undefined; job = nextJob()) yield* perform(job)
})

const layer = RappelClientLayer.layer.pipe(
  Layer.provide(Layer.merge(
    layerPg({ url: Redacted.make(settings.url), maxConnections: 2 }),
    Layer.succeed(ProgramSource.ProgramSource, ProgramSource.make({}))
  ))
)

const lanes = Effect.forEach(Array.from({ length: settings.concurrency }), () => lane, {
  concurrency: "unbounded",
  discard: true
})

Effect.runPromise(Effect.provide(lanes, layer)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`client ${settings.name}: ${String(error)}\n`)
    process.exit(String(error).includes("QueueUnavailable") ? NO_INFRASTRUCTURE : 1)
  }
)
