import { assert, describe, it } from "@effect/vitest"
import { type CallReport, WorkerPool } from "@rappel/core/worker/WorkerPool"
import { reportsOf } from "@rappel/test/kit/suites/WorkerPool"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { WorkerProcesses } from "../src/WorkerProcesses.ts"
import { callOf, eventually, isAlive, pool, temporaryFolder, valueOf } from "./Pool.ts"

const withSpare = pool({ workers: 1, spares: 1, concurrency: 2 })

/** The one that serves and the one that is kept ready, once both are there. */
const pair = Effect.gen(function*() {
  const { list } = yield* WorkerProcesses
  yield* eventually(() => list().length === 2)
  const serving = list().find(({ spare }) => !spare)!
  const spare = list().find((one) => one.spare)!
  return { serving: serving.pid, spare: spare.pid }
})

/** Kinds and values by call, in the order of the calls. */
const outcomes = (reports: ReadonlyArray<CallReport>, ids: ReadonlyArray<number>) =>
  ids.map((wanted) => {
    const report = reports.find(({ id }) => id === wanted)
    return report?.kind === "succeeded" ? Number(report.value) : report?.kind
  })

describe("ProcessPool with a spare worker", { timeout: 120_000 }, () => {
  it.scopedLive("it has no slots and gets no calls while the others live", () =>
    Effect.gen(function*() {
      const { slots, submit } = yield* WorkerPool
      const { serving } = yield* pair
      const calls = Array.from({ length: 8 }, () => callOf("pid"))

      submit(calls)

      const found = outcomes(yield* reportsOf(calls), calls.map(({ id }) => id))
      assert.deepStrictEqual(new Set(found), new Set([serving]))
      assert.strictEqual(slots(), 2)
    }).pipe(Effect.provide(withSpare)))

  it.scopedLive("it takes the place of one that dies, and its successor is the next spare", () =>
    Effect.gen(function*() {
      const { slots, submit } = yield* WorkerPool
      const { list } = yield* WorkerProcesses
      const { serving, spare } = yield* pair
      const running = callOf("wait", [60_000])
      const waiting = [callOf("wait", [60_000]), callOf("pid")]
      submit([running, ...waiting])
      yield* eventually(() => list()[0]?.busy === 2)

      process.kill(serving, "SIGKILL")

      const all = [running, ...waiting]
      const found = outcomes(yield* reportsOf(all), all.map(({ id }) => id))
      assert.deepStrictEqual(found, ["lost", "lost", spare])
      assert.strictEqual(slots(), 2)
      const next = yield* pair
      assert.strictEqual(next.serving, spare)
      assert.notInclude([serving, spare], next.spare)
    }).pipe(Effect.provide(withSpare)))

  it.scopedLive("a call that is to run alone runs in it at once, beside the calls of others", () =>
    Effect.gen(function*() {
      const { submit } = yield* WorkerPool
      const { list } = yield* WorkerProcesses
      const { serving, spare } = yield* pair
      const neighbour = callOf("wait", [60_000])
      submit([neighbour])
      yield* eventually(() => list().some(({ busy }) => busy === 1))
      const suspects = [1, 2].map(() => ({ ...callOf("pid"), alone: true }))
      const other = callOf("pid")

      submit([...suspects, other])

      const ids = [...suspects, other].map(({ id }) => id)
      const found = outcomes(yield* reportsOf([...suspects, other]), ids)
      assert.deepStrictEqual(found, [spare, spare, serving])
    }).pipe(Effect.provide(withSpare)))

  it.scopedLive("one that a call killed is replaced, and others don't notice", () =>
    Effect.gen(function*() {
      const { submit } = yield* WorkerPool
      const { spare } = yield* pair
      const poison = { ...callOf("exit", [3]), alone: true }
      const suspect = { ...callOf("pid"), alone: true }
      const other = callOf("echo", ["1"])

      submit([poison, suspect, other])

      const reports = yield* reportsOf([poison, suspect, other])
      assert.deepInclude(reports.find(({ id }) => id === poison.id), {
        kind: "lost",
        blame: "sole"
      })
      const next = yield* pair
      assert.notStrictEqual(next.spare, spare)
      assert.deepStrictEqual(outcomes(reports, [suspect.id]), [next.spare])
    }).pipe(Effect.provide(withSpare)))

  it.scopedLive("it loads the actions of calls that were made, before and after its start", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const NOTICED = join(folder, "loaded")
      const loaded = () => readFileSync(NOTICED, "utf8").split("\n").filter(Boolean).map(Number)
      const test = Effect.gen(function*() {
        const first = yield* pair
        assert.strictEqual(yield* valueOf("noticed", [], "src/noticed.ts"), first.serving)
        yield* eventually(() => loaded().includes(first.spare))

        process.kill(first.serving, "SIGKILL")
        yield* eventually(() => !isAlive(first.serving))
        const second = yield* pair

        yield* eventually(() => loaded().includes(second.spare))
        assert.deepStrictEqual(loaded(), [first.serving, first.spare, second.spare])
      })
      yield* Effect.provide(test, pool({ workers: 1, spares: 1, env: { NOTICED } }))
    }))

  it.scopedLive("on SIGTERM it leaves, and another is kept ready", () =>
    Effect.gen(function*() {
      const { serving, spare } = yield* pair

      process.kill(spare, "SIGTERM")
      yield* eventually(() => !isAlive(spare))

      const next = yield* pair
      assert.strictEqual(next.serving, serving)
      assert.notStrictEqual(next.spare, spare)
    }).pipe(Effect.provide(withSpare)))
})
