/**
 * What an app's own test does: one layer, a stopped clock, and the app's code as it is.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as TestClock from "effect/TestClock"
import * as ProgramSource from "../../src/client/ProgramSource.ts"
import { LocalDispatcher } from "../../src/dispatcher/LocalDispatcher.ts"
import {
  Rappel,
  RappelClient,
  result,
  setDefaultRuntime,
  WorkflowFailure
} from "../../src/index.ts"
import * as ProgramGraph from "../../src/program/ProgramGraph.ts"
import * as QueueMemory from "../../src/queue/QueueMemory.ts"
import { layerInline } from "../../src/worker/WorkerPoolInline.ts"
import { WORKFLOW } from "../../src/workflow/Workflow.ts"
import { executions, greeting, neverCalled, Reminder, UnknownUser } from "./flows.ts"

describe("layerMemory", () => {
  it.effect("a day passes when the test says so", () =>
    Effect.gen(function*() {
      executions.length = 0
      const running = yield* Effect.fork(greeting.execute("u1"))

      yield* TestClock.adjust("23 hours")
      assert.deepStrictEqual(executions, ["fetchUser u1"])
      assert.isNull(
        yield* Fiber.poll(running).pipe(Effect.map((exit) => exit._tag === "None" ? null : exit))
      )
      yield* TestClock.adjust("1 hour")

      assert.strictEqual(yield* Fiber.join(running), "Hello Ada")
      assert.deepStrictEqual(executions, ["fetchUser u1", "greet Ada"])
    }).pipe(Effect.provide(Rappel.layerMemory)))

  it.effect("a class runs with its helpers", () =>
    Effect.gen(function*() {
      const running = yield* Effect.fork(Reminder.execute("Ada", 3))
      yield* TestClock.adjust("3 days")

      assert.deepStrictEqual(yield* Fiber.join(running), ["Hello Ada", "Hello Ada", "Hello Ada"])
    }).pipe(Effect.provide(Rappel.layerMemory)))

  it.effect("an action's error arrives as an instance of its own class", () =>
    Effect.gen(function*() {
      const failure = yield* Effect.flip(greeting.execute("u0"))

      assert.instanceOf(failure, WorkflowFailure)
      assert.instanceOf((failure as WorkflowFailure).cause, UnknownUser)
    }).pipe(Effect.provide(Rappel.layerMemory)))

  it.effect("a program runs as an Effect, several at a time over one pool", () =>
    Effect.gen(function*() {
      const source = yield* ProgramSource.fromInstalled()
      const file = yield* source.programOf(greeting[WORKFLOW])
      const run = ProgramGraph.toEffect(ProgramGraph.of<typeof greeting>(file))

      const running = yield* Effect.fork(
        Effect.all([run("u1"), run("u2"), run("u3")], { concurrency: 3 })
      )
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(yield* Fiber.join(running), ["Hello Ada", "Hello Ada", "Hello Ada"])

      const failure = yield* Effect.flip(run("u0"))
      assert.strictEqual(failure._tag, "WorkflowFailure")
    }).pipe(Effect.provide(
      Layer.mergeAll(QueueMemory.layer, layerInline(), Rappel.layerDecisions)
    )))

  it.effect("a dispatcher that is there already runs the Effect", () =>
    Effect.gen(function*() {
      const client = yield* RappelClient
      const run = ProgramGraph.toEffect(yield* client.programOf(neverCalled[WORKFLOW]))

      assert.strictEqual(yield* run(1), 2)
      assert.strictEqual((yield* LocalDispatcher).status().commits, 1)
    }).pipe(Effect.provide(Rappel.layerMemory)))
})

describe("the Promise API", () => {
  const withRuntime = async (use: () => Promise<void>, skipsWait = false) => {
    const runtime = ManagedRuntime.make(Rappel.layerMemory)
    setDefaultRuntime({
      skipsWait,
      runExit: (effect) => runtime.runPromiseExit(effect),
      close: () => runtime.dispose()
    })
    try {
      await use()
    } finally {
      setDefaultRuntime(undefined)
      await runtime.dispose()
    }
  }

  it("run awaits, start answers with a handle, result finds it by id", () =>
    withRuntime(async () => {
      assert.strictEqual(await neverCalled.run(1), 2)
      const handle = await neverCalled.start(2)
      assert.strictEqual(await handle.result(), 3)
      assert.strictEqual(await handle.status(), "completed")
      assert.strictEqual(await result(handle.id), 3)
    }))

  it("many are started at once, with options for all and for one", () =>
    withRuntime(async () => {
      const handles = await neverCalled.with({ tags: ["bulk"] }).startMany([
        [1],
        { args: [2], options: { key: "second" } }
      ])
      assert.deepStrictEqual(await Promise.all(handles.map((one) => one.result())), [2, 3])
      const same = await neverCalled.with({ key: "second" }).start(2)
      assert.strictEqual(same.id, handles[1]!.id)
      const taken = await neverCalled.with({ key: "second" }).start(3).catch((error) => error)
      assert.strictEqual(taken._tag, "KeyTaken")
    }))

  it("run throws what the workflow threw", () =>
    withRuntime(async () => {
      const error = await greeting.run("u0").catch((thrown: unknown) => thrown)
      assert.instanceOf(error, UnknownUser)
      assert.strictEqual((error as UnknownUser).id, "u0")
    }))

  it("an unknown id is refused at once", () =>
    withRuntime(async () => {
      const error: unknown = await result("0197a0c0-0000-7000-8000-000000000000").catch((
        thrown: unknown
      ) => thrown)
      assert.strictEqual((error as Error).name, "InstanceNotFound")
    }))

  it("a runtime that skips the wait answers with the id", () =>
    withRuntime(async () => {
      assert.match(String(await neverCalled.run(1)), /^[0-9a-f-]{36}$/)
    }, true))

  it("a workflow draws itself without any runtime", async () => {
    const picture = await greeting.visualize()
    assert.include(picture, "fetchUser")
  })
})
