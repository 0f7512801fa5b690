import { assert, describe, it } from "@effect/vitest"
import { action } from "@rappel/core/action/Action"
import { WorkerPool } from "@rappel/core/worker/WorkerPool"
import { layerInline } from "@rappel/core/worker/WorkerPoolInline"
import { callOf, run } from "@rappel/test/kit/suites/WorkerPool"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"

describe("layerInline", () => {
  it.effect("an Effect waits by the clock of the test", () =>
    Effect.gen(function*() {
      const slow = action(() => Effect.as(Effect.sleep("1 day"), "late"))
      const pool = layerInline({ resolve: () => slow })

      const fiber = yield* Effect.fork(Effect.provide(run([callOf("slow")]), pool))
      yield* TestClock.adjust("1 day")
      const [report] = yield* Fiber.join(fiber)

      assert.deepInclude(report, { kind: "succeeded", value: "\"late\"", millis: 86_400_000 })
    }))

  it.scopedLive("what runs when the pool closes is lost, and an Effect is interrupted", () =>
    Effect.gen(function*() {
      let interrupted = false
      const endless = action(() =>
        Effect.onInterrupt(Effect.never, () => Effect.sync(() => interrupted = true))
      )
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(
        layerInline({ resolve: () => endless, slots: 1 }),
        scope
      )
      const pool = Context.get(context, WorkerPool)
      pool.submit([callOf("a"), callOf("b")])
      yield* Effect.sleep(10)

      yield* Scope.close(scope, Exit.void)

      const [reports, ended] = yield* pool.reports.takeAll
      assert.deepStrictEqual(Array.from(reports, ({ kind }) => kind), ["lost", "lost"])
      assert.isTrue(ended)
      yield* Effect.sleep(10)
      assert.isTrue(interrupted)
    }))

  it.scopedLive("an action that nobody registered fails its call", () =>
    Effect.gen(function*() {
      const [report] = yield* run([callOf("nowhere", [], "src/nowhere.ts")])

      assert.strictEqual(report?.kind, "failed")
      assert.include(JSON.stringify(report), "import src/nowhere.ts")
    }).pipe(Effect.provide(layerInline())))
})
