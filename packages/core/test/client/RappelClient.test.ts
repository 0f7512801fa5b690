import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { WorkflowFailure } from "../../src/client/ClientError.ts"
import { RappelClient } from "../../src/client/RappelClient.ts"
import { KeyTaken, QueueUnavailable } from "../../src/queue/QueueError.ts"
import * as QueueMemory from "../../src/queue/QueueMemory.ts"
import { encodeError, encodeValue } from "../../src/value/Value.ts"
import { clientOf, makeProbe, program } from "./fakeRunner.ts"

const ok = (value: unknown) => ({ ok: true, value: encodeValue(value) }) as const

const outage = (retryable: boolean) =>
  new QueueUnavailable({ operation: "answer", retryable, cause: new Error("gone") })

/** Lets all fibers run until none has anything to do at this time. */
const settle = TestClock.adjust(0)

describe("RappelClient", () => {
  it.effect("a result is decoded, and awaited from the id as well", () =>
    Effect.gen(function*() {
      const probe = yield* makeProbe()
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const id = yield* client.start(program, ["u1"])
        const waiting = yield* Effect.fork(client.result(id))
        yield* settle

        yield* probe.end(id, ok(new Map([["a", 1n]])))

        assert.deepStrictEqual(yield* Fiber.join(waiting), new Map([["a", 1n]]))
        assert.deepStrictEqual(yield* client.result(id), new Map([["a", 1n]]))
        assert.strictEqual((yield* client.find(id)).status, "completed")
      }).pipe(Effect.provide(clientOf(probe)))
    }))

  it.effect("an id that nobody knows fails at once", () =>
    Effect.gen(function*() {
      const client = yield* RappelClient

      const error = yield* Effect.flip(client.result("0197a0c0-0000-7000-8000-000000000000"))

      assert.strictEqual(error._tag, "InstanceNotFound")
    }).pipe(Effect.provide(clientOf(Effect.runSync(makeProbe())))))

  it.effect("a look that began before the start was stored finds no fault with it", () =>
    Effect.gen(function*() {
      const memory = yield* QueueMemory.make
      const probe = yield* makeProbe({
        ...memory,
        pollMillis: 1000,
        start: (batch) => Effect.delay(memory.start(batch), "1500 millis"),
        find: (ids) => Effect.delay(memory.find(ids), 0).pipe(Effect.tap(Effect.sleep("1 second")))
      })
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const running = yield* Effect.fork(client.execute(program, []))

        // The poll asks at 1 s, the start is stored at 1.5 s, the answer comes at 2 s.
        yield* TestClock.adjust("5 seconds")

        assert.isAbove(probe.calls["find"]!, 0)
        assert.isTrue(Option.isNone(yield* Fiber.poll(running)))
      }).pipe(Effect.provide(clientOf(probe)))
    }))

  it.effect("a failure carries what the workflow threw", () =>
    Effect.gen(function*() {
      const probe = yield* makeProbe()
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const running = yield* Effect.fork(client.execute(program, []))
        yield* settle
        const [record] = yield* client.list({ limit: 1 })

        yield* probe.end(record!.id, { ok: false, error: encodeError(new RangeError("too far")) })

        const failure = yield* Effect.flip(Fiber.join(running))
        assert.instanceOf(failure, WorkflowFailure)
        assert.instanceOf(failure.cause, RangeError)
        assert.include(failure.message, "greeting failed with RangeError: too far")
        assert.include(failure.message, record!.id)
      }).pipe(Effect.provide(clientOf(probe)))
    }))

  it.effect("many waits cost one find per hint, none while nothing happens", () =>
    Effect.gen(function*() {
      const probe = yield* makeProbe()
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const running = yield* Effect.forEach(
          Array.from({ length: 200 }, (_, i) => i),
          (i) => Effect.fork(client.execute(program, [i]))
        )
        yield* settle
        const records = yield* client.list({ limit: 1000 })
        assert.lengthOf(records, 200)
        assert.isBelow(probe.calls["start"]!, 5)
        assert.strictEqual(probe.calls["putPrograms"], 1)
        const before = probe.calls["find"] ?? 0

        yield* TestClock.adjust("1 hour")
        assert.strictEqual(probe.calls["find"] ?? 0, before)

        for (const { id, input } of records) yield* probe.end(id, ok(JSON.parse(input)[0]))
        const results = yield* Effect.forEach(running, Fiber.join)
        assert.deepStrictEqual(results, Array.from({ length: 200 }, (_, i) => i))
      }).pipe(Effect.provide(clientOf(probe)))
    }))

  it.effect("without any hint the poll finds the end, with one statement for all", () =>
    Effect.gen(function*() {
      const probe = yield* makeProbe({ listen: () => Effect.void, pollMillis: 1000 })
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const a = yield* client.start(program, ["a"])
        const b = yield* client.start(program, ["b"])
        const waiting = yield* Effect.fork(
          Effect.all([client.result(a), client.result(b)], { concurrency: 2 })
        )
        yield* settle
        yield* probe.end(a, ok("A"))
        yield* probe.end(b, ok("B"))
        const before = probe.calls["find"]!

        yield* TestClock.adjust("1 second")

        assert.deepStrictEqual(yield* Fiber.join(waiting), ["A", "B"])
        assert.strictEqual(probe.calls["find"], before + 1)
      }).pipe(Effect.provide(clientOf(probe)))
    }))

  it.effect("an outage is waited out, by a start and by a wait", () =>
    Effect.gen(function*() {
      const probe = yield* makeProbe()
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        probe.failing.set("start", outage(true))
        const starting = yield* Effect.fork(client.start(program, []))
        yield* TestClock.adjust("300 millis")
        assert.isAbove(probe.calls["start"]!, 1)
        probe.failing.delete("start")
        yield* TestClock.adjust("5 seconds")
        const id = yield* Fiber.join(starting)
        assert.lengthOf(yield* client.list({ limit: 10 }), 1)
        assert.strictEqual(probe.calls["putPrograms"], 1, "programs are not sent again")

        probe.failing.set("find", outage(true))
        const waiting = yield* Effect.fork(client.result(id))
        yield* probe.end(id, ok("done"))
        yield* TestClock.adjust("1 minute")
        probe.failing.delete("find")
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(waiting), "done")
      }).pipe(Effect.provide(clientOf(probe)))
    }))

  it.effect("a store that will not come back fails starts and waits", () =>
    Effect.gen(function*() {
      const probe = yield* makeProbe()
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const id = yield* client.start(program, [])
        probe.failing.set("start", outage(false)).set("find", outage(false))

        assert.strictEqual((yield* Effect.flip(client.start(program, [])))._tag, "QueueUnavailable")
        assert.strictEqual((yield* Effect.flip(client.result(id)))._tag, "QueueUnavailable")
      }).pipe(Effect.provide(clientOf(probe)))
    }))

  it.effect("a key gives the instance that holds it, or refuses other input", () =>
    Effect.gen(function*() {
      const probe = yield* makeProbe()
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const first = yield* client.start(program, ["u1"], { key: "k" })
        const others = yield* Effect.forEach(
          [client.start(program, ["u1"], { key: "k" }), client.start(program, ["u1"])],
          (start) => start,
          { concurrency: 2 }
        )
        assert.strictEqual(others[0], first)
        assert.notStrictEqual(others[1], first)

        const [refused, free] = yield* Effect.all([
          Effect.flip(client.start(program, ["u2"], { key: "k" })),
          client.start(program, ["u2"])
        ], { concurrency: 2 })
        assert.instanceOf(refused, KeyTaken)
        assert.isString(free)

        const again = yield* Effect.fork(client.execute(program, ["u1"], { key: "k" }))
        yield* settle
        yield* probe.end(first, ok("once"))
        assert.strictEqual(yield* Fiber.join(again), "once")
      }).pipe(Effect.provide(clientOf(probe)))
    }))

  it.effect("a start with an id can be repeated, also when the instance has ended", () =>
    Effect.gen(function*() {
      const probe = yield* makeProbe()
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const id = "0197a0c0-0000-7000-8000-00000000000a"
        assert.strictEqual(yield* client.start(program, [], { id }), id)
        yield* probe.end(id, ok(7))

        assert.strictEqual(yield* client.execute(program, [], { id }), 7)
      }).pipe(Effect.provide(clientOf(probe)))
    }))

  it.effect("arguments that cannot be stored are refused before anything is", () =>
    Effect.gen(function*() {
      const probe = yield* makeProbe()
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const error = yield* Effect.flip(client.start(program, [{ onDone: () => {} }]))

        assert.strictEqual(error._tag, "ArgumentsNotStorable")
        assert.match(error.message, /greeting.*onDone/)
        assert.isUndefined(probe.calls["start"])
      }).pipe(Effect.provide(clientOf(probe)))
    }))

  it.effect("a start by name takes the newest program of that name", () =>
    Effect.gen(function*() {
      const probe = yield* makeProbe()
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const missing = yield* Effect.flip(client.start({ kind: "name", name: "greeting" }, []))
        assert.strictEqual(missing._tag, "ProgramNotFound")

        yield* client.start(program, [])
        const id = yield* client.start({ kind: "name", name: "greeting" }, ["u1"])
        assert.strictEqual((yield* client.find(id)).program, "h1")
      }).pipe(Effect.provide(clientOf(probe)))
    }))

  it.effect("a delay is kept, and a bad one is refused", () =>
    Effect.gen(function*() {
      const probe = yield* makeProbe()
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        yield* client.start(program, [], { delay: "1 hour" })
        assert.strictEqual((yield* probe.queue.claim("d1", 1)).nextDueAt, 3_600_000)

        const refused = yield* Effect.flip(client.start(program, [], { delay: "soon" }))
        assert.strictEqual(refused._tag, "InvalidStartOption")
        assert.match(refused.message, /The start option `delay` cannot be used: .*soon/)
      }).pipe(Effect.provide(clientOf(probe)))
    }))

  it.effect("many starts are one call of the queue, each with its options, all or none", () =>
    Effect.gen(function*() {
      const probe = yield* makeProbe()
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const items = Array.from({ length: 10_000 }, (_, i) => ({ args: [i] }))

        const ids = yield* client.startMany(program, [
          ...items,
          { args: ["last"], options: { key: "k", tags: ["vip"] } }
        ])

        assert.strictEqual(probe.calls["start"], 1)
        assert.strictEqual(probe.calls["putPrograms"], 1)
        assert.lengthOf(new Set(ids), 10_001)
        assert.strictEqual((yield* client.find(ids[17]!)).input, "[17]")
        assert.deepInclude(yield* client.find(ids[10_000]!), { key: "k", tags: ["vip"] })

        const refused = yield* Effect.flip(
          client.startMany(program, [{ args: ["new"] }, { args: ["x"], options: { key: "k" } }])
        )
        assert.instanceOf(refused, KeyTaken)
        assert.lengthOf(yield* client.list({ limit: 20_000 }), 10_001)

        const tooMany = yield* Effect.flip(
          client.startMany(program, Array.from({ length: 20_001 }, () => ({ args: [] })))
        )
        assert.include(tooMany.message, "20001 starts are too many for one call")
        assert.deepStrictEqual(yield* client.startMany(program, []), [])
      }).pipe(Effect.provide(clientOf(probe)))
    }))

  it.effect("an interrupted wait leaves the others", () =>
    Effect.gen(function*() {
      const probe = yield* makeProbe()
      yield* Effect.gen(function*() {
        const client = yield* RappelClient
        const id = yield* client.start(program, [])
        const one = yield* Effect.fork(client.result(id))
        const two = yield* Effect.fork(client.result(id))
        yield* settle
        yield* Fiber.interrupt(one)

        yield* probe.end(id, ok(1))

        assert.strictEqual(yield* Fiber.join(two), 1)
      }).pipe(Effect.provide(clientOf(probe)))
    }))
})
