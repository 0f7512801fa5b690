/**
 * Event logs that format 1 stored, each with its program: whatever release comes later must be
 * able to step them, from any event on, to the end that they had.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { compileSource } from "../../../../../test/kit/oracle.ts"
import * as Dispatcher from "../../../src/dispatcher/Dispatcher.ts"
import type { Outcome } from "../../../src/machine/Model.ts"
import type { ProgramFile } from "../../../src/program/Program.ts"
import {
  type Message,
  Queue,
  type StartRequest,
  type StoredEvent
} from "../../../src/queue/Queue.ts"
import * as QueueMemory from "../../../src/queue/QueueMemory.ts"
import { layerDecisions } from "../../../src/Rappel.ts"
import { encodeValue } from "../../../src/value/Value.ts"
import { layerInline } from "../../../src/worker/WorkerPoolInline.ts"

const FOLDER = join(import.meta.dirname, "v1")
const STARTED_AT = 1_700_000_000_000
const ID = "018bcfe5-6800-7000-8000-000000000001"

const PRELUDE = `
import { action, Cancelled, signal, sleep, waitFor, workflow } from "@rappel/core"
export const echo = action(async (value: any): Promise<any> => value)
export const boom = action(async (): Promise<any> => { throw new TypeError("no") })
export const Go = signal<any>("go")
`

const signalOf = (nth: number, value: unknown): Message => ({
  id: `018bcfe5-6800-7000-9000-00000000000${nth}`,
  instanceId: ID,
  kind: "signal",
  effect: 0,
  name: "go",
  payload: encodeValue(value)
})

interface Script {
  readonly body: string
  readonly messages?: ReadonlyArray<Message>
}

const SCRIPTS: Readonly<Record<string, Script>> = {
  "calls-and-timers": {
    body: `const at = Date.now()
      const [a, b] = await Promise.all([echo({ n: 1n, at: new Date(5) }), sleep(70).then(() => echo("b"))])
      const dice = Math.floor(Math.random() * 1000)
      await sleep(3600_000)
      return [a.n, a.at, b, dice, Date.now() - at >= 3600_070]`
  },
  "retries": {
    body: `const policy = { retry: { attempts: 3, backoff: { kind: "exponential", base: 100 } } }
      try { return await boom.with(policy as any)() }
      catch (e: any) { return [await echo(e.message), e instanceof TypeError, e.attempts] }`
  },
  "signals": {
    body: `const got: any[] = []
      while (got.length < 2) { got.push(await waitFor(Go)); await echo(got.length) }
      return got`,
    messages: [signalOf(1, "one"), signalOf(2, { two: 2 })]
  },
  "cancellation": {
    body: `const log: any[] = []
      try { await echo(1); await sleep(10_000_000) }
      catch (e) { log.push(e instanceof Cancelled, await echo("undone")) }
      finally { await sleep(50); log.push(await echo("closed")) }
      return log`,
    messages: [{ ...signalOf(3, null), kind: "cancel", name: null, payload: "because" }]
  }
}

interface Stored {
  readonly program: ProgramFile
  readonly request: StartRequest
  readonly messages: ReadonlyArray<Message>
  readonly events: ReadonlyArray<StoredEvent>
  readonly outcome: Outcome
}

const pool = layerInline({
  slots: 2,
  resolve: (call) => (...args: ReadonlyArray<unknown>) => {
    if (call.action.endsWith("boom")) throw new TypeError("no")
    return args[0]
  }
})

/** Runs an instance that has had these events to its end. */
const goOn = (
  { messages, program, request }: Omit<Stored, "events" | "outcome">,
  events: ReadonlyArray<StoredEvent>
) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(STARTED_AT)
    const queue = yield* QueueMemory.make
    yield* queue.putPrograms([program])
    const former = "018bcfe5-6800-7000-8000-00000000000f"
    yield* queue.register({ id: former, host: "former", pid: 0 })
    yield* queue.start([request], former)
    yield* queue.commit({
      id: "018bcfe5-6800-7000-8000-00000000000e",
      dispatcher: former,
      entries: [{
        id: ID,
        epoch: 1,
        expectedSeq: 0,
        events,
        logs: [],
        consumed: [],
        outcome: null,
        snapshot: null,
        then: { kind: "release", dueAt: STARTED_AT }
      }]
    })
    const isPast = messages.length > 0 && events.length > 1
    if (isPast) yield* queue.deliver(messages)
    const dispatcher = Dispatcher.layer().pipe(
      Layer.provide(Layer.mergeAll(layerDecisions, pool, Layer.succeed(Queue, queue)))
    )
    return yield* Effect.scoped(Effect.gen(function*() {
      yield* Layer.build(dispatcher)
      for (let turn = 0; turn < 400; turn++) {
        const [record] = yield* queue.find([ID])
        if (record!.outcome !== null || record!.aside !== null) break
        // Something has happened before the messages come.
        if (turn === 3 && !isPast) yield* queue.deliver(messages)
        yield* TestClock.adjust(turn < 100 ? "50 millis" : "1 minute")
      }
      const [record] = yield* queue.find([ID])
      assert.isNull(record!.aside)
      return { outcome: record!.outcome!, events: yield* queue.history(ID) }
    }))
  })

const stored = (name: string) =>
  Effect.gen(function*() {
    const file = join(FOLDER, `${name}.json`)
    if (process.env["UPDATE_FIXTURES"] === "1" && !existsSync(file)) {
      const { body, messages = [] } = SCRIPTS[name]!
      const source = `${PRELUDE}export const main = workflow(async () => {${body}})`
      const program = compileSource(source, "main").program!
      const request = {
        id: ID,
        name: "main",
        program: program.hash,
        input: encodeValue([]),
        seed: "00112233445566778899aabbccddeeff"
      }
      const made = yield* goOn({ program, request, messages }, [])
      writeFileSync(file, `${JSON.stringify({ program, request, messages, ...made })}\n`)
    }
    return JSON.parse(readFileSync(file, "utf8")) as Stored
  })

describe("logs that format 1 stored", () => {
  for (const name of Object.keys(SCRIPTS)) {
    it.effect(`${name}: go on from every event to the end that they had`, () =>
      Effect.gen(function*() {
        const fixture = yield* stored(name)
        const { events, outcome } = fixture
        assert.isAbove(events.length, 2)
        for (let count = 0; count <= events.length; count++) {
          const run = yield* goOn(fixture, events.slice(0, count))

          assert.deepStrictEqual(run.outcome, outcome, `after ${count} events`)
          assert.deepStrictEqual(run.events.slice(0, count), events.slice(0, count))
        }
      }))
  }

  it("hold events of the kinds that format 1 began with", () => {
    const kinds = Object.keys(SCRIPTS).flatMap((name) =>
      (JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8")) as Stored).events
    ).map(({ kind }) => kind)

    assert.includeMembers(kinds, ["settled", "fired", "attempt", "lost", "received", "cancelled"])
  })
})
