import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { RappelClient } from "../../src/client/RappelClient.ts"
import { type EndedHere, LocalDispatcher } from "../../src/dispatcher/LocalDispatcher.ts"
import type { Wake } from "../../src/queue/Queue.ts"
import { clientOf, makeProbe, program } from "./fakeRunner.ts"

/** A client beside a dispatcher that tells of the end of what stands in `told`. */
const beside = Effect.gen(function*() {
  const told = new Set<string>()
  const listeners = new Set<(end: EndedHere) => void>()
  const hearers = new Set<(wake: Wake) => void>()
  const subscribed = { times: 0 }
  const listen = (hear: (wake: Wake) => void) =>
    Effect.sync(() => {
      subscribed.times++
      hearers.add(hear)
    })
  const wake = (wake: Wake) => hearers.forEach((hear) => hear(wake))
  const probe = yield* makeProbe({ listen, pollMillis: 1000 })
  const dispatcher = Layer.succeed(LocalDispatcher, {
    id: () => "d1",
    started: (instances) => instances.forEach(({ id }) => told.add(id)),
    willTell: (id) => told.has(id),
    onEnd: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    status: () => assert.fail("nobody asks")
  })
  const end = (id: string, value: string) => {
    told.delete(id)
    const outcome = { ok: true, value: JSON.stringify(value) } as const
    for (const listener of listeners) listener({ id, name: "greeting", program: "h1", outcome })
  }
  return { told, end, probe, subscribed, wake, layer: Layer.provide(clientOf(probe), dispatcher) }
})

/** What is started beside the dispatcher, and awaited by its ids. */
const startTwo = Effect.gen(function*() {
  const client = yield* RappelClient
  const ids = yield* client.startMany(program, [{ args: ["a"] }, { args: ["b"] }])
  const waiting = yield* Effect.fork(
    Effect.forEach(ids, (id) => client.result(id), { concurrency: 2 })
  )
  yield* TestClock.adjust("3 seconds")
  return { ids, waiting } as const
})

describe("awaiting beside a dispatcher", () => {
  it.effect("an end that it will tell is not looked for", () =>
    Effect.gen(function*() {
      const { end, layer, probe, wake } = yield* beside
      yield* Effect.gen(function*() {
        const { ids, waiting } = yield* startTwo
        wake({ kind: "finished", ids })
        yield* TestClock.adjust("10 millis")
        assert.isUndefined(probe.calls["find"])
        for (const id of ids) end(id, `end of ${ids.indexOf(id)}`)
        assert.deepStrictEqual(yield* Fiber.join(waiting), ["end of 0", "end of 1"])
        assert.isUndefined(probe.calls["find"])
      }).pipe(Effect.provide(layer))
    }))

  it.effect("the poll finds the end of what it lost", () =>
    Effect.gen(function*() {
      const { layer, probe, told } = yield* beside
      yield* Effect.gen(function*() {
        const { ids, waiting } = yield* startTwo
        told.clear()
        for (const id of ids) {
          yield* probe.endOwned(id, { ok: true, value: "\"elsewhere\"" })
        }
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* Fiber.join(waiting), ["elsewhere", "elsewhere"])
      }).pipe(Effect.provide(layer))
    }))

  it.effect("what had ended before is found at once", () =>
    Effect.gen(function*() {
      const { layer, probe, told } = yield* beside
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const [id] = yield* client.startMany(program, [{ args: ["a"] }])
        told.clear()
        yield* probe.endOwned(id!, { ok: true, value: "\"early\"" })
        assert.strictEqual(yield* client.result(id!), "early")
      }).pipe(Effect.provide(layer))
    }))

  it.effect("calls one after another share a subscription, which ends after a rest", () =>
    Effect.gen(function*() {
      const { end, layer, subscribed } = yield* beside
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const one = Effect.gen(function*() {
          const [id] = yield* client.startMany(program, [{ args: ["a"] }])
          const waiting = yield* Effect.fork(client.result(id!))
          yield* TestClock.adjust("1 millis")
          end(id!, "done")
          assert.strictEqual(yield* Fiber.join(waiting), "done")
        })
        for (let nth = 0; nth < 20; nth++) {
          yield* one
          yield* TestClock.adjust("50 millis")
        }
        assert.strictEqual(subscribed.times, 1)

        yield* TestClock.adjust("2 seconds")
        yield* one
        assert.strictEqual(subscribed.times, 2)
      }).pipe(Effect.provide(layer))
    }))
})
