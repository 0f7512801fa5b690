import { assert, describe, it } from "@effect/vitest"
import { WorkerPool } from "@rappel/core/worker/WorkerPool"
import { reportsOf } from "@rappel/test/kit/suites/WorkerPool"
import * as Effect from "effect/Effect"
import { WorkerProcesses } from "../src/WorkerProcesses.ts"
import { call, callOf, eventually, isAlive, pool, valueOf } from "./Pool.ts"

describe("ProcessPool when workers die", () => {
  it.scopedLive("a killed worker's calls are lost at once, and another takes its place", () =>
    Effect.gen(function*() {
      const { submit } = yield* WorkerPool
      const { list } = yield* WorkerProcesses
      const [victim] = list()
      const calls = [callOf("wait", [60_000]), callOf("wait", [60_000])]
      submit(calls)
      yield* eventually(() => list()[0]?.busy === 2)

      process.kill(victim!.pid, "SIGKILL")

      for (const report of yield* reportsOf(calls)) {
        assert.deepInclude(report, {
          kind: "lost",
          reason: `worker process ${victim!.pid} was killed by SIGKILL`,
          blame: "shared"
        })
      }
      assert.notStrictEqual(yield* valueOf("pid"), victim!.pid)
      assert.lengthOf(list(), 1)
    }).pipe(Effect.provide(pool())))

  it.scopedLive("what waits for a slot survives the death of the worker", () =>
    Effect.gen(function*() {
      const { submit } = yield* WorkerPool
      const { list } = yield* WorkerProcesses
      const running = callOf("wait", [60_000])
      const waiting = callOf("pid")
      submit([running, waiting])
      yield* eventually(() => list()[0]?.busy === 1)

      process.kill(list()[0]!.pid, "SIGKILL")

      const reports = yield* reportsOf([running, waiting])
      assert.deepStrictEqual(reports.map(({ kind }) => kind), ["lost", "succeeded"])
    }).pipe(Effect.provide(pool({ concurrency: 1 }))))

  it.scopedLive("on SIGTERM a worker ends its calls and leaves, and another takes its place", () =>
    Effect.gen(function*() {
      const { submit } = yield* WorkerPool
      const { list } = yield* WorkerProcesses
      const { pid } = list()[0]!
      const running = callOf("wait", [1000])
      submit([running])
      yield* eventually(() => list()[0]?.busy === 1)

      process.kill(pid, "SIGTERM")
      yield* eventually(() => list()[0]!.leaving)
      const next = callOf("pid")
      submit([next])

      const reports = yield* reportsOf([running, next])
      assert.deepInclude(reports.find(({ id }) => id === running.id), {
        kind: "succeeded",
        value: String(pid)
      })
      const successor = reports.find(({ id }) => id === next.id)
      assert.strictEqual(successor?.kind, "succeeded")
      assert.notDeepInclude(successor, { value: String(pid) })
      yield* eventually(() => !isAlive(pid))
    }).pipe(Effect.provide(pool())))

  it.scopedLive("an action that exits loses its call and says with which code", () =>
    Effect.gen(function*() {
      const report = yield* call("exit", [3])

      assert.strictEqual(report.kind, "lost")
      assert.include(JSON.stringify(report), "exited with code 3")
      assert.isNumber(yield* valueOf("pid"))
    }).pipe(Effect.provide(pool())))

  it.scopedLive("an error that nobody caught ends the worker; what ended before is reported", () =>
    Effect.gen(function*() {
      const { submit } = yield* WorkerPool
      for (const culprit of ["throwLater", "rejectUnheard"]) {
        const calls = [callOf("echo", ["before"]), callOf(culprit)]
        submit(calls)
        const reports = yield* reportsOf(calls)
        assert.deepStrictEqual(
          reports.map((report) => [report.id, report.kind]),
          [[calls[0]!.id, "succeeded"], [calls[1]!.id, "lost"]]
        )
        assert.include(JSON.stringify(reports[1]), "exited with code 1")
      }
    }).pipe(Effect.provide(pool())))

  it.scopedLive("an action that blocks and was interrupted costs its worker", () =>
    Effect.gen(function*() {
      const { interrupt, submit } = yield* WorkerPool
      const { list } = yield* WorkerProcesses
      const { pid } = list()[0]!
      const neighbour = callOf("wait", [60_000])
      const spinning = callOf("spin")
      yield* valueOf("pid")
      submit([neighbour, spinning])
      // Until the action really runs: one that did not begin is dropped without more ado.
      yield* Effect.sleep(300)

      interrupt([spinning.id], "timeout")

      const [report, ...rest] = yield* reportsOf([neighbour])
      assert.deepInclude(report, { id: neighbour.id, kind: "lost" })
      assert.isEmpty(rest)
      assert.notStrictEqual(yield* valueOf("pid"), pid)
    }).pipe(Effect.provide(pool({ interruptGrace: "200 millis" }))))

  it.scopedLive("an action that ignores its signal costs its worker, and no neighbour", () =>
    Effect.gen(function*() {
      const { interrupt, submit } = yield* WorkerPool
      const { list } = yield* WorkerProcesses
      const { pid } = list()[0]!
      const neighbour = callOf("wait", [2500])
      const stubborn = callOf("stubborn", [60_000])
      yield* valueOf("pid")
      submit([neighbour, stubborn])
      // Until the action really runs: one that did not begin is dropped without more ado.
      yield* Effect.sleep(300)

      interrupt([stubborn.id], "timeout")

      const [report, ...rest] = yield* reportsOf([neighbour])
      assert.deepInclude(report, { kind: "succeeded", value: String(pid) })
      assert.isEmpty(rest)
      yield* eventually(() => !isAlive(pid))
      assert.notStrictEqual(yield* valueOf("pid"), pid)
    }).pipe(Effect.provide(pool({ interruptGrace: "200 millis" }))))

  it.scopedLive("a call that is to run alone has its worker for itself, and harms no other", () =>
    Effect.gen(function*() {
      const { submit } = yield* WorkerPool
      const { list } = yield* WorkerProcesses
      yield* eventually(() => list().length === 2)
      const before = [1, 2, 3, 4].map(() => callOf("wait", [600]))
      submit(before)
      yield* eventually(() => list().every(({ busy }) => busy === 2))
      const poison = { ...callOf("exit", [3]), alone: true }
      const after = [1, 2, 3].map(() => callOf("wait", [300]))

      submit([poison, ...after])

      const reports = yield* reportsOf([...before, poison, ...after])
      const kinds = new Map(reports.map(({ id, kind }) => [id, kind]))
      assert.strictEqual(kinds.get(poison.id), "lost")
      for (const { id } of [...before, ...after]) assert.strictEqual(kinds.get(id), "succeeded")
    }).pipe(Effect.provide(pool({ workers: 2, concurrency: 3 }))))
})
