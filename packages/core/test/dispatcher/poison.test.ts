/** Instances that cannot be gone on with, and their innocent neighbours (PROTOCOL R13). */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as TestClock from "effect/TestClock"
import * as Dispatcher from "../../src/dispatcher/Dispatcher.ts"
import { encodeSnapshot } from "../../src/dispatcher/EventCodec.ts"
import { SnapshotTooNew } from "../../src/machine/snapshot/SnapshotTooNew.ts"
import { type CommitEntry, Queue, type StoredEvent } from "../../src/queue/Queue.ts"
import { QueueUnavailable } from "../../src/queue/QueueError.ts"
import * as QueueMemory from "../../src/queue/QueueMemory.ts"
import * as RetrySchedules from "../../src/retry/RetrySchedules.ts"
import * as Timeouts from "../../src/retry/Timeouts.ts"
import { Scheduler } from "../../src/scheduler/Scheduler.ts"
import { type CallReport, WorkerPool } from "../../src/worker/WorkerPool.ts"
import { chainMachine, chainProgram } from "./chainMachine.ts"

const pool = Layer.effect(
  WorkerPool,
  Effect.map(Mailbox.make<CallReport>(), (reports) =>
    WorkerPool.of({
      slots: () => 10,
      submit: (calls) => {
        for (const { effect, id } of calls) {
          reports.unsafeOffer({ id, kind: "succeeded", value: String(effect), millis: 0 })
        }
      },
      interrupt: () => {},
      reports
    }))
)

/** Runs a dispatcher over the queue; `taken` hears of each instance whose machine starts. */
const dispatcherOver = (queue: Queue["Type"], taken: (id: string) => void = () => {}) =>
  Layer.build(
    Dispatcher.layer().pipe(
      Layer.provide(Layer.mergeAll(
        RetrySchedules.layer,
        Timeouts.layer,
        pool,
        Layer.succeed(Scheduler, {
          machine: () => ({
            ...chainMachine,
            start: (args) => {
              taken(args.instanceId)
              return chainMachine.start(args)
            },
            restore: (text) => {
              if (text === "tomorrow") throw new SnapshotTooNew(99, 1)
              return chainMachine.restore(text)
            }
          }),
          snapshotDue: () => false
        })
      )),
      Layer.provide(Layer.succeed(Queue, queue))
    )
  )

const idOf = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`
const hostOf = (n: number) => `00000000-0000-7000-9000-${String(n).padStart(12, "0")}`
const file = chainProgram(["work"])

const start = (queue: Queue["Type"], id: string, program = file.hash) =>
  queue.start([{
    id,
    name: "chain",
    program,
    input: JSON.stringify(["work", "work"]),
    seed: "0".repeat(32)
  }])

/** As if a host had claimed what is due and died, this many times, with a suspect if it had one. */
const dieWithClaims = (queue: Queue["Type"], times: number) =>
  Effect.gen(function*() {
    for (let i = 0; i < times; i++) {
      yield* queue.register({ id: hostOf(i), host: "dead", pid: 0 })
      const { claimed } = yield* queue.claim(hostOf(i), 100)
      const suspect = (yield* queue.load(hostOf(i), claimed)).find((one) => one.claims > 1)
      if (suspect !== undefined) yield* queue.countClaim(hostOf(i), suspect, suspect.claims + 1)
      yield* queue.leave(hostOf(i))
    }
  })

/** Leaves an instance as an earlier owner would have stored it. */
const leave = (queue: Queue["Type"], id: string, entry: Partial<CommitEntry>) =>
  Effect.gen(function*() {
    const dispatcher = hostOf(99)
    yield* queue.register({ id: dispatcher, host: "earlier", pid: 0 })
    const { claimed } = yield* queue.claim(dispatcher, 1)
    assert.deepStrictEqual(claimed.map((one) => one.id), [id])
    yield* queue.commit({
      id: hostOf(98),
      dispatcher,
      entries: [{
        id,
        epoch: claimed[0]!.epoch,
        expectedSeq: 0,
        events: [],
        logs: [],
        consumed: [],
        outcome: null,
        snapshot: null,
        then: { kind: "release", dueAt: 0 },
        ...entry
      }]
    })
  })

const recordOf = (queue: Queue["Type"], id: string) =>
  Effect.gen(function*() {
    for (let i = 0; i < 1000; i++) {
      const [record] = yield* queue.find([id])
      const isSettled = record!.outcome !== null || record!.status === "aside"
      if (isSettled) return record!
      yield* Effect.yieldNow()
    }
    return (yield* queue.find([id]))[0]!
  })

const event = (seq: number, fields: Partial<StoredEvent>): StoredEvent => ({
  seq,
  kind: "settled",
  effect: seq,
  at: 1,
  payload: "+1",
  machine: 1,
  digest: 0,
  ...fields
})

describe("an instance whose hosts died with it", () => {
  it.scoped("five times is set aside, and those that were claimed fewer times run", () =>
    Effect.gen(function*() {
      const queue = yield* QueueMemory.make
      yield* queue.putPrograms([file])
      yield* start(queue, idOf(1))
      yield* dieWithClaims(queue, 1)
      yield* start(queue, idOf(2))
      yield* dieWithClaims(queue, 3)

      yield* dispatcherOver(queue)

      const aside = yield* recordOf(queue, idOf(1))
      assert.strictEqual(aside.status, "aside")
      assert.match(aside.aside!, /claimed 5 times.*rappel instances resume/)
      assert.strictEqual((yield* recordOf(queue, idOf(2))).status, "completed")

      yield* queue.resume([idOf(1)])
      assert.strictEqual((yield* recordOf(queue, idOf(1))).status, "completed")
    }))

  it.scoped("and came after others all the time is never blamed, however often they did", () =>
    Effect.gen(function*() {
      const queue = yield* QueueMemory.make
      yield* queue.putPrograms([file])
      const ids = Array.from({ length: 60 }, (_, n) => idOf(n + 1))
      for (const id of ids) yield* start(queue, id)
      // The one that is taken first is another one each time: none of them ended a host.
      for (let i = 0; i < 20; i++) {
        yield* queue.register({ id: hostOf(i), host: "dead", pid: 0 })
        const { claimed } = yield* queue.claim(hostOf(i), 100)
        const suspect = (yield* queue.load(hostOf(i), claimed))[i]!
        if (i > 0) yield* queue.countClaim(hostOf(i), suspect, suspect.claims + 1)
        yield* queue.leave(hostOf(i))
      }

      yield* dispatcherOver(queue)

      for (const id of ids) {
        assert.strictEqual((yield* recordOf(queue, id)).status, "completed")
      }
    }))

  it.scoped("is counted once by a host that tries it again after failing statements", () =>
    Effect.gen(function*() {
      const inner = yield* QueueMemory.make
      yield* inner.putPrograms([file])
      yield* start(inner, idOf(1))
      yield* dieWithClaims(inner, 3)
      let failures = 5
      const queue = Queue.of({
        ...inner,
        countClaim: (...counted) =>
          Effect.zipRight(
            inner.countClaim(...counted),
            Effect.suspend(() =>
              failures-- > 0 ?
                new QueueUnavailable({
                  operation: "count a claim",
                  retryable: true,
                  cause: "cut off"
                }) :
                Effect.void
            )
          )
      })

      yield* dispatcherOver(queue)

      for (let i = 0; i < 20 && failures >= 0; i++) yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* recordOf(queue, idOf(1))).status, "completed")
    }))

  it.scoped("twice is taken on its own: those after it are not counted meanwhile", () =>
    Effect.gen(function*() {
      const inner = yield* QueueMemory.make
      yield* inner.putPrograms([file])
      const ids = [1, 2, 3].map(idOf)
      for (const id of ids) yield* start(inner, id)
      yield* dieWithClaims(inner, 1)
      const owner: { id: string } = { id: "" }
      const queue = Queue.of({
        ...inner,
        claim: (dispatcher, limit) => {
          owner.id = dispatcher
          return inner.claim(dispatcher, limit)
        }
      })
      const counts: Array<ReadonlyArray<number | "gone">> = []

      yield* dispatcherOver(queue, () => {
        const claimed = ids.map((id) => ({ id, epoch: 2 }))
        const loaded = Effect.runSync(inner.load(owner.id, claimed))
        counts.push(ids.map((id) => loaded.find((one) => one.id === id)?.claims ?? "gone"))
      })
      for (const id of ids) {
        assert.strictEqual((yield* recordOf(queue, id)).status, "completed")
      }

      assert.deepStrictEqual(counts.map((row) => row.filter((claims) => claims === 3).length), [
        1,
        1,
        1
      ])
      assert.deepStrictEqual(counts[0], [3, 2, 2])
    }))
})

describe("an instance that cannot be loaded", () => {
  const refused: ReadonlyArray<readonly [string, Partial<CommitEntry>, RegExp]> = [
    [
      "a snapshot that is no snapshot",
      { snapshot: { seq: 0, body: "{}\nnonsense" } },
      /cannot be loaded: SyntaxError/
    ],
    [
      "an outcome of a call that nobody made",
      { events: [event(1, { effect: 7 })] },
      /effect 7, for which nothing waits/
    ],
    [
      "an event whose payload is none",
      { events: [event(1, { kind: "lost", payload: "{" })] },
      /cannot be loaded: SyntaxError/
    ],
    ["a hole in its log", { events: [event(2, {})] }, /its log has a hole after event 0/],
    [
      "an event that leads elsewhere",
      { events: [event(1, { digest: 5 })] },
      /no longer leads to the same commands/
    ]
  ]
  for (const [what, entry, reason] of refused) {
    it.scoped(`${what}: is set aside, and its neighbour runs`, () =>
      Effect.gen(function*() {
        const queue = yield* QueueMemory.make
        yield* queue.putPrograms([file])
        yield* start(queue, idOf(1))
        yield* leave(queue, idOf(1), entry)
        yield* start(queue, idOf(2))

        yield* dispatcherOver(queue)

        const record = yield* recordOf(queue, idOf(1))
        assert.strictEqual(record.status, "aside")
        assert.match(record.aside!, reason)
        assert.strictEqual((yield* recordOf(queue, idOf(2))).status, "completed")
      }))
  }

  it.scoped("a program that is not stored: is set aside", () =>
    Effect.gen(function*() {
      const queue = yield* QueueMemory.make
      yield* start(queue, idOf(1), "unknown")
      yield* dispatcherOver(queue)
      assert.match((yield* recordOf(queue, idOf(1))).aside!, /program unknown is not stored/)
    }))
})

describe("what a newer release wrote", () => {
  const newer: ReadonlyArray<readonly [string, Partial<CommitEntry>]> = [
    ["an event", { events: [event(1, { machine: 99 })] }],
    ["a snapshot", {
      snapshot: {
        seq: 0,
        body: encodeSnapshot({ format: 99, lastStepAt: 1, calls: [], fresh: [], kept: false }, "{}")
      }
    }],
    ["a state", {
      snapshot: {
        seq: 0,
        body: encodeSnapshot(
          { format: 1, lastStepAt: 1, calls: [], fresh: [], kept: false },
          "tomorrow"
        )
      }
    }]
  ]
  for (const [what, entry] of newer) {
    it.scoped(`${what}: is left to a newer release, and looked at again in a minute`, () =>
      Effect.gen(function*() {
        const queue = yield* QueueMemory.make
        yield* queue.putPrograms([file])
        yield* start(queue, idOf(1))
        yield* leave(queue, idOf(1), entry)
        yield* start(queue, idOf(2))

        yield* dispatcherOver(queue)

        assert.strictEqual((yield* recordOf(queue, idOf(2))).status, "completed")
        assert.deepInclude(yield* recordOf(queue, idOf(1)), { status: "waiting", aside: null })
        const { nextDueAt } = yield* queue.claim(hostOf(97), 1)
        assert.strictEqual(nextDueAt, 60_000)
      }))
  }

  it.scoped("a program: is left to a newer release", () =>
    Effect.gen(function*() {
      const queue = yield* QueueMemory.make
      const newerFile = { ...file, hash: "newer", program: { ...file.program, format: 99 } }
      yield* queue.putPrograms([newerFile as unknown as typeof file])
      yield* start(queue, idOf(1), "newer")
      yield* dispatcherOver(queue)
      assert.strictEqual((yield* recordOf(queue, idOf(1))).status, "waiting")
      assert.strictEqual((yield* queue.claim(hostOf(97), 1)).nextDueAt, 60_000)
    }))
})
