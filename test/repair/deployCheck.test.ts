/** Code of today against instances that are live. */
import { assert, describe, it } from "@effect/vitest"
import { action, RappelClient } from "@rappel/core"
import { ACTION, type ActionInfo } from "@rappel/core/action/Action"
import { checkDeploy } from "@rappel/core/deploy/checkDeploy"
import { Queue } from "@rappel/core/queue/Queue"
import * as Rappel from "@rappel/core/Rappel"
import { ActionSource } from "@rappel/core/worker/ActionSource"
import { UnknownAction } from "@rappel/core/worker/WorkerError"
import { refOfWorkflow } from "@rappel/core/workflow/Workflow"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { eventually } from "../messages/suite.ts"
import * as flows from "./flows.ts"

const sourceOf = (actions: Readonly<Record<string, ActionInfo>>) =>
  ActionSource.of({
    resolve: (name) => {
      const info = actions[name.exportName]
      return info === undefined
        ? Effect.fail(new UnknownAction(name, "it was renamed"))
        : Effect.succeed(info)
    },
    values: { classOf: () => undefined, prototypeOf: () => undefined }
  })

const infoOf = (value: { readonly [ACTION]: ActionInfo }): ActionInfo => value[ACTION]

const step = infoOf(flows.step)
const hang = infoOf(flows.hang)

/** One that waits for two calls, one that waits for a signal after a call, one that is done. */
const live = Effect.gen(function*() {
  const { history, result, start } = yield* RappelClient
  flows.broken.add("endless")
  const stuck = yield* start(refOfWorkflow(flows.stuck as any), [])
  const waits = yield* start(refOfWorkflow(flows.waits as any), ["1"])
  const done = yield* start(refOfWorkflow(flows.order as any), ["2"])
  yield* result(done)
  yield* eventually(history(waits), (events) => events.length === 1)
  yield* eventually(history(stuck), (events) => events.length === 1)
  const queue = yield* Queue
  const check = (actions: Readonly<Record<string, ActionInfo>>, limit = 100) =>
    checkDeploy(queue, sourceOf(actions), limit)
  return { stuck, waits, check }
})

const test = <A, E>(title: string, effect: Effect.Effect<A, E, RappelClient | Queue>) =>
  it.live(title, () => Effect.provide(effect, Rappel.layerMemory), 60_000)

describe("deploy check", () => {
  test(
    "code that has all that live instances need is ready",
    Effect.gen(function*() {
      const { check } = yield* live
      assert.deepStrictEqual(yield* check({ step, hang }), {
        live: 2,
        looked: 2,
        programs: 2,
        findings: []
      })
    })
  )

  test(
    "an action that is gone is named, with the instances that wait for it",
    Effect.gen(function*() {
      const { check, stuck } = yield* live
      const { findings } = yield* check({ step })
      assert.lengthOf(findings, 1)
      assert.deepInclude(findings[0], {
        code: "action-gone",
        level: "problem",
        workflow: "stuck",
        instances: 1,
        examples: [stuck]
      })
      assert.match(findings[0]!.reason, /it was renamed/)
      const both = yield* check({ hang })
      assert.deepStrictEqual(
        both.findings.map(({ code, examples, workflow }) => [code, workflow, examples]).sort(),
        [["action-gone", "stuck", [stuck]], ["action-gone", "waits", []]]
      )
    })
  )

  test(
    "arguments that wait and are refused are a problem, earlier ones a warning",
    Effect.gen(function*() {
      const { check, stuck, waits } = yield* live
      const numbers = infoOf(
        action(
          { input: Schema.Number, output: Schema.Literal("fine") },
          async () => "fine" as const
        )
      )
      const { findings } = yield* check({ step: numbers, hang })
      assert.deepStrictEqual(
        findings.map(({ code, examples, level }) => [code, level, ...examples]).sort(),
        [
          ["arguments-changed", "warning", waits],
          ["arguments-refused", "problem", stuck],
          ["result-changed", "warning", waits]
        ]
      )
      assert.match(findings[0]!.reason, /does not fit its schema: Expected number/)
      const fitting = infoOf(action({ input: Schema.String }, async (text: string) => text))
      assert.deepStrictEqual((yield* check({ step: fitting, hang })).findings, [])
      assert.strictEqual((yield* check({ step, hang }, 1)).looked, 1)
    })
  )
})
