/**
 * The examples that talk to services: limits by customer, and an agent with its tools.
 */
import { assert, describe, it } from "@effect/vitest"
import { RappelClient } from "@rappel/core"
import * as Rappel from "@rappel/core/Rappel"
import { WORKFLOW } from "@rappel/core/workflow/Workflow"
import { installCurrentCall } from "@rappel/worker/AsyncCurrentCall"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { agent } from "../../examples/agent/agent.ts"
import { newsletter, sent } from "../../examples/emails/emails.ts"

installCurrentCall()

/** Time passes, and what actions began in it comes to its end. */
const pass = (millis: number) =>
  Effect.gen(function*() {
    for (let turn = 0; turn < 20; turn++) {
      yield* TestClock.adjust(turn === 0 ? millis : 0)
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    }
  })

describe("emails", () => {
  it.effect("go out at most twice a minute to each customer, whoever sends", () =>
    Effect.gen(function*() {
      sent.length = 0
      const counts = () =>
        ["ada", "bob"].map((customer) => sent.filter((mail) => mail.customer === customer).length)
      const subjects = ["1", "2", "3"]
      const both = yield* Effect.fork(
        Effect.all([
          newsletter.execute(["ada", "bob", ""], subjects),
          newsletter.execute(["ada"], ["4", "5"])
        ], { concurrency: 2 })
      )

      yield* pass(1000)
      assert.deepStrictEqual(counts(), [2, 2])
      yield* pass(57_000)
      assert.deepStrictEqual(counts(), [2, 2])
      yield* pass(5000)
      assert.deepStrictEqual(counts(), [4, 3])
      yield* pass(61_000)

      const [first, second] = yield* Fiber.join(both)
      assert.deepStrictEqual(counts(), [5, 3])
      assert.strictEqual(first.sent, 6)
      assert.deepStrictEqual(first.failed, subjects.map(() => "An e-mail needs a customer"))
      assert.deepStrictEqual(second, { sent: 2, failed: [] })
    }).pipe(Effect.provide(Rappel.layerMemory)))
})

describe("agent", () => {
  it.effect(
    "answers with what its tools found, though the model is overloaded at first",
    () =>
      Effect.gen(function*() {
        const client = yield* RappelClient
        const id = yield* client.start(agent[WORKFLOW], ["What is 6 times 7?"])
        const running = yield* Effect.fork(client.result(id))
        for (let second = 0; second < 10; second++) yield* pass(1000)

        const result = yield* Fiber.join(running)

        assert.deepStrictEqual(result, {
          answer: "The answer is 42",
          turns: 2,
          messages: [
            { role: "user", text: "What is 6 times 7?" },
            { role: "assistant", text: "I use multiply and weather" },
            { role: "tool", text: "weather failed: There is no place Atlantis" },
            { role: "tool", text: "multiply: 42" }
          ]
        })
        const [think, weather] = yield* client.calls(id)
        assert.deepInclude(think, { attempts: 2, retryAt: null })
        assert.deepInclude(weather, { attempts: 2, retryAt: null })
      }).pipe(Effect.provide(Rappel.layerMemory)),
    20_000
  )
})
