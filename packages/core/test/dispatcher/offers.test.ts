/** Calls that one dispatcher offers and another one runs. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as Dispatcher from "../../src/dispatcher/Dispatcher.ts"
import { encodeOutcome } from "../../src/dispatcher/EventCodec.ts"
import { LocalDispatcher } from "../../src/dispatcher/LocalDispatcher.ts"
import { CALL_WINDOW } from "../../src/dispatcher/Owned.ts"
import type { Policy } from "../../src/machine/Model.ts"
import type { StepNode } from "../../src/program/Program.ts"
import { Queue } from "../../src/queue/Queue.ts"
import * as QueueMemory from "../../src/queue/QueueMemory.ts"
import * as RetrySchedules from "../../src/retry/RetrySchedules.ts"
import * as Timeouts from "../../src/retry/Timeouts.ts"
import { Scheduler } from "../../src/scheduler/Scheduler.ts"
import { encodeError } from "../../src/value/Value.ts"
import { type CallReport, type CallRequest, WorkerPool } from "../../src/worker/WorkerPool.ts"
import { chainProgram } from "./chainMachine.ts"
import { fanMachine } from "./fanMachine.ts"

const ID = "00000000-0000-7000-8000-000000000001"

/** A pool of which a test sees what runs, and ends it. */
const makePool = (slots: number) =>
  Effect.map(Mailbox.make<CallReport>(), (reports) => {
    const running = new Map<number, CallRequest>()
    const interrupted: Array<string> = []
    const executed: Array<CallRequest> = []
    const end = (report: (call: CallRequest) => Partial<CallReport>) => {
      for (const [id, call] of Array.from(running)) {
        running.delete(id)
        reports.unsafeOffer({ id, millis: 1, ...report(call) } as CallReport)
      }
    }
    return {
      running,
      executed,
      interrupted,
      succeed: () => end((call) => ({ kind: "succeeded", value: String(call.effect) })),
      fail: () => end(() => ({ kind: "failed", error: encodeError(new Error("no")) })),
      service: WorkerPool.of({
        slots: () => slots,
        submit: (calls) => {
          for (const call of calls) {
            executed.push(call)
            running.set(call.id, call)
          }
        },
        interrupt: (ids, reason) => {
          for (const id of ids) if (running.delete(id)) interrupted.push(reason)
        },
        reports
      })
    }
  })

const makeHost = (
  queue: Queue["Type"],
  policy: Policy,
  options: Dispatcher.DispatcherOptions & { readonly slots?: number }
) =>
  Effect.gen(function*() {
    const pool = yield* makePool(options.slots ?? 4)
    const scope = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
    const layer = Dispatcher.layer({ beatMillis: 1000, graceMillis: 10, ...options }).pipe(
      Layer.provide(Layer.mergeAll(
        Layer.succeed(Scheduler, { machine: () => fanMachine(policy), snapshotDue: () => false }),
        RetrySchedules.layer,
        Timeouts.layer,
        Layer.succeed(WorkerPool, pool.service),
        Layer.succeed(Queue, queue)
      ))
    )
    const context = yield* Layer.buildWithScope(layer, scope)
    const dispatcher = Context.get(context, LocalDispatcher)
    return { ...pool, dispatcher, leave: Scope.close(scope, Exit.void) } as const
  })

const start = (queue: Queue["Type"], count: number, id = ID, step?: StepNode) =>
  Effect.gen(function*() {
    const { program, ...rest } = chainProgram(["work"])
    const actions = program.actions.map((each) => step === undefined ? each : { ...each, step })
    const file = { ...rest, program: { ...program, actions } }
    yield* queue.putPrograms([file])
    yield* queue.start([{
      id,
      name: "fan",
      program: file.hash,
      input: String(count),
      seed: "0".repeat(32)
    }])
  })

/** Lets fibers run until it is so. */
const until = (what: string, isSo: () => boolean) =>
  Effect.gen(function*() {
    for (let i = 0; i < 3000; i++) {
      if (isSo()) return
      yield* Effect.yieldNow()
    }
    assert.fail(`never: ${what}`)
  })

const outcomeOf = (queue: Queue["Type"], id = ID) =>
  Effect.gen(function*() {
    for (let i = 0; i < 3000; i++) {
      const [record] = yield* queue.find([id])
      if (record!.outcome !== null) return record!.outcome
      yield* Effect.yieldNow()
    }
    return "none"
  })

const gpu: Policy = { queue: "gpu" }

describe("a call of a queue", () => {
  it.scoped("that the owner does not serve runs where it is served", () =>
    Effect.gen(function*() {
      const queue = yield* QueueMemory.make
      const owner = yield* makeHost(queue, gpu, { queues: ["default"] })
      yield* start(queue, 6)
      yield* until("offered", () =>
        Effect.runSync(queue.calls.list).some(({ name, servers, waiting }) =>
          name === "gpu" && waiting === 6 && servers === 0
        ))
      assert.lengthOf(owner.executed, 0)

      const other = yield* makeHost(queue, gpu, { queues: ["gpu"], claimBatch: 1 })
      yield* until("four run", () =>
        other.running.size === 4)
      other.succeed()
      yield* until("two run", () =>
        other.running.size === 2)
      other.succeed()

      assert.deepStrictEqual(yield* outcomeOf(queue), { ok: true, value: "6" })
      assert.deepStrictEqual(
        (yield* queue.calls.list).filter(({ taken, waiting }) => taken + waiting > 0),
        []
      )
      const events = yield* queue.history(ID)
      assert.isTrue(
        events.every(({ kind, message }) => kind === "settled" && message !== undefined)
      )
    }))

  it.scoped("brings the code of an implicit step along", () =>
    Effect.gen(function*() {
      const queue = yield* QueueMemory.make
      const step: StepNode = {
        imports: [{ n: "dayjs", from: "dayjs", x: "default", file: "src/a.ts" }],
        setup: "",
        code: "(x) => (dayjs(x))",
        n: "dayjs(x)"
      }
      yield* makeHost(queue, gpu, { queues: ["default"] })
      yield* start(queue, 1, ID, step)
      const other = yield* makeHost(queue, gpu, { queues: ["gpu"] })

      yield* until("it runs", () => other.running.size === 1)
      assert.deepStrictEqual(other.executed[0]!.step, step)
      other.succeed()

      assert.deepStrictEqual(yield* outcomeOf(queue), { ok: true, value: "1" })
    }))

  it.scoped("runs again after a failure and after a timeout, as a call here does", () =>
    Effect.gen(function*() {
      const queue = yield* QueueMemory.make
      const policy = { ...gpu, retry: { attempts: 2 }, timeoutMillis: 60_000 }
      yield* makeHost(queue, policy, { queues: ["default"] })
      const other = yield* makeHost(queue, policy, { queues: ["gpu"] })
      yield* start(queue, 1)

      yield* until("it runs", () => other.running.size === 1)
      other.fail()
      yield* until("it runs again", () => other.running.size === 1)
      yield* TestClock.adjust("1 minute")
      yield* until("it ran out of time", () => other.executed.length === 3)
      other.succeed()

      assert.deepStrictEqual(yield* outcomeOf(queue), { ok: true, value: "1" })
      assert.deepStrictEqual(other.interrupted, ["timeout"])
      assert.deepStrictEqual(other.executed.map(({ attempt }) => attempt), [1, 2, 3])
      const kinds = (yield* queue.history(ID)).map(({ kind }) => kind)
      assert.deepStrictEqual(kinds, ["attempt", "attempt", "settled"])
    }))

  it.scoped("leaves its instance nothing to do here: it is parked, and woken by the verdict", () =>
    Effect.gen(function*() {
      const queue = yield* QueueMemory.make
      const owner = yield* makeHost(queue, gpu, { queues: ["default"], maxInstances: 1 })
      yield* start(queue, 1)
      yield* until("offered", () => owner.dispatcher.status().commits === 1)
      yield* TestClock.adjust("2 seconds")
      yield* until("parked", () => owner.dispatcher.status().instances === 0)

      const other = yield* makeHost(queue, gpu, { queues: ["gpu"], maxInstances: 0 })
      yield* until("it runs", () => other.running.size === 1)
      other.succeed()

      assert.deepStrictEqual(yield* outcomeOf(queue), { ok: true, value: "1" })
      assert.deepStrictEqual(
        (yield* queue.history(ID)).map(({ kind }) => kind),
        ["settled"],
        "parked and loaded again, and no loss"
      )
    }))

  it.scoped("is offered again when its taker leaves, and that is no loss", () =>
    Effect.gen(function*() {
      const queue = yield* QueueMemory.make
      yield* makeHost(queue, gpu, { queues: ["default"] })
      const first = yield* makeHost(queue, gpu, { queues: ["gpu"], maxInstances: 0 })
      yield* start(queue, 1)
      yield* until("it runs", () => first.running.size === 1)

      yield* first.leave
      const second = yield* makeHost(queue, gpu, { queues: ["gpu"], maxInstances: 0 })
      yield* until("it runs elsewhere", () => second.running.size === 1)
      second.succeed()

      assert.deepStrictEqual(yield* outcomeOf(queue), { ok: true, value: "1" })
      assert.deepStrictEqual(first.interrupted, ["shutdown"])
      assert.deepStrictEqual((yield* queue.history(ID)).map(({ kind }) => kind), ["settled"])
    }))
})

describe("a limit", () => {
  it.scoped(
    "holds over two dispatchers, and a window bounds what is offered",
    () =>
      Effect.gen(function*() {
        const queue = yield* QueueMemory.make
        const policy: Policy = { limit: { key: "ada", concurrency: 3 } }
        const hosts = [
          yield* makeHost(queue, policy, { slots: 2 }),
          yield* makeHost(queue, policy, { slots: 2 })
        ]
        const count = CALL_WINDOW + 20
        yield* start(queue, count)
        let most = 0
        let ended = 0
        let offered = 0
        while (ended < count) {
          yield* until("some run", () => hosts.some(({ running }) => running.size > 0))
          for (let i = 0; i < 20; i++) yield* Effect.yieldNow()
          const [state] = yield* queue.calls.list
          offered = Math.max(offered, state!.waiting + state!.taken)
          const now = hosts.reduce((sum, { running }) => sum + running.size, 0)
          most = Math.max(most, now)
          ended += now
          for (const host of hosts) host.succeed()
        }

        assert.deepStrictEqual(yield* outcomeOf(queue), { ok: true, value: String(count) })
        assert.strictEqual(most, 3)
        assert.isAtMost(offered, CALL_WINDOW)
      }),
    60_000
  )
})

describe("a call that has ended while it ran elsewhere", () => {
  const scenario = (beatMillis: number) =>
    Effect.gen(function*() {
      const queue = yield* QueueMemory.make
      const policy: Policy = { limit: { key: "ada", concurrency: 1 } }
      const host = yield* makeHost(queue, policy, { slots: 2, beatMillis })
      yield* start(queue, 2)
      yield* until("one runs", () => host.running.size === 1)

      const { effect } = host.executed[0]!
      const payload = encodeOutcome({ ok: true, value: "9" })
      yield* queue.deliver([
        { id: "told", instanceId: ID, kind: "outcome", effect, name: null, payload }
      ])
      yield* TestClock.adjust("2 seconds")

      yield* until("the other one runs", () => host.executed.length === 2)
      assert.strictEqual(host.interrupted.length, 1)
      host.succeed()
      assert.deepStrictEqual(yield* outcomeOf(queue), { ok: true, value: "2" })
    })

  it.scoped(
    "is ended there, and the place that it took in its lane is free",
    () => scenario(1000)
  )

  it.scoped("is ended there also where nobody beats", () => scenario(Infinity))
})

describe("an overflow", () => {
  it.scoped("goes to whoever has free slots, and none when nobody has", () =>
    Effect.gen(function*() {
      const queue = yield* QueueMemory.make
      const owner = yield* makeHost(queue, {}, { slots: 2 })
      yield* start(queue, 30)
      yield* until("two run", () => owner.running.size === 2)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(owner.dispatcher.status().offeredCalls, 0)

      const other = yield* makeHost(queue, {}, { slots: 3, maxInstances: 0 })
      yield* TestClock.adjust("2 seconds")
      yield* until("three run there", () => other.running.size === 3)

      assert.isAtMost(owner.dispatcher.status().offeredCalls, 6)
      for (let i = 0; i < 40; i++) {
        owner.succeed()
        other.succeed()
        for (let j = 0; j < 50; j++) yield* Effect.yieldNow()
      }
      assert.deepStrictEqual(yield* outcomeOf(queue), { ok: true, value: "30" })
      assert.isAbove(other.executed.length, 5)
      assert.strictEqual(owner.executed.length + other.executed.length, 30)
    }))
})
