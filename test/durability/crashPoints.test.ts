/**
 * A dispatcher dies before and after each thing that it asks of the queue, one by one; another
 * takes over. What was durable then decides what happens, as docs/durability.md tells.
 */
import { assert, describe, it } from "@effect/vitest"
import { compileFile } from "@rappel/compiler"
import * as Dispatcher from "@rappel/core/dispatcher/Dispatcher"
import { Queue, type StoredEvent } from "@rappel/core/queue/Queue"
import { QueueUnavailable } from "@rappel/core/queue/QueueError"
import * as QueueMemory from "@rappel/core/queue/QueueMemory"
import * as Rappel from "@rappel/core/Rappel"
import { encodeValue, toPlainJson } from "@rappel/core/value/Value"
import type { CallRequest } from "@rappel/core/worker/WorkerPool"
import { layerInline } from "@rappel/core/worker/WorkerPoolInline"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Postgres from "../kit/Postgres.ts"
import { newId } from "../kit/suites/queue/samples.ts"
import { eventually } from "../messages/suite.ts"

const SOURCE = `
import { action, sleep, workflow } from "@rappel/core"
export const note = action(async (text: string): Promise<string> => text)
export const flow = workflow(async () => {
  const first = await note("first")
  await sleep(90)
  try { await note("boom") } catch {}
  return first + await note("last")
})
`

/** What a dispatcher asks of the queue, and dies by. */
type Asked = "claim" | "load" | "commit"

const SWEEPS = [
  "before each claim",
  "after each claim",
  "before each load",
  "after each load",
  "before each commit",
  "after each commit"
] as const

interface Point {
  readonly asked: Asked
  /** Counts from 1. */
  readonly nth: number
  readonly when: "before" | "after"
}

/** The queue as a dispatcher sees it that dies at this point: from then on nobody answers it. */
const dying = (
  queue: Queue["Type"],
  { asked, nth, when }: Point,
  died: Deferred.Deferred<void>
) => {
  let isDead = false
  let count = 0
  let unanswered = 0
  const gone = Effect.fail(
    new QueueUnavailable({ operation: "ask", retryable: true, cause: "the process is dead" })
  )
  const guarded = <Args extends ReadonlyArray<never>, A, E>(
    name: string,
    ask: (...args: Args) => Effect.Effect<A, E>
  ) =>
  (...args: Args): Effect.Effect<A, E | QueueUnavailable> =>
    Effect.suspend((): Effect.Effect<A, E | QueueUnavailable> => {
      if (isDead) return gone
      // A claim that gives nothing is no step of the instance.
      if (name !== asked) return ask(...args)
      if (when === "before" && count + 1 === nth) {
        isDead = true
        return Effect.zipRight(Deferred.succeed(died, undefined), gone)
      }
      unanswered++
      const answered = Effect.ensuring(ask(...args), Effect.sync(() => unanswered--))
      return Effect.flatMap(answered, (answer) => {
        const isStep = name !== "claim" ||
          (answer as { readonly claimed: ReadonlyArray<unknown> }).claimed.length > 0
        if (isStep) count++
        if (!isStep || when === "before" || count !== nth) return Effect.succeed(answer)
        isDead = true
        return Effect.zipRight(Deferred.succeed(died, undefined), gone)
      })
    })
  const mortal = Queue.of({
    ...queue,
    ...Object.fromEntries(
      (["claim", "load", "commit", "poll", "beat", "leave", "giveBack"] as const).map((name) => [
        name,
        guarded(name, queue[name] as never)
      ])
    )
  })
  /** Whether it has died, once it knows the answers to what it asked: others may see what it did before. */
  const hasDied = Effect.map(
    eventually(Effect.sync(() => isDead || unanswered === 0), (isKnown) => isKnown),
    () => isDead
  )
  return { mortal, hasDied } as const
}

const dispatcherOf = (queue: Queue["Type"], executions: Array<string>) =>
  Dispatcher.layer({ graceMillis: 0, beatMillis: 100, parkAfterMillis: 30 }).pipe(
    Layer.provide(Layer.mergeAll(
      Rappel.layerDecisions,
      Layer.succeed(Queue, queue),
      layerInline({
        slots: 4,
        resolve: (call: Pick<CallRequest, "action">) => (text: string) => {
          executions.push(text)
          if (text === "boom") throw new Error(`${call.action} fails`)
          return text
        }
      })
    ))
  )

/** Runs the workflow on a dispatcher that dies at the point, and then on others. */
const dieAt = (queue: Queue["Type"], point: Point) =>
  Effect.gen(function*() {
    const executions: Array<string> = []
    const died = yield* Deferred.make<void>()
    const { workflows } = compileFile({
      file: "/project/flow.ts",
      projectRoot: "/project",
      readFile: (path) => path === "/project/flow.ts" ? SOURCE : undefined
    })
    const file = workflows[0]!.program!
    yield* queue.putPrograms([file])
    const id = newId()
    yield* queue.start([{
      id,
      name: "flow",
      program: file.hash,
      input: encodeValue([]),
      seed: "0".repeat(32)
    }])
    const finished = eventually(queue.find([id]), ([record]) => record?.outcome != null)

    const hasDied = yield* Effect.scoped(Effect.gen(function*() {
      const { hasDied, mortal } = dying(queue, point, died)
      yield* Layer.build(dispatcherOf(mortal, executions))
      yield* Effect.race(Deferred.await(died), finished)
      return yield* hasDied
    }))
    const before = { executions: executions.slice(), events: yield* queue.history(id) }
    if (hasDied) {
      const { peers } = yield* queue.beat(newId())
      yield* queue.expire(peers)
    }
    yield* Effect.scoped(Effect.zipRight(
      Layer.build(dispatcherOf(queue, executions)),
      finished
    ))
    const [record] = yield* queue.find([id])
    return { hasDied, before, executions, record: record!, events: yield* queue.history(id) }
  })

const settledOf = (events: ReadonlyArray<StoredEvent>) =>
  events.filter(({ kind }) => kind === "settled" || kind === "fired").map(({ effect }) => effect)

const sweep = (name: string, layer: Layer.Layer<Queue, unknown>) =>
  describe(`a dispatcher dies (${name})`, () => {
    for (const title of SWEEPS) {
      const [when, , asked] = title.split(" ") as [Point["when"], string, Asked]
      it.live(title, () =>
        Effect.gen(function*() {
          const queue = yield* Queue
          let deaths = 0
          for (let nth = 1;; nth++) {
            const run = yield* dieAt(queue, { asked, nth, when })
            const where = `${when} ${asked} ${nth}`
            const { before, events, executions, record } = run
            assert.isTrue(record.outcome?.ok, where)
            const { value } = record.outcome as { readonly value: string }
            assert.strictEqual(toPlainJson(value), "firstlast", where)
            // Nothing is lost, nothing counts twice, and what was durable stays.
            assert.deepStrictEqual(settledOf(events), [1, 2, 3, 4], where)
            assert.deepStrictEqual(events.slice(0, before.events.length), before.events, where)
            // No call whose outcome was durable ran again, and each loss that is recorded stands
            // for one execution that may have been given out.
            const losses = events.filter(({ kind }) => kind === "lost").length
            assert.isAtMost(executions.length, 3 + losses + (run.hasDied ? 1 : 0), where)
            const outcomes = before.events.filter(({ kind }) => kind === "settled").length
            assert.isAtLeast(before.executions.length, outcomes, where)
            // An action starts when what it depends on is durable, and not before.
            assert.isAtMost(before.executions.length, outcomes + 1, where)
            assert.isAtMost(executions.length - before.executions.length, 3 - outcomes, where)
            if (!run.hasDied) break
            deaths++
          }
          assert.isAtLeast(deaths, asked === "commit" ? 4 : 2)
        }).pipe(Effect.provide(layer), Logger.withMinimumLogLevel(LogLevel.None)), 240_000)
    }
  })

sweep("memory", QueueMemory.layer)
sweep("postgres", Postgres.layerClean)
