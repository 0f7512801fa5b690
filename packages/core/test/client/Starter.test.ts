import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { RappelClient } from "../../src/client/RappelClient.ts"
import { LocalDispatcher } from "../../src/dispatcher/LocalDispatcher.ts"
import { QueueUnavailable } from "../../src/queue/QueueError.ts"
import * as QueueMemory from "../../src/queue/QueueMemory.ts"
import { clientOf, makeProbe, program } from "./fakeRunner.ts"

/** This argument is refused, whoever is in the same statement. */
const REFUSED = "refused"

/** A transaction that does not end has this key in hand. */
const HELD = "held"

/** A client beside a dispatcher that notes what it is told; stored starts are answered after a second. */
const beside = Effect.gen(function*() {
  const owners: Array<string | undefined> = []
  const sizes: Array<number> = []
  const announced: Array<string> = []
  const memory = yield* QueueMemory.make
  const probe = yield* makeProbe({
    ...memory,
    start: (batch, owner) =>
      batch.some(({ key }) => key === HELD) ? Effect.never : Effect.zipLeft(
        Effect.suspend(() => {
          owners.push(owner)
          sizes.push(batch.length)
          return batch.some(({ input }) => input.includes(REFUSED)) ? refusal : memory.start(batch)
        }),
        Effect.sleep("1 second")
      )
  })
  const dispatcher = Layer.succeed(LocalDispatcher, {
    id: () => "d1",
    started: (instances) => void announced.push(...instances.map(({ id }) => id)),
    willTell: () => false,
    onEnd: () => () => {},
    status: () => assert.fail("nobody asks")
  })
  return { owners, sizes, announced, layer: Layer.provide(clientOf(probe), dispatcher) }
})

const refusal = new QueueUnavailable({
  operation: "start instances",
  retryable: false,
  cause: new Error("invalid data")
})

const items = (count: number) => Array.from({ length: count }, (_, i) => ({ args: [i] }))

describe("many starts beside a dispatcher", () => {
  it.effect("are its own, except those that wait for their time", () =>
    Effect.gen(function*() {
      const { announced, layer, owners } = yield* beside
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const starting = yield* Effect.fork(client.startMany(program, [
          ...items(2),
          { args: [], options: { delay: "1 hour" } }
        ]))
        yield* TestClock.adjust("1 second")
        const ids = yield* Fiber.join(starting)

        assert.deepStrictEqual(owners, ["d1"])
        assert.deepStrictEqual(announced, ids.slice(0, 2))
      }).pipe(Effect.provide(layer))
    }))

  it.effect("are left to all when they are more than one batch", () =>
    Effect.gen(function*() {
      const { announced, layer, owners } = yield* beside
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const starting = yield* Effect.fork(client.startMany(program, items(501)))
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(starting)

        assert.deepStrictEqual(owners, [undefined])
        assert.deepStrictEqual(announced, [])
      }).pipe(Effect.provide(layer))
    }))

  it.effect("are told to it also when the caller has gone meanwhile", () =>
    Effect.gen(function*() {
      const { announced, layer } = yield* beside
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const starting = yield* Effect.fork(client.startMany(program, items(3)))
        yield* TestClock.adjust("500 millis")
        yield* Fiber.interrupt(starting)
        assert.lengthOf(announced, 0)
        yield* TestClock.adjust("1 second")

        assert.lengthOf(announced, 3)
      }).pipe(Effect.provide(layer))
    }))

  it.effect("go with those of other callers that came while a batch was on its way", () =>
    Effect.gen(function*() {
      const { announced, layer, sizes } = yield* beside
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const first = yield* Effect.fork(client.startMany(program, items(2)))
        yield* TestClock.adjust("500 millis")
        const others = yield* Effect.fork(Effect.all([
          client.startMany(program, items(300)),
          client.startMany(program, items(0)),
          Effect.map(client.start(program, [1]), (id) => [id]),
          client.startMany(program, items(199)),
          client.startMany(program, items(3))
        ], { concurrency: "unbounded" }))
        yield* TestClock.adjust("2500 millis")
        const ids = [yield* Fiber.join(first), ...yield* Fiber.join(others)]

        assert.deepStrictEqual(sizes, [2, 500, 3])
        assert.deepStrictEqual(ids.map(({ length }) => length), [2, 300, 0, 1, 199, 3])
        assert.deepStrictEqual(announced, ids.flat())
      }).pipe(Effect.provide(layer))
    }))

  it.effect("do not wait for a start whose key somebody has in hand", () =>
    Effect.gen(function*() {
      const { layer } = yield* beside
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        yield* Effect.fork(client.start(program, [1], { key: HELD }))
        yield* Effect.yieldNow()
        const starting = yield* Effect.fork(Effect.all([
          client.start(program, [2]),
          client.startMany(program, items(2))
        ], { concurrency: "unbounded" }))
        yield* TestClock.adjust("1 second")

        assert.lengthOf((yield* Fiber.join(starting)).flat(), 3)
      }).pipe(Effect.provide(layer))
    }))

  it.effect("go without others when their inputs are large", () =>
    Effect.gen(function*() {
      const { layer, sizes } = yield* beside
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const large = { args: ["x".repeat(9 * 1024 * 1024)] }
        const starting = yield* Effect.fork(Effect.all([
          client.startMany(program, [large]),
          client.startMany(program, items(2)),
          client.startMany(program, [large]),
          client.startMany(program, [large, large]),
          client.startMany(program, items(1))
        ], { concurrency: "unbounded" }))
        yield* TestClock.adjust("4 seconds")
        yield* Fiber.join(starting)

        assert.deepStrictEqual(sizes, [3, 1, 2, 1])
      }).pipe(Effect.provide(layer))
    }))

  it.effect("are stored though the data of another caller are refused", () =>
    Effect.gen(function*() {
      const { announced, layer } = yield* beside
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const starting = yield* Effect.fork(Effect.all([
          client.startMany(program, items(2)),
          Effect.flip(client.startMany(program, [...items(1), { args: [REFUSED] }])),
          Effect.flip(client.start(program, [REFUSED])),
          client.startMany(program, items(3))
        ], { concurrency: "unbounded" }))
        yield* TestClock.adjust("10 seconds")
        const [before, many, one, after] = yield* Fiber.join(starting)

        assert.deepStrictEqual([many, one], [refusal, refusal])
        assert.deepStrictEqual(announced, [...before, ...after])
      }).pipe(Effect.provide(layer))
    }))
})
