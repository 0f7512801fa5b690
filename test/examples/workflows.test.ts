/**
 * The workflows of `examples/`: their programs in memory give what the plain functions give.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Rappel from "@rappel/core/Rappel"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { greeting, reminder, UserNotFound } from "../../examples/greeting/greeting.ts"
import { welcome } from "../../examples/welcome/welcome.ts"

describe("greeting", () => {
  it.effect("greets", () =>
    Effect.gen(function*() {
      const expected = yield* Effect.promise(() => greeting("u1"))

      const summary = yield* greeting.execute("u1")

      assert.deepStrictEqual(summary, expected)
      assert.deepStrictEqual(summary, { userId: "u1", greeting: "Hello, Ada!" })
    }).pipe(Effect.provide(Rappel.layerMemory)))

  it.effect("fails for an unknown user with the error of the action", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(greeting.execute("u9"))

      assert.isTrue(Exit.isFailure(exit))
      if (!Exit.isFailure(exit)) return
      const failure = Cause.squash(exit.cause) as Error
      assert.strictEqual((failure.cause as Error).name, new UserNotFound().name)
      assert.match((failure.cause as Error).message, /There is no user u9/)
    }).pipe(Effect.provide(Rappel.layerMemory)))
})

describe("reminder", () => {
  it.effect("greets on the next day, which a test makes pass at once", () =>
    Effect.gen(function*() {
      const running = yield* Effect.fork(reminder.execute("u2"))

      yield* TestClock.adjust("23 hours")
      assert.isTrue((yield* Fiber.poll(running))._tag === "None")
      yield* TestClock.adjust("1 hour")

      assert.strictEqual((yield* Fiber.join(running)).greeting, "Hello, Bob!")
    }).pipe(Effect.provide(Rappel.layerMemory)))
})

describe("welcome", () => {
  it.effect("sums up what was sent, what failed and who was left out", () =>
    Effect.gen(function*() {
      const ids = ["u1", "u2", "u3", "u4"]
      const expected = yield* Effect.promise(() => welcome(ids, "1ms"))

      const running = yield* Effect.fork(welcome.execute(ids))
      yield* TestClock.adjust("1 second")
      const summary = yield* Fiber.join(running)

      assert.deepStrictEqual(summary, expected)
      assert.deepStrictEqual(summary, {
        sent: ["ada@example.com", "cleo@example.com"],
        failed: [{ email: "not an address", reason: "\"not an address\" is not an address" }],
        skipped: 1
      })
    }).pipe(Effect.provide(Rappel.layerMemory)))
})
