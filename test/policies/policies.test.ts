import { assert, describe, it } from "@effect/vitest"
import { RappelClient } from "@rappel/core"
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import { decodeAttempt } from "@rappel/core/dispatcher/EventCodec"
import * as QueueMemory from "@rappel/core/queue/QueueMemory"
import * as Rappel from "@rappel/core/Rappel"
import * as DefaultPolicy from "@rappel/core/retry/DefaultPolicy"
import * as RetrySchedules from "@rappel/core/retry/RetrySchedules"
import { layerInline } from "@rappel/core/worker/WorkerPoolInline"
import { WORKFLOW } from "@rappel/core/workflow/Workflow"
import { installCurrentCall } from "@rappel/worker/AsyncCurrentCall"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import * as Postgres from "../kit/Postgres.ts"
import * as flows from "./flows.ts"
import { suite, type World } from "./suite.ts"

installCurrentCall()

const parts = Layer.mergeAll(layerInline(), Rappel.layerDecisions, ProgramSource.layer())

const HOUR = 3_600_000

/** What was asked of the event loop is done: actions are promises, which no test clock knows. */
const settled = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

const underTestClock = (step: number): World => ({
  unit: HOUR,
  pass: (effect) =>
    Effect.gen(function*() {
      const running = yield* Effect.fork(effect)
      while ((yield* Fiber.poll(running))._tag === "None") {
        yield* TestClock.adjust(step)
        yield* settled
      }
      return yield* Fiber.join(running)
    })
})

const virtual = <E, A>(layer: Layer.Layer<A, E>) =>
  Layer.provideMerge(layer, TestContext.TestContext)

suite(
  "in memory, hours of a test clock",
  virtual(Layer.provide(Rappel.layer(), Layer.merge(QueueMemory.layer, parts))),
  underTestClock(HOUR / 4)
)
suite(
  "in memory, parked at once",
  virtual(Layer.provide(Rappel.layer({ maxInstances: 1 }), Layer.merge(QueueMemory.layer, parts))),
  underTestClock(HOUR / 4)
)
suite(
  "on Postgres",
  Layer.provide(Rappel.layer(), Layer.merge(Postgres.layerClean, parts)),
  { unit: 100, pass: (effect) => effect }
)
suite(
  "on Postgres, parked at once",
  Layer.provide(
    Rappel.layer({ maxInstances: 1, parkAfterMillis: 0 }),
    Layer.merge(Postgres.layerClean, parts)
  ),
  { unit: 100, pass: (effect) => effect }
)

/** A limit that nobody reaches, so that every call is offered: its attempts travel by the inbox. */
const offered = DefaultPolicy.layer({ limit: { concurrency: 50 } })
suite(
  "in memory, every call offered",
  virtual(Layer.provide(
    Rappel.layer(),
    Layer.merge(QueueMemory.layer, Layer.provide(parts, offered))
  )),
  underTestClock(HOUR / 4)
)
suite(
  "on Postgres, every call offered",
  Layer.provide(
    Rappel.layer(),
    Layer.merge(Postgres.layerClean, Layer.provide(parts, offered))
  ),
  { unit: 200, pass: (effect) => effect }
)

describe("a transactional action over a queue in memory", () => {
  const ran = (workflow: { readonly [WORKFLOW]: any }, ...args: ReadonlyArray<unknown>) =>
    Effect.provide(
      Effect.gen(function*() {
        const client = yield* RappelClient
        return yield* client.result(yield* client.start(workflow[WORKFLOW], args))
      }),
      Layer.provide(Rappel.layer(), Layer.merge(QueueMemory.layer, parts))
    )

  it.live("ends with the value that it settles, without its transaction", () =>
    Effect.gen(function*() {
      flows.ledger.length = 0

      const result = yield* ran(flows.books, 7)

      assert.deepStrictEqual(result, { cents: 7, paid: new Set([7]) })
      assert.deepStrictEqual(flows.ledger, ["book 1", "book 2"])
    }))

  it.live("fails when it ends without settling, as on Postgres", () =>
    Effect.gen(function*() {
      const { message, name } = (yield* ran(flows.forgets)) as Error

      assert.strictEqual(name, "TypeError")
      assert.include(message, "ended without settleIn(tx, value)")
    }))
})

describe("a plain run", () => {
  const unit = 40
  const cases: ReadonlyArray<readonly [string, () => Promise<unknown>, unknown]> = [
    ["retries", () => flows.retried(3, 5, unit), 4],
    [
      "throws the last error",
      () => flows.retried(9, 3, unit),
      { name: "Busy", message: "busy 503", attempts: 3 }
    ],
    [
      "asks predicates",
      () => flows.judged([501, 502], unit),
      { name: "Busy", message: "busy 503", attempts: 3, seen: [501, 502, 503] }
    ],
    [
      "keeps a deadline between executions",
      () => flows.overdueWaiting(unit),
      { name: "Busy", message: "busy 504", attempts: 4 }
    ],
    ["hands on the details of heartbeats", () => flows.climbs(unit), 3]
  ]
  for (const [title, run, expected] of cases) {
    it(`${title} as a durable one does`, async () => {
      assert.deepStrictEqual(await run(), expected)
    })
  }
  for (
    const [run, limit, timeouts] of [
      [flows.timedOut, "timeout", 3],
      [flows.overdueRunning, "deadline", 0],
      [flows.silent, "heartbeat", 2]
    ] as const
  ) {
    it(`ends by its ${limit} as a durable one does`, async () => {
      flows.ledger.length = 0
      assert.deepInclude(await run(unit), { name: "ActionTimeout", limit, timeouts })
      assert.isTrue(flows.ledger.some((line) => line.endsWith("aborted")))
    })
  }
})

describe("an app", () => {
  const resultOf = (workflow: { readonly [WORKFLOW]: any }, args: ReadonlyArray<unknown> = []) =>
    Effect.flatMap(
      RappelClient,
      (client) => Effect.flatMap(client.start(workflow[WORKFLOW], args), client.result)
    )

  it.effect("has a policy below all others by a layer", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* Effect.provide(resultOf(flows.plain), Rappel.layerMemory),
        { name: "Busy", message: "busy 501" }
      )
      assert.strictEqual(
        yield* Effect.provide(
          resultOf(flows.plain),
          Layer.provide(Rappel.layerMemory, DefaultPolicy.layer({ retry: 3 }))
        ),
        3
      )
    }))

  it.effect("replaces the schedule of retries by a layer", () =>
    Effect.gen(function*() {
      const own = RetrySchedules.layerOf((policy) =>
        RetrySchedules.fromPolicy(policy).pipe(
          Schedule.intersect(Schedule.exponential("3 hours"))
        )
      )
      const { pass } = underTestClock(HOUR / 4)
      const history = yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const id = yield* client.start(flows.retried[WORKFLOW], [9, 4, 1])
        assert.deepInclude(yield* pass(client.result(id)), { name: "Busy", attempts: 4 })
        return yield* client.history(id)
      }).pipe(
        Effect.provide(Layer.provide(
          Rappel.layer(),
          Layer.mergeAll(QueueMemory.layer, parts, own)
        ))
      )

      // Between executions the instance is parked, so the schedule is walked again each time.
      const waits = history.filter(({ kind }) => kind === "attempt").map(({ at, payload }) =>
        (decodeAttempt(payload!).retryAt - at) / HOUR
      )
      assert.deepStrictEqual(waits, [3, 6, 12])
    }))

  it.effect("a month passes in one move of the clock, with 30 calls that fail and run again", () =>
    Effect.gen(function*() {
      const running = yield* Effect.fork(resultOf(flows.month))
      yield* TestClock.adjust("31 days")
      while ((yield* Fiber.poll(running))._tag === "None") yield* settled

      assert.deepStrictEqual(
        yield* Fiber.join(running),
        Array.from({ length: 30 }, (_, day) => day % 3 + 1)
      )
    }).pipe(Effect.provide(Layer.provide(Rappel.layer(), Layer.merge(QueueMemory.layer, parts)))))
})
