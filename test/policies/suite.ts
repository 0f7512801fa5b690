/**
 * What policies do to calls, whatever the queue and the pool are.
 */
import { assert, it } from "@effect/vitest"
import { RappelClient } from "@rappel/core"
import { decodeAttempt, decodeFailed } from "@rappel/core/dispatcher/EventCodec"
import type { StoredEvent } from "@rappel/core/queue/Queue"
import { WORKFLOW } from "@rappel/core/workflow/Workflow"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { beforeEach, describe } from "vitest"
import { eventually } from "../messages/suite.ts"
import * as flows from "./flows.ts"

const { ledger } = flows

export interface World {
  /** What the waits of the flows are made of, in milliseconds. */
  readonly unit: number
  /** Awaits an effect; a test clock moves on meanwhile. */
  readonly pass: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

const counts = (history: ReadonlyArray<StoredEvent>) =>
  history.filter(({ kind }) => kind === "attempt").map(({ payload }) => {
    const { count, kind, missed } = decodeAttempt(payload!)
    return `${missed === true ? "silent" : kind} ${count}`
  })

export const suite = (
  name: string,
  layer: Layer.Layer<RappelClient, unknown>,
  { pass, unit }: World
) => {
  const run = (workflow: { readonly [WORKFLOW]: any }, args: ReadonlyArray<unknown>) =>
    Effect.gen(function*() {
      const client = yield* RappelClient
      const id = yield* client.start(workflow[WORKFLOW], args)
      const result = yield* pass(client.result(id))
      return { result, history: yield* client.history(id) }
    })
  const test = <A, E>(title: string, effect: Effect.Effect<A, E, RappelClient>) =>
    it.scopedLive(title, () => Effect.provide(effect, layer), 60_000)

  describe(`policies (${name})`, () => {
    beforeEach(() => {
      ledger.length = 0
    })

    test(
      "a failed call runs again, after waits that are stored",
      Effect.gen(function*() {
        const { history, result } = yield* run(flows.retried, [3, 5, unit])

        assert.strictEqual(result, 4)
        const waits = history.filter(({ kind }) => kind === "attempt").map(({ at, payload }) =>
          (decodeAttempt(payload!).retryAt - at) / unit
        )
        assert.deepStrictEqual(waits, [1, 2, 3])
      })
    )

    test(
      "the last error is thrown, with the number of attempts on it",
      Effect.gen(function*() {
        const { history, result } = yield* run(flows.retried, [9, 3, unit])

        assert.deepStrictEqual(result, { name: "Busy", message: "busy 503", attempts: 3 })
        assert.deepStrictEqual(counts(history), ["failed 1", "failed 2"])
        assert.deepStrictEqual(ledger, ["retried 1", "retried 2", "retried 3"])
      })
    )

    test(
      "predicates run in the program, with its variables, and their answers are stored",
      Effect.gen(function*() {
        const { history, result } = yield* run(flows.judged, [[501, 502], unit])

        assert.deepStrictEqual(result, {
          name: "Busy",
          message: "busy 503",
          attempts: 3,
          seen: [501, 502, 503]
        })
        const failures = history.filter(({ kind }) => kind === "failed").map(({ at, payload }) => {
          const { count, retryAt } = decodeFailed(payload!)
          return [count, retryAt === null ? null : retryAt - at]
        })
        assert.deepStrictEqual(failures, [[1, unit / 2], [2, unit / 2], [3, null]])
      })
    )

    test(
      "an execution that takes too long is interrupted, and counted apart",
      Effect.gen(function*() {
        const { history, result } = yield* run(flows.timedOut, [unit])

        assert.deepInclude(result, { name: "ActionTimeout", limit: "timeout", timeouts: 3 })
        assert.deepStrictEqual(counts(history), ["timeout 1", "timeout 2"])
        assert.includeMembers(ledger, ["timedOut 1 aborted", "timedOut 2 aborted"])
      })
    )

    test(
      "no execution is waited for that would begin after the deadline",
      Effect.gen(function*() {
        const { result } = yield* run(flows.overdueWaiting, [unit])

        // 1 + 2 + 4 units of waits are in time, 8 more are not.
        assert.deepStrictEqual(result, { name: "Busy", message: "busy 504", attempts: 4 })
      })
    )

    test(
      "a deadline ends an execution that runs",
      Effect.gen(function*() {
        const { history, result } = yield* run(flows.overdueRunning, [unit])

        assert.deepInclude(result, { name: "ActionTimeout", limit: "deadline", timeouts: 0 })
        assert.deepStrictEqual(history.map(({ kind }) => kind), ["settled"])
        // The workflow goes on at once; the worker hears of it a moment later.
        yield* pass(eventually(Effect.sync(() => ledger.join()), (all) => all.endsWith("aborted")))
        assert.deepStrictEqual(ledger, ["overdueRunning 1", "overdueRunning 1 aborted"])
      })
    )

    test(
      "an execution that falls silent is timed out, and the next one knows how far it was",
      Effect.gen(function*() {
        const { history, result } = yield* run(flows.climbs, [unit])

        assert.strictEqual(result, 3)
        assert.deepStrictEqual(ledger, [
          ...[0, 1, 2].map((step) => `climb 1 at ${step}`),
          ...[3, 4, 5].map((step) => `climb 2 at ${step}`),
          ...[6, 7].map((step) => `climb 3 at ${step}`)
        ])
        assert.deepStrictEqual(counts(history), ["silent 1", "silent 2"])
      })
    )

    test(
      "missed heartbeats are bounded as timeouts are",
      Effect.gen(function*() {
        const { result } = yield* run(flows.silent, [unit])

        assert.deepInclude(result, { name: "ActionTimeout", limit: "heartbeat", timeouts: 2 })
      })
    )

    test(
      "errors and timeouts have a count each",
      Effect.gen(function*() {
        const { history, result } = yield* run(flows.counted, [unit])

        assert.deepStrictEqual(result, { name: "Busy", message: "busy 5", attempts: 3 })
        assert.deepStrictEqual(counts(history), ["failed 1", "timeout 1", "failed 2", "timeout 2"])
      })
    )
  })
}
