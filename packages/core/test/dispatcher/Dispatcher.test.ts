import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as TestClock from "effect/TestClock"
import * as Dispatcher from "../../src/dispatcher/Dispatcher.ts"
import { LocalDispatcher } from "../../src/dispatcher/LocalDispatcher.ts"
import type { Machine } from "../../src/machine/Model.ts"
import { Queue } from "../../src/queue/Queue.ts"
import { QueueUnavailable } from "../../src/queue/QueueError.ts"
import * as QueueMemory from "../../src/queue/QueueMemory.ts"
import * as RetrySchedules from "../../src/retry/RetrySchedules.ts"
import * as Timeouts from "../../src/retry/Timeouts.ts"
import { Scheduler } from "../../src/scheduler/Scheduler.ts"
import { type CallReport, type CallRequest, WorkerPool } from "../../src/worker/WorkerPool.ts"
import { chainMachine, chainProgram } from "./chainMachine.ts"
import { file, idOf, loadedOf } from "./loadedOf.ts"

type Answer = (call: CallRequest) => CallReport | undefined

const succeed: Answer = (call) => ({
  id: call.id,
  kind: "succeeded",
  value: String(call.effect),
  millis: 0
})

/** A pool that answers at once as told; an unanswered call stays in flight. */
const pool = (answer: Answer) =>
  Layer.effect(
    WorkerPool,
    Effect.map(Mailbox.make<CallReport>(), (reports) =>
      WorkerPool.of({
        slots: () => 2,
        submit: (calls) => {
          for (const call of calls) {
            const report = answer(call)
            if (report !== undefined) reports.unsafeOffer(report)
          }
        },
        interrupt: () => {},
        reports
      }))
  )

const scheduler = Layer.succeed(Scheduler, {
  machine: () => chainMachine,
  snapshotDue: () => false
})

const dispatcherWith = (answer: Answer, options?: Dispatcher.DispatcherOptions) =>
  Dispatcher.layer(options).pipe(
    Layer.provideMerge(
      Layer.mergeAll(scheduler, RetrySchedules.layer, Timeouts.layer, pool(answer))
    ),
    Layer.provideMerge(QueueMemory.layer)
  )

const withQueue = (answer: Answer, queue: Queue["Type"], options?: Dispatcher.DispatcherOptions) =>
  Dispatcher.layer(options).pipe(
    Layer.provide(Layer.mergeAll(scheduler, RetrySchedules.layer, Timeouts.layer, pool(answer))),
    Layer.provide(Layer.succeed(Queue, queue))
  )

const ID = "00000000-0000-7000-8000-000000000001"

const startAll = (all: ReadonlyArray<readonly [id: string, input: string]>) =>
  Effect.gen(function*() {
    const queue = yield* Queue
    const file = chainProgram(["work"])
    yield* queue.putPrograms([file])
    yield* queue.start(all.map(([id, input]) => ({
      id,
      name: "chain",
      program: file.hash,
      input,
      seed: "0".repeat(32)
    })))
  })

const start = (steps: ReadonlyArray<string>, id = ID) => startAll([[id, JSON.stringify(steps)]])

const outcomeOf = (id: string) =>
  Effect.gen(function*() {
    const queue = yield* Queue
    for (let i = 0; i < 1000; i++) {
      const [record] = yield* queue.find([id])
      if (record!.outcome !== null) return record!.outcome
      yield* Effect.yieldNow()
    }
    return "none"
  })

describe("Dispatcher", () => {
  it.effect("runs a chain to its result", () =>
    Effect.gen(function*() {
      yield* start(["work", "work", "work"])

      assert.deepStrictEqual(yield* outcomeOf(ID), { ok: true, value: `["1","2","3"]` })
    }).pipe(Effect.provide(dispatcherWith(succeed))))

  it.scoped("takes what was started for it at once, when it knows the program", () =>
    Effect.gen(function*() {
      const queue = yield* QueueMemory.make
      const context = yield* Layer.build(withQueue(() => undefined, queue))
      const dispatcher = Context.get(context, LocalDispatcher)
      const startHere = (n: number) =>
        Effect.gen(function*() {
          const owner = dispatcher.id()
          const { id, input, name, program, seed } = loadedOf(n, "[\"work\"]")
          yield* queue.start([{ id, input, name, program, seed }], owner)
          const loaded = loadedOf(n, input)
          dispatcher.started([{ id, epoch: 1, fresh: { owner, loaded } }])
        })
      const counts = () => {
        const { commits, instances, runningCalls } = dispatcher.status()
        return { commits, instances, runningCalls }
      }
      yield* queue.putPrograms([file])

      yield* startHere(1)
      assert.deepStrictEqual(counts(), { commits: 0, instances: 0, runningCalls: 0 })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(counts(), { commits: 0, instances: 1, runningCalls: 1 })

      yield* startHere(2)
      assert.deepStrictEqual(counts(), { commits: 0, instances: 2, runningCalls: 2 })
      assert.isTrue(dispatcher.willTell(idOf(2)))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(counts(), { commits: 0, instances: 2, runningCalls: 2 })
    }))

  it.effect("parks an instance that sleeps, and wakes it when its time comes", () =>
    Effect.gen(function*() {
      yield* start(["work", "sleep:86400000", "work"])
      yield* TestClock.adjust("23 hours")
      const dispatcher = yield* LocalDispatcher
      assert.strictEqual(dispatcher.status().instances, 0)
      assert.strictEqual(yield* outcomeOf(ID), "none")

      yield* TestClock.adjust("1 hour")

      assert.deepStrictEqual(yield* outcomeOf(ID), { ok: true, value: `["1","slept","3"]` })
    }).pipe(Effect.provide(dispatcherWith(succeed))))

  it.effect("runs more instances than it may hold, and more calls than there are slots", () =>
    Effect.gen(function*() {
      const ids = Array.from({ length: 20 }, (_, i) => idOf(i))
      for (const id of ids) yield* start(["work", "work"], id)

      for (const id of ids) {
        assert.deepStrictEqual(yield* outcomeOf(id), { ok: true, value: `["1","2"]` })
      }
    }).pipe(Effect.provide(dispatcherWith(succeed, { maxInstances: 3 }))))

  it.effect("holds no more than it may, gives back what finds no room, and runs what is larger alone", () => {
    const MAX = 10_000
    let most = 0
    let held = 0
    const sizes = new Map<string, number>()
    /** Sizes are those of the inputs: chains of short texts are small beside them. */
    const machine: Machine = {
      ...chainMachine,
      start: (args) => {
        sizes.set(args.instanceId, args.input.length)
        held += args.input.length
        most = Math.max(most, held)
        return chainMachine.start(args)
      }
    }
    const large = Layer.succeed(Scheduler, { machine: () => machine, snapshotDue: () => false })
    const ended: Answer = (call) => {
      held -= sizes.get(call.instanceId) ?? 0
      return succeed(call)
    }
    const layer = Dispatcher.layer({ maxStateBytes: MAX }).pipe(
      Layer.provide(Layer.mergeAll(large, RetrySchedules.layer, Timeouts.layer, pool(ended))),
      Layer.provideMerge(QueueMemory.layer)
    )
    const ids = Array.from({ length: 60 }, (_, i) => idOf(i))
    // Small ones first, so that a claim that expects more of them finds large ones.
    const inputs = ids.map((_, i) => `["work"]`.padEnd(i < 30 ? 10 : i === 45 ? 3 * MAX : 4000))
    return Effect.gen(function*() {
      yield* startAll(ids.map((id, i) => [id, inputs[i]!] as const))
      for (const id of ids) {
        assert.deepStrictEqual(yield* outcomeOf(id), { ok: true, value: `["1"]` })
      }
      assert.isAtLeast(most, 3 * MAX, "the largest one ran")
      assert.isAtMost(most, 6 * MAX)
    }).pipe(Effect.provide(layer))
  })

  it.effect("interrupts an execution that takes too long and runs it again", () => {
    const attempts: Array<number> = []
    const answer: Answer = (call) => {
      attempts.push(call.attempt)
      return call.attempt === 1 ? undefined : succeed(call)
    }
    return Effect.gen(function*() {
      yield* start(["work"])
      yield* TestClock.adjust("4 minutes")
      assert.deepStrictEqual(attempts, [1])

      yield* TestClock.adjust("1 minute")

      assert.deepStrictEqual(yield* outcomeOf(ID), { ok: true, value: `["1"]` })
      assert.deepStrictEqual(attempts, [1, 2])
    }).pipe(Effect.provide(dispatcherWith(answer)))
  })

  it.effect("counts a lost execution apart, and runs it again", () => {
    const answer: Answer = (call) =>
      call.attempt === 1 ? { id: call.id, kind: "lost", reason: "the worker died" } : succeed(call)
    return Effect.gen(function*() {
      yield* start(["work"])

      assert.deepStrictEqual(yield* outcomeOf(ID), { ok: true, value: `["1"]` })
      const history = yield* Effect.flatMap(Queue, (queue) => queue.history(ID))
      assert.deepStrictEqual(history.map(({ kind }) => kind), ["lost", "settled"])
    }).pipe(Effect.provide(dispatcherWith(answer)))
  })

  it.effect("fails an instance whose input is no good, and goes on with the others", () =>
    Effect.gen(function*() {
      const other = ID.replace(/1$/, "2")
      const queue = yield* Queue
      const file = chainProgram(["work"])
      yield* queue.putPrograms([file])
      const seed = "0".repeat(32)
      yield* queue.start([{ id: ID, name: "chain", program: file.hash, input: "{", seed }])
      yield* start(["work"], other)

      assert.deepStrictEqual(yield* outcomeOf(other), { ok: true, value: `["1"]` })
      const outcome = yield* outcomeOf(ID)
      assert.isTrue(typeof outcome !== "string" && !outcome.ok && /JSON/.test(outcome.error))
    }).pipe(Effect.provide(dispatcherWith(succeed))))

  it.scoped("gives out no call while it does not know whether it is alive still", () =>
    Effect.gen(function*() {
      const memory = yield* QueueMemory.make
      let isCut = false
      const queue: Queue["Type"] = {
        ...memory,
        beat: (dispatcher) =>
          isCut
            ? Effect.fail(
              new QueueUnavailable({ operation: "beat", retryable: true, cause: "cut" })
            )
            : memory.beat(dispatcher)
      }
      const calls: Array<number> = []
      const answer: Answer = (call) => {
        calls.push(call.effect)
        return succeed(call)
      }
      yield* Layer.build(withQueue(answer, queue, { beatMillis: 1000, leaseMillis: 5000 }))
      yield* TestClock.adjust("1 second")
      isCut = true
      yield* TestClock.adjust("4 seconds")

      yield* Effect.provideService(start(["work"]), Queue, queue)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(calls, [])

      isCut = false
      yield* TestClock.adjust("250 millis")
      assert.deepStrictEqual(calls, [1])
    }))

  it.scoped("says no more that it lives when its commits get no answer (R5)", () =>
    Effect.gen(function*() {
      const memory = yield* QueueMemory.make
      let beats = 0
      const queue: Queue["Type"] = {
        ...memory,
        commit: () => Effect.never,
        beat: (dispatcher) =>
          Effect.suspend(() => {
            beats++
            return memory.beat(dispatcher)
          })
      }
      const options = { beatMillis: 1000, leaseMillis: 5000, graceMillis: 0 }
      yield* Layer.build(withQueue(succeed, queue, options))
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(beats, 4, "one at the start, one each second")

      yield* Effect.provideService(start(["work"]), Queue, queue)
      yield* TestClock.adjust("20 seconds")

      assert.isAtMost(beats, 7)
    }))

  it.scoped("hands over what it owns when its scope closes", () =>
    Effect.gen(function*() {
      const queue = yield* QueueMemory.make
      const running = yield* Deferred.make<void>()
      const first = withQueue(
        (call) => {
          if (call.effect === 1) return succeed(call)
          Deferred.unsafeDone(running, Effect.void)
          return undefined
        },
        queue,
        { graceMillis: 10 }
      )
      yield* Effect.scoped(Effect.gen(function*() {
        yield* Layer.build(first)
        yield* Effect.provideService(start(["work", "work"]), Queue, queue)
        yield* Deferred.await(running)
      }))
      assert.strictEqual((yield* queue.find([ID]))[0]!.status, "waiting")

      const outcome = yield* Effect.scoped(Effect.gen(function*() {
        yield* Layer.build(withQueue(succeed, queue))
        return yield* Effect.provideService(outcomeOf(ID), Queue, queue)
      }))

      assert.deepStrictEqual(outcome, { ok: true, value: `["1","2"]` })
      const kinds = (yield* queue.history(ID)).map(({ kind }) => kind)
      assert.deepStrictEqual(kinds, ["settled", "settled"], "a hand-over is no loss")
    }))
})
