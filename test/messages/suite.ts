/**
 * Signals, updates and cancellation as users have them, whatever the queue and the pool are.
 */
import { assert, it } from "@effect/vitest"
import {
  Cancelled,
  InstanceFinished,
  InstanceNotFound,
  RappelClient,
  SignalSchemaMismatch,
  Terminated,
  UpdateRejected,
  WorkflowFailure
} from "@rappel/core"
import { WORKFLOW } from "@rappel/core/workflow/Workflow"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { beforeEach, describe } from "vitest"
import * as flows from "./flows.ts"

const { Approval, Item, ledger, Quote } = flows

/** Starts a workflow, and answers its id. */
const start = (
  workflow: { readonly [WORKFLOW]: any },
  args: ReadonlyArray<unknown> = [],
  options: Parameters<RappelClient["Type"]["start"]>[2] = {}
) => Effect.flatMap(RappelClient, (client) => client.start(workflow[WORKFLOW], args, options))

export const eventually = <A, E, R>(
  look: Effect.Effect<A, E, R>,
  isThere: (value: A) => boolean
): Effect.Effect<A, E, R> =>
  Effect.flatMap(look, (value) =>
    isThere(value)
      ? Effect.succeed(value)
      : Effect.zipRight(Effect.sleep("5 millis"), eventually(look, isThere)))

const ledgerHas = (text: string) =>
  eventually(Effect.sync(() => ledger.slice()), (lines) => lines.includes(text))

export const suite = (name: string, layer: Layer.Layer<RappelClient, unknown>) => {
  const test = <A, E>(title: string, effect: Effect.Effect<A, E, RappelClient>) =>
    it.live(title, () => Effect.provide(effect, layer), 90_000)

  describe(`messages (${name})`, () => {
    beforeEach(() => {
      ledger.length = 0
    })

    test(
      "a signal that is sent before the wait is kept",
      Effect.gen(function*() {
        const client = yield* RappelClient
        const id = yield* start(flows.approval, ["o1"], { delay: "300 millis" })
        yield* client.signal(id, Approval, { approved: true, by: "Ada" })

        assert.strictEqual(yield* client.result(id), "o1 approved by Ada")
      })
    )

    test(
      "signals arrive once each, in order, however often they are sent",
      Effect.gen(function*() {
        const client = yield* RappelClient
        const id = yield* start(flows.collect, [20])
        for (let i = 0; i < 20; i++) {
          const messageId = `01900000-0000-7000-8000-${String(i).padStart(12, "0")}`
          yield* Effect.all(
            [
              client.signal(id, Item, i, { messageId }),
              client.signal(id, Item, i, { messageId })
            ],
            { concurrency: 2 }
          )
        }

        assert.deepStrictEqual(yield* client.result(id), Array.from({ length: 20 }, (_, i) => i))
        const history = yield* client.history(id)
        assert.lengthOf(history.filter(({ kind }) => kind === "received"), 20)
        assert.deepStrictEqual(yield* client.published(id), { progress: { done: 20, of: 20 } })
      })
    )

    test(
      "a value that does not fit the schema of its channel is refused where it is sent",
      Effect.gen(function*() {
        const client = yield* RappelClient
        const id = yield* start(flows.approval, ["o2"])

        const error = yield* Effect.flip(client.signal(id, Approval, { approved: "yes" }))
        assert.instanceOf(error, SignalSchemaMismatch)
        yield* client.signal(id, "approval", { approved: false, by: "the command line" })
        assert.strictEqual(yield* client.result(id), "refused")
      })
    )

    test(
      "whoever is gone says so",
      Effect.gen(function*() {
        const client = yield* RappelClient
        const id = yield* start(flows.approval, ["o3"])
        yield* client.signal(id, Approval, { approved: false, by: "Ada" })
        yield* client.result(id)

        for (
          const send of [
            client.signal(id, Item, 1),
            client.update(id, Quote, 1),
            client.cancel(id),
            client.terminate(id)
          ]
        ) assert.instanceOf(yield* Effect.flip(send), InstanceFinished)
        const unknown = "01900000-0000-7000-8000-000000000000"
        assert.instanceOf(yield* Effect.flip(client.signal(unknown, Item, 1)), InstanceNotFound)
        assert.instanceOf(yield* Effect.flip(client.cancel("no id")), InstanceNotFound)
      })
    )

    test(
      "a condition comes true by signals",
      Effect.gen(function*() {
        const client = yield* RappelClient
        const id = yield* start(flows.gate)
        for (const item of [1, 10, 100]) yield* client.signal(id, Item, item)

        assert.strictEqual(yield* client.result(id), 111)
      })
    )

    test(
      "an update is answered, or rejected with the error's own class",
      Effect.gen(function*() {
        const client = yield* RappelClient
        const id = yield* start(flows.quotes, [3])

        assert.strictEqual(yield* client.update(id, Quote, 21), 42)
        const error = yield* Effect.flip(client.update(id, Quote, -1))
        assert.instanceOf(error, UpdateRejected)
        assert.instanceOf((error as UpdateRejected).cause, RangeError)
        // The answer to the last one is there although the instance has finished with it.
        assert.strictEqual(yield* client.update(id, Quote, 1), 2)
        assert.strictEqual(yield* client.result(id), "closed")
      })
    )

    test(
      "a cancellation interrupts what runs, and the compensation runs durably",
      Effect.gen(function*() {
        const client = yield* RappelClient
        const id = yield* start(flows.compensated)
        yield* ledgerHas("ride began")

        yield* client.cancel(id, "no more")
        yield* Effect.ignore(client.cancel(id, "again"))

        const error = yield* Effect.flip(client.result(id))
        assert.instanceOf(error, WorkflowFailure)
        const { cause } = error as WorkflowFailure
        assert.instanceOf(cause, Cancelled)
        assert.propertyVal(cause as Cancelled, "reason", "no more")
        assert.strictEqual((yield* client.find(id)).status, "cancelled")
        yield* ledgerHas("ride was interrupted")
        assert.sameMembers(ledger, [
          "booked",
          "ride began",
          "ride was interrupted",
          "undone: no more",
          "cleaned"
        ])
      })
    )

    test(
      "a workflow may catch its cancellation and go on",
      Effect.gen(function*() {
        const client = yield* RappelClient
        const id = yield* start(flows.stubborn)
        // Not when the action has begun: cancelled before its outcome is heard, it would throw.
        yield* eventually(client.history(id), (events) => events.length === 1)
        yield* client.cancel(id)

        assert.strictEqual(yield* client.result(id), "went on")
        assert.strictEqual((yield* client.find(id)).status, "completed")
      })
    )

    test(
      "an instance that is cancelled before its time runs none of its code",
      Effect.gen(function*() {
        const client = yield* RappelClient
        const id = yield* start(flows.compensated, [], { delay: "1 hour" })
        yield* client.cancel(id, "early")

        yield* Effect.flip(client.result(id))
        assert.strictEqual((yield* client.find(id)).status, "cancelled")
        assert.deepStrictEqual(ledger, [])
      })
    )

    test(
      "a termination ends an instance without running its code",
      Effect.gen(function*() {
        const client = yield* RappelClient
        const id = yield* start(flows.compensated)
        yield* ledgerHas("ride began")
        yield* client.terminate(id, "stuck")

        const error = yield* Effect.flip(client.result(id))
        assert.instanceOf((error as WorkflowFailure).cause, Terminated)
        assert.strictEqual((yield* client.find(id)).status, "terminated")
        yield* ledgerHas("ride was interrupted")
        assert.notInclude(ledger.join(), "cleaned")
        assert.strictEqual((yield* client.history(id)).at(-1)?.kind, "terminated")
      })
    )
  })
}
