/**
 * Child workflows as users have them, whatever the queue is.
 */
import { assert, it } from "@effect/vitest"
import { Cancelled, RappelClient, type WorkflowFailure } from "@rappel/core"
import { refOfWorkflow } from "@rappel/core/workflow/Workflow"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { beforeEach, describe } from "vitest"
import { eventually } from "../messages/suite.ts"
import * as flows from "./flows.ts"

const { Declined, Go, ledger } = flows

const start = (workflow: any, ...args: ReadonlyArray<unknown>) =>
  Effect.flatMap(RappelClient, (client) => client.start(refOfWorkflow(workflow), args))

const resultOf = (workflow: any, ...args: ReadonlyArray<unknown>) =>
  Effect.flatMap(
    RappelClient,
    (client) => Effect.flatMap(start(workflow, ...args), client.result)
  )

const ledgerHas = (text: string) =>
  eventually(Effect.sync(() => ledger.slice()), (lines) => lines.includes(text))

const statusOf = (id: string) =>
  Effect.flatMap(RappelClient, (client) => Effect.map(client.find(id), ({ status }) => status))

export const suite = (
  name: string,
  layer: Layer.Layer<RappelClient, unknown>,
  { children }: { readonly children: number }
) => {
  const test = <A, E>(title: string, effect: Effect.Effect<A, E, RappelClient>) =>
    it.live(title, () => Effect.provide(effect, layer), 90_000)

  describe(`children (${name})`, () => {
    beforeEach(() => {
      ledger.length = 0
    })

    test(
      "a workflow that is called runs as an instance of its own",
      Effect.gen(function*() {
        const client = yield* RappelClient
        const id = yield* start(flows.awaits, 7)

        assert.deepStrictEqual(yield* client.result(id), [7, true])
        const [child, ...others] = yield* client.list({ parent: id, limit: 10 })
        assert.deepStrictEqual(others, [])
        assert.deepInclude(child, { name: "charge", status: "completed", parent: id, input: "[7]" })
        assert.strictEqual(child!.program, (yield* client.find(id)).program)
        assert.deepStrictEqual(
          (yield* client.history(id)).map(({ kind, message }) => [kind, message]),
          [["settled", child!.id]]
        )
        assert.lengthOf(yield* client.history(child!.id), 1)
      })
    )

    test(
      "its error arrives with its class, in the parent and beyond it",
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* resultOf(flows.awaits, 500), ["declined", 500])
        const failure = yield* Effect.flip(resultOf(flows.lets, 600))
        assert.instanceOf((failure as WorkflowFailure).cause, Declined)
      })
    )

    test(
      `${children} children at once`,
      Effect.gen(function*() {
        const began = Date.now()
        assert.strictEqual(yield* resultOf(flows.fanOut, children), children * (children - 1))
        if (process.env["RAPPEL_TEST_CHILDREN"] !== undefined) {
          yield* Effect.logInfo(`${children} children took ${Date.now() - began} ms`)
        }
      })
    )

    test(
      "classes start themselves, level by level",
      Effect.gen(function*() {
        assert.strictEqual(yield* resultOf(flows.Tree, 4), 16)
      })
    )

    test(
      "a queue with one place carries a family: a parent that awaits holds no place in it",
      Effect.gen(function*() {
        const levels = 4
        assert.strictEqual(yield* resultOf(flows.deep, levels), levels)
        assert.lengthOf(ledger, 3 * levels)
      })
    )

    test(
      "a child that is started has a handle: told, and awaited",
      Effect.gen(function*() {
        const client = yield* RappelClient
        const id = yield* start(flows.starts)

        assert.strictEqual(yield* client.result(id), "went")
        const [child] = yield* client.list({ parent: id, limit: 10 })
        assert.include(ledger, child!.id)
      })
    )

    test(
      "a child that is started goes on when its parent has returned",
      Effect.gen(function*() {
        const client = yield* RappelClient
        const id = (yield* resultOf(flows.leaves)) as string

        yield* client.signal(id, Go, "later")
        assert.strictEqual(yield* client.result(id), "later")
      })
    )

    test(
      "a parent cancels one of its children, which undoes what it did",
      Effect.gen(function*() {
        const client = yield* RappelClient
        const id = yield* start(flows.cancelsOne)
        yield* ledgerHas("one waits")
        yield* client.signal(id, Go, "now")

        assert.strictEqual(yield* client.result(id), "enough")
        assert.include(ledger, "one undone: enough")
      })
    )

    test(
      "a cancellation reaches the children, except those that are to go on",
      Effect.gen(function*() {
        const client = yield* RappelClient
        const id = yield* start(flows.holds)
        for (const child of ["kept", "started", "called"]) yield* ledgerHas(`${child} waits`)
        const [kept, started] = ledger.find((line) => line.length > 70)!.split(" ")
        const all = yield* client.list({ parent: id, limit: 10 })
        const called = all.find((one) => one.id !== kept && one.id !== started)!.id

        yield* client.cancel(id, "all of it")

        const failure = yield* Effect.flip(client.result(id))
        assert.instanceOf((failure as WorkflowFailure).cause, Cancelled)
        for (const child of [started!, called]) {
          yield* Effect.flip(client.result(child))
          assert.strictEqual(yield* statusOf(child), "cancelled")
        }
        yield* ledgerHas("started undone: all of it")
        yield* ledgerHas("called undone: all of it")
        assert.notInclude(["cancelled", "completed"], yield* statusOf(kept!))
        yield* client.signal(kept!, Go, "alone")
        assert.strictEqual(yield* client.result(kept!), "alone")
      })
    )

    test(
      "a termination reaches them too",
      Effect.gen(function*() {
        const client = yield* RappelClient
        const id = yield* start(flows.holds)
        for (const child of ["kept", "started", "called"]) yield* ledgerHas(`${child} waits`)
        yield* client.terminate(id)

        const ended = (found: ReadonlyArray<{ readonly status: string }>) =>
          found.filter(({ status }) => status === "terminated").length === 2
        yield* eventually(client.list({ parent: id, limit: 10 }), ended)
      })
    )
  })
}
