import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { InstanceNotFound, WorkflowFailure } from "../../src/client/ClientError.ts"
import { type OnResult, RappelClient } from "../../src/client/RappelClient.ts"
import { encodeError } from "../../src/value/Value.ts"
import { clientOf, makeProbe, type Probe, program } from "./fakeRunner.ts"

const UNKNOWN = "00000000-0000-7000-8000-000000000000"

/** Awaits three instances and one that nobody knows. */
const awaiting = <A>(
  onResult: OnResult,
  test: (awaited: {
    readonly ids: ReadonlyArray<string>
    readonly waiting: Fiber.Fiber<void>
    readonly end: (nth: number, outcome: Parameters<Probe["end"]>[1]) => Effect.Effect<void>
    /** How often the queue was asked for instances. */
    readonly finds: () => number
  }) => Effect.Effect<A, unknown, RappelClient>
) =>
  Effect.gen(function*() {
    const probe = yield* makeProbe({ pollMillis: 1000 })
    yield* Effect.gen(function*() {
      const client = yield* RappelClient
      const ids = yield* client.startMany(program, [{ args: [] }, { args: [] }, { args: [] }])
      const waiting = yield* Effect.fork(client.results([...ids, UNKNOWN], onResult))
      const end: Parameters<typeof test>[0]["end"] = (nth, outcome) =>
        Effect.zipRight(probe.end(ids[nth]!, outcome), TestClock.adjust("1 second"))
      yield* TestClock.adjust("10 millis")
      yield* test({ ids, waiting, end, finds: () => probe.calls["find"]! })
    }).pipe(Effect.provide(clientOf(probe)))
  })

const returned = (value: string) => ({ ok: true, value: JSON.stringify(value) }) as const

describe("results", () => {
  it.effect("are told as they come, and end when all were told", () => {
    const told: Array<readonly [number, Exit.Exit<unknown, unknown>]> = []
    return awaiting(
      (exit, i) => told.push([i, exit]),
      ({ end, ids, waiting }) =>
        Effect.gen(function*() {
          assert.deepStrictEqual(told, [
            [3, Exit.fail(new InstanceNotFound({ instanceId: UNKNOWN }))]
          ])
          yield* end(2, returned("second"))
          yield* end(0, { ok: false, error: encodeError(new RangeError("thrown")) })
          assert.deepStrictEqual(told[1], [2, Exit.succeed("second")])
          const [nth, failed] = told[2]!
          const failure = Exit.isFailure(failed) ? Cause.squash(failed.cause) : undefined
          assert.strictEqual(nth, 0)
          assert.instanceOf(failure, WorkflowFailure)
          assert.deepInclude(failure, { instanceId: ids[0]!, cause: new RangeError("thrown") })
          assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))

          yield* end(1, returned("first"))
          yield* Fiber.join(waiting)
          assert.deepStrictEqual(told[3], [1, Exit.succeed("first")])
        })
    )
  })

  it.effect("are told no more once the wait has ended", () => {
    const told: Array<number> = []
    return awaiting((_, i) => told.push(i), ({ end, waiting }) =>
      Effect.gen(function*() {
        yield* end(1, returned("first"))
        yield* Fiber.interrupt(waiting)
        yield* end(0, returned("none"))
        assert.deepStrictEqual(told, [3, 1])
      }))
  })

  it.effect("end with what the listener throws, and the others' waits go on", () =>
    awaiting((_, i) => {
      if (i === 1) throw new RangeError("of the listener")
    }, ({ end, finds, ids, waiting }) =>
      Effect.gen(function*() {
        const client = yield* RappelClient
        const other = yield* Effect.fork(client.result(ids[1]!))
        yield* TestClock.adjust("10 millis")
        yield* end(1, returned("first"))
        const exit = yield* Fiber.await(waiting)
        assert.deepStrictEqual(exit, Exit.die(new RangeError("of the listener")))
        assert.strictEqual(yield* Fiber.join(other), "first")
        const before = finds()
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual(finds(), before, "nobody waits for the rest any more")
      })))

  it.effect("of no instances end at once", () =>
    Effect.gen(function*() {
      const client = yield* RappelClient
      yield* client.results([], () => assert.fail("nothing to tell"))
    }).pipe(Effect.provide(Effect.map(makeProbe(), clientOf).pipe(Effect.runSync))))
})
