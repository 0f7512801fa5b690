import { assert, describe, it } from "@effect/vitest"
import { decodeValue } from "@rappel/core/value/Value"
import { WorkerPool } from "@rappel/core/worker/WorkerPool"
import { reportsOf } from "@rappel/test/kit/suites/WorkerPool"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { WorkerProcesses } from "../src/WorkerProcesses.ts"
import { callOf, eventually, isAlive, pool, projectRoot, temporaryFolder, valueOf } from "./Pool.ts"

/** A pool that the test closes itself. */
const closable = (options: Parameters<typeof pool>[0]) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(pool(options), scope)
    return {
      pool: Context.get(context, WorkerPool),
      processes: Context.get(context, WorkerProcesses),
      close: Scope.close(scope, Exit.void)
    }
  })

describe("ProcessPool", () => {
  it.scopedLive("a worker is replaced after its number of calls, and no call is lost", () =>
    Effect.gen(function*() {
      const { submit } = yield* WorkerPool
      const { list } = yield* WorkerProcesses
      const { pid } = list()[0]!
      const pids = new Set<unknown>()
      while (pids.size < 3) {
        const calls = Array.from({ length: 5 }, () => callOf("pid"))
        submit(calls)
        for (const report of yield* reportsOf(calls)) {
          assert.strictEqual(report.kind, "succeeded")
          if (report.kind === "succeeded") pids.add(decodeValue(report.value))
        }
      }
      yield* eventually(() => !isAlive(pid))
      yield* eventually(() => list().length === 1)
    }).pipe(Effect.provide(pool({ maxActions: 10 }))))

  it.scopedLive("closing ends running calls within the grace, and all processes", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const told = join(folder, "aborted")
      const { close, pool, processes } = yield* closable({ workers: 2, grace: "700 millis" })
      yield* eventually(() => processes.list().length === 2)
      const pids = processes.list().map(({ pid }) => pid)
      const reported = (calls: Parameters<typeof reportsOf>[0]) =>
        Effect.provideService(reportsOf(calls), WorkerPool, pool)
      // Each has loaded the actions, which on a busy machine takes longer than the grace.
      const first = [callOf("wait", [1]), callOf("wait", [1])]
      pool.submit(first)
      yield* reported(first)
      const short = callOf("wait", [300])
      const endless = callOf("untilAborted", [told])
      pool.submit([short, endless])
      yield* eventually(() => processes.list().every(({ busy }) => busy === 1))

      yield* close

      const reports = yield* reported([short, endless])
      assert.deepStrictEqual(
        new Map(reports.map((report) => [report.id, report.kind])),
        new Map([[short.id, "succeeded"], [endless.id, "lost"]])
      )
      assert.include(readFileSync(told, "utf8"), "shutdown")
      assert.isFalse(pids.some(isAlive))
    }))

  it.scopedLive("closing kills a worker that is busy for ever", () =>
    Effect.gen(function*() {
      const { close, pool, processes } = yield* closable({ grace: "100 millis" })
      const [worker] = processes.list()
      pool.submit([callOf("spin")])
      yield* eventually(() => processes.list()[0]?.busy === 1)

      yield* close

      assert.isFalse(isAlive(worker!.pid))
    }))

  it.scopedLive("a user module that cannot be imported fails the pool, by name", () =>
    Effect.gen(function*() {
      for (
        const [name, why] of [
          ["src/broken.ts", "the settings file is missing"],
          ["./src/absent", "Cannot find module"]
        ] as const
      ) {
        const error = yield* Effect.flip(
          Effect.scoped(Layer.build(pool({ workers: 2, userModules: [name] })))
        )
        assert.strictEqual(error.starts, 1)
        assert.include(error.message, `The user module ${name} cannot be imported`)
        assert.include(error.message, why)
      }
    }))

  it.scopedLive("a worker that dies at its start three times fails the pool", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        Effect.scoped(Layer.build(pool({ userModules: ["src/dies.ts"] })))
      )

      assert.strictEqual(error.starts, 3)
      assert.include(error.message, "exited with code 3")
      assert.include(error.message, "dies.ts gives up")
    }))

  it.scopedLive("a lone TypeScript file finds rappel, whatever its folder holds", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      writeFileSync(
        join(folder, "lone.ts"),
        "import { action } from \"@rappel/core/action/Action\"\n" +
          "import * as Effect from \"effect/Effect\"\n" +
          "const n: number = await Promise.resolve(20)\n" +
          "export const double = action(() => Effect.succeed(n * 2))\n"
      )

      const value = yield* Effect.provide(
        valueOf("double", [], "lone.ts"),
        pool({
          projectRoot: folder
        })
      )

      assert.strictEqual(value, 40)
      assert.isFalse(existsSync(join(folder, "node_modules")))
      assert.isTrue(existsSync(projectRoot))
    }))
})
