import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { once } from "node:events"
import { spawnAhead } from "../bin/spawn.mjs"
import { startedAhead } from "../src/WorkerProcess.ts"
import { WorkerProcesses } from "../src/WorkerProcesses.ts"
import { eventually, isAlive, pool, valueOf } from "./Pool.ts"

const pids = Effect.map(WorkerProcesses, ({ list }) => list().map(({ pid }) => pid))

describe("a worker process that was started ahead", { timeout: 120_000 }, () => {
  it.live("the first pool begins with it, and ends it", () =>
    Effect.gen(function*() {
      const child = spawnAhead()
      startedAhead(child)

      const found = yield* Effect.provide(Effect.all([valueOf("pid"), pids]), pool())
      const [next] = yield* Effect.provide(pids, pool())

      assert.deepStrictEqual(found, [child.pid!, [child.pid!]])
      assert.isFalse(isAlive(child.pid!))
      assert.notStrictEqual(next, child.pid)
    }))

  it.live("a pool whose workers get an environment of their own leaves it alone", () =>
    Effect.gen(function*() {
      const child = spawnAhead()
      startedAhead(child)

      const [other] = yield* Effect.provide(pids, pool({ env: { NAME: "other" } }))
      const [next] = yield* Effect.provide(pids, pool())

      assert.notStrictEqual(other, child.pid)
      assert.strictEqual(next, child.pid)
    }))

  it.live("one that has died is not used", () =>
    Effect.gen(function*() {
      const child = spawnAhead()
      startedAhead(child)
      child.kill("SIGKILL")
      yield* Effect.promise(() => once(child, "exit"))

      const pid = yield* Effect.provide(valueOf("pid"), pool())

      assert.notStrictEqual(pid, child.pid)
    }))

  it.live("it ends with the process that started it, used or not", () =>
    Effect.gen(function*() {
      const child = spawnAhead()

      for (const stream of child.stdio) stream?.destroy()

      yield* eventually(() => (child.exitCode ?? child.signalCode) !== null)
    }))
})
