/**
 * `npm run demo`: two workflows on a real Postgres with real worker processes, through the
 * SIGKILL of a worker and of the whole dispatcher.
 *
 * What it claims it reads from the database: each step's recorded outcome is there exactly
 * once, and the results are those of a plain run of the same functions. A kill that hit nothing
 * is a failure.
 *
 * @since 0.1.0
 */
import { compileFile, visualize } from "@rappel/compiler"
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import { layer as RappelClientLayer, RappelClient } from "@rappel/core/client/RappelClient"
import { type InstanceRecord, Queue, type StoredEvent } from "@rappel/core/queue/Queue"
import { toPlainJson } from "@rappel/core/value/Value"
import * as Embedded from "@rappel/embedded/Embedded"
import { layerPg } from "@rappel/sql/layer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { fileURLToPath } from "node:url"
import { isDeepStrictEqual } from "node:util"
import { executionsIn, makeLedger, said, startDispatcher } from "./processes.ts"
import * as workflows from "./workflows.ts"

const SOURCE = fileURLToPath(new URL("workflows.ts", import.meta.url))
const exported = (name: string) => ({ kind: "export", file: SOURCE, export: name }) as const
const PROJECT = fileURLToPath(new URL("..", import.meta.url))
const GREETINGS = 8
const WELCOME_USERS = 8

const say = (text = "") => console.log(text)
const heading = (text: string) => say(`\n\x1b[1m${text}\x1b[0m`)

class DemoFailed extends Error {}
const check = (holds: boolean, otherwise: string) => {
  if (!holds) throw new DemoFailed(otherwise)
}

interface Watched {
  readonly label: string
  readonly id: string
  readonly expected: Promise<unknown>
  /** Calls and timers that the plain run makes; each needs one recorded outcome. */
  readonly steps: number
}

interface Seen {
  readonly records: ReadonlyMap<string, InstanceRecord>
  readonly events: ReadonlyMap<string, ReadonlyArray<StoredEvent>>
}

/** Reads everything anew: the demo trusts the database, not its own memory. */
const look = (watched: ReadonlyArray<Watched>) =>
  Effect.gen(function*() {
    const queue = yield* Queue
    const records = new Map((yield* queue.find(watched.map(({ id }) => id))).map((r) => [r.id, r]))
    const events = new Map<string, ReadonlyArray<StoredEvent>>()
    for (const { id } of watched) events.set(id, yield* queue.history(id))
    return { records, events } satisfies Seen
  })

const isOutcome = ({ kind }: StoredEvent) => kind === "settled" || kind === "fired"

const recorded = (seen: Seen) =>
  Array.from(seen.events.values(), (events) => events.filter(isOutcome).length).reduce(
    (a, b) => a + b,
    0
  )

const finished = (seen: Seen) =>
  Array.from(seen.records.values()).filter(({ outcome }) => outcome !== null).length

const progress = (watched: ReadonlyArray<Watched>, seen: Seen) => {
  const total = watched.reduce((sum, { steps }) => sum + steps, 0)
  const done = recorded(seen)
  const bar = "█".repeat(Math.round((done / total) * 30)).padEnd(30, "·")
  say(
    `  ${bar}  ${done}/${total} outcomes recorded, ${
      finished(seen)
    }/${watched.length} instances done`
  )
}

/** Looks until `enough` holds, with a line whenever something has moved. */
const watch = (watched: ReadonlyArray<Watched>, enough: (seen: Seen) => boolean) =>
  Effect.gen(function*() {
    let before = -1
    for (const deadline = Date.now() + 40_000; Date.now() < deadline;) {
      const seen = yield* look(watched)
      if (recorded(seen) !== before) {
        before = recorded(seen)
        progress(watched, seen)
      }
      if (enough(seen)) return seen
      yield* Effect.sleep("100 millis")
    }
    throw new DemoFailed("the instances made no progress for 40 seconds")
  })

const inFlight = (seen: Seen) =>
  Array.from(seen.records.values()).filter(({ outcome, status }) =>
    outcome === null && status === "running"
  )

const demo = (databaseUrl: string) =>
  Effect.gen(function*() {
    const client = yield* RappelClient
    heading("1. The program graphs, compiled from examples/demo/workflows.ts")
    const compiled = compileFile({ file: SOURCE, exports: ["greeting", "welcome"], strict: true })
    for (const { name, program } of compiled.workflows) {
      check(program !== undefined, `${name} does not compile`)
      say(`\n${name}  ${program!.hash.slice(0, 12)}`)
      say(visualize(program!, "terminal"))
    }

    heading("2. Start: this process only inserts rows, and steps nothing")
    const plainLedger = makeLedger("plain")
    const ledger = makeLedger("durable")
    process.env["DEMO_LEDGER"] = plainLedger
    const watched: Array<Watched> = []
    for (let i = 0; i < GREETINGS; i++) {
      const id = yield* client.start(exported("greeting"), [`u${i}`])
      watched.push({
        label: `greeting(u${i})`,
        id,
        expected: workflows.greeting(`u${i}`),
        steps: 2
      })
    }
    const id = yield* client.start(exported("welcome"), [WELCOME_USERS])
    // listUsers, one mail per active user, the sleep, the report.
    const mails = Array.from({ length: WELCOME_USERS }, (_, i) =>
      i % 4 !== 3).filter(Boolean).length
    watched.push({
      label: `welcome(${WELCOME_USERS})`,
      id,
      expected: workflows.welcome(WELCOME_USERS),
      steps: mails + 3
    })
    for (const { expected } of watched) expected.catch(() => {})
    say(`  ${watched.length} instances wait in Postgres`)

    heading("3. A dispatcher with two worker processes")
    const first = yield* startDispatcher(databaseUrl, ledger)
    say(`  dispatcher ${first.pid}, workers ${first.workers().join(", ")}`)
    yield* watch(watched, (seen) => recorded(seen) >= 3)

    const [victim] = first.workers()
    check(victim !== undefined, "there was no worker to kill")
    const beforeWorker = yield* look(watched)
    check(inFlight(beforeWorker).length > 0, "no instance was in flight when the worker was killed")
    check(first.kill(victim!), `worker ${victim} was not there any more`)
    say(
      `\x1b[31m  SIGKILL worker ${victim}: ${
        inFlight(beforeWorker).length
      } instances in flight\x1b[0m`
    )
    yield* watch(watched, (seen) => recorded(seen) >= recorded(beforeWorker) + 4)

    const beforeDispatcher = yield* look(watched)
    check(
      inFlight(beforeDispatcher).length > 0,
      "no instance was in flight when the dispatcher was killed"
    )
    const orphans = first.workers()
    check(first.kill(first.pid), `dispatcher ${first.pid} was not there any more`)
    say(
      `\x1b[31m  SIGKILL dispatcher ${first.pid}: ${
        inFlight(beforeDispatcher).length
      } instances in flight\x1b[0m`
    )
    yield* first.gone(orphans)
    say(`  its workers ${orphans.join(", ")} ended with it`)
    check(finished(yield* look(watched)) < watched.length, "everything was done before the kill")

    heading("4. A new dispatcher goes on where the log ends")
    const second = yield* startDispatcher(databaseUrl, ledger)
    say(`  dispatcher ${second.pid}, workers ${second.workers().join(", ")}`)
    const end = yield* watch(watched, (seen) => finished(seen) === watched.length)

    heading("5. The results, against a plain run of the same functions")
    let attempts = 0
    let losses = 0
    for (const { expected, id, label, steps } of watched) {
      const { outcome } = end.records.get(id)!
      const plain = JSON.parse(JSON.stringify(yield* Effect.promise(() => expected)))
      check(outcome?.ok === true, `${label} failed: ${JSON.stringify(outcome)}`)
      const result = outcome?.ok === true ? toPlainJson(outcome.value) : undefined
      check(
        isDeepStrictEqual(result, plain),
        `${label} differs from its plain run: ${JSON.stringify(result)}`
      )

      const events = end.events.get(id)!
      const effects = events.filter(isOutcome).map(({ effect }) => effect)
      check(
        new Set(effects).size === effects.length,
        `${label} has an outcome that is recorded twice`
      )
      check(
        effects.length === steps,
        `${label} has ${effects.length} recorded outcomes, not ${steps}`
      )
      const repeated = events.filter(({ kind }) => kind === "attempt").length
      const lost = events.filter(({ kind }) => kind === "lost").length
      attempts += repeated
      losses += lost
      const extra = [
        ...(repeated > 0 ? [`${repeated} failed attempts`] : []),
        ...(lost > 0 ? [`${lost} lost to the kills`] : [])
      ]
      say(
        `  ✓ ${label}  ${JSON.stringify(result)}${
          extra.length > 0 ? `  (${extra.join(", ")})` : ""
        }`
      )
    }
    check(losses > 0, "no execution was lost, so the kills hit nothing")
    heading("6. The count")
    say(
      `  ${recorded(end)} outcomes recorded, each once; ${
        executionsIn(ledger)
      } executions really began:`
    )
    say(
      `  ${attempts} failed and were repeated, ${losses} were lost to the two kills and ran again.`
    )
    say(`  ${executionsIn(plainLedger)} executions in the plain run.`)
  })

/** A client only: two connections, no dispatcher and no worker in this process. */
const layerApp = (url: string) =>
  RappelClientLayer.pipe(
    Layer.provideMerge(Layer.merge(
      layerPg({ url: Redacted.make(url), maxConnections: 2, migrate: true }),
      ProgramSource.layer()
    ))
  )

const main = Effect.gen(function*() {
  const database = yield* Embedded.scoped({ projectRoot: PROJECT, temporary: true })
  say(
    `Postgres ${database.pid} on a Unix socket in ${database.socketDirectory}, from npm's binaries`
  )
  yield* Effect.provide(demo(database.url), layerApp(database.url))
})

const startedAt = Date.now()
Effect.runPromise(Effect.scoped(main)).then(
  () => {
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
    heading(`Nothing was lost and nothing was recorded twice. ${seconds} s`)
    process.exit(0)
  },
  (error: unknown) => {
    console.error(`\nWhat the dispatchers said:\n${said.join("")}`)
    console.error(`The demo failed: ${error instanceof Error ? error.message : String(error)}`)
    process.exit(1)
  }
)
