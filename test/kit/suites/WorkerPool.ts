/**
 * What every pool of workers owes the dispatcher, whatever its workers are.
 *
 * @since 0.1.0
 */
import { assert, layer as shared } from "@effect/vitest"
import { decodeError, decodeValue, encodeValue, type ValueHost } from "@rappel/core/value/Value"
import { classRef } from "@rappel/core/worker/classRef"
import { type CallReport, type CallRequest, WorkerPool } from "@rappel/core/worker/WorkerPool"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { Declined, Money } from "./poolActions.ts"

export const FILE = "test/kit/suites/poolActions.ts"

let lastId = 0

/** A call of one of `poolActions.ts`. */
export const callOf = (
  exportName: string,
  args: ReadonlyArray<unknown> = [],
  file = FILE
): CallRequest => ({
  id: ++lastId,
  instanceId: "00000000-0000-7000-8000-000000000001",
  effect: 7,
  action: `${file}#${exportName}`,
  file,
  exportName,
  args: encodeValue(args, values),
  attempt: 2
})

/** The classes that this side knows, named as the compiler names those of a program. */
const values: ValueHost = {
  classOf: (prototype) => {
    const ref = classRef(prototype)
    return ref && { ...ref, module: FILE, export: ref.name }
  },
  prototypeOf: ({ name }) =>
    name === "Declined" ? Declined.prototype : name === "Money" ? Money.prototype : undefined
}

/** Submits calls and waits for all their reports, in the order of their arrival. */
export const run = (calls: ReadonlyArray<CallRequest>) =>
  Effect.gen(function*() {
    const pool = yield* WorkerPool
    pool.submit(calls)
    return yield* reportsOf(calls)
  })

/** Reads until each of the calls is reported; others in between are answered too. */
export const reportsOf = (calls: ReadonlyArray<CallRequest>) =>
  Effect.gen(function*() {
    const pool = yield* WorkerPool
    const open = new Set(calls.map(({ id }) => id))
    const reports: Array<CallReport> = []
    while (open.size > 0) {
      const [batch] = yield* pool.reports.takeAll
      reports.push(...Chunk.toReadonlyArray(batch))
      for (const { id } of batch) open.delete(id)
    }
    return reports
  })

const outcome = (exportName: string, args: ReadonlyArray<unknown> = [], file?: string) =>
  Effect.map(run([callOf(exportName, args, file)]), ([report]) => report!)

const valueOf = (exportName: string, args: ReadonlyArray<unknown> = []) =>
  Effect.map(outcome(exportName, args), (report) => {
    assert.strictEqual(report.kind, "succeeded", JSON.stringify(report))
    return report.kind === "succeeded" ? decodeValue(report.value, values) : undefined
  })

const errorOf = (exportName: string, args: ReadonlyArray<unknown> = [], file?: string) =>
  Effect.map(outcome(exportName, args, file), (report) => {
    assert.strictEqual(report.kind, "failed", JSON.stringify(report))
    return report.kind === "failed" ? decodeError(report.error, values) as Error : undefined
  })

/** `pool` has 10 slots or more; its source finds `FILE` in the root of the repository. */
export const suite = (name: string, pool: Layer.Layer<WorkerPool, unknown>) =>
  shared(pool, { excludeTestServices: true, timeout: "60 seconds" })(
    `WorkerPool (${name})`,
    (it) => {
      it.effect("values keep their type in both directions", () =>
        Effect.gen(function*() {
          const args = [
            "é€😀 \ud800",
            -0,
            Number.NaN,
            undefined,
            null,
            12n,
            new Date(5),
            new Map([["a", new Set([1])]]),
            new Uint8Array([1, 2]),
            { nested: [{ deep: true }] }
          ]
          assert.deepStrictEqual(yield* valueOf("echo", args), args)
          assert.isUndefined(yield* valueOf("first", [undefined]))
        }))

      it.effect("an alias stays one object, and none of it is the caller's", () =>
        Effect.gen(function*() {
          const alias = { n: 1 }
          const [a, b] = yield* Effect.map(
            valueOf("echo", [alias, alias]),
            (result) => result as ReadonlyArray<unknown>
          )
          assert.strictEqual(a, b)
          assert.notStrictEqual(a, alias)
        }))

      it.effect("an instance of the program's class arrives as one", () =>
        Effect.gen(function*() {
          assert.strictEqual(yield* valueOf("euros", [new Money(250)]), 2.5)
        }))

      it.effect("a failure keeps name, message, fields and class", () =>
        Effect.gen(function*() {
          const error = yield* errorOf("decline", ["card_expired"])
          assert.instanceOf(error, Declined)
          assert.strictEqual(error.name, "Declined")
          assert.strictEqual(error.message, "The card was declined")
          assert.strictEqual(error.code, "card_expired")
          assert.include(error.stack, "poolActions.ts")
        }))

      it.effect("what is thrown need not be an error", () =>
        Effect.gen(function*() {
          assert.strictEqual(yield* errorOf("throwText"), "no error at all" as unknown as Error)
        }))

      it.effect("a result that cannot be stored fails the call and names the path", () =>
        Effect.gen(function*() {
          const error = yield* errorOf("giveFunction")
          assert.strictEqual(error?.name, "ValueNotStorable")
          assert.include(error?.message, "order.run")
        }))

      it.effect("an action may return an Effect", () =>
        Effect.gen(function*() {
          assert.strictEqual(yield* valueOf("effectful", [21]), 42)
          const error = yield* errorOf("effectFails")
          assert.instanceOf(error, Declined)
        }))

      it.effect("the schemas of an action are held at its border", () =>
        Effect.gen(function*() {
          assert.strictEqual(yield* valueOf("parsed", ["2026-11-23"]), 23)
          assert.strictEqual((yield* errorOf("parsed", [12]))?.name, "ActionSchemaMismatch")
        }))

      it.effect("the current call is known in the action", () =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* valueOf("whoCalls"), {
            attempt: 2,
            effect: 7,
            instanceId: "00000000-0000-7000-8000-000000000001"
          })
        }))

      it.effect("an action that is not there fails the call and says where it was looked for", () =>
        Effect.gen(function*() {
          for (const exportName of ["gone", "notAnAction"]) {
            const error = yield* errorOf(exportName)
            assert.strictEqual(error?.name, "UnknownAction")
            assert.include(error?.message, `${FILE}#${exportName}`)
          }
          const error = yield* errorOf("gone", [], "src/gone.ts")
          assert.strictEqual(error?.name, "UnknownAction")
          assert.include(error?.message, "src/gone.ts")
        }))

      it.effect("1000 calls of one submit are each reported once", () =>
        Effect.gen(function*() {
          const calls = Array.from({ length: 1000 }, (_, i) => callOf("first", [i]))

          const reports = yield* run(calls)

          assert.deepStrictEqual(
            reports.map(({ id }) => id).sort((a, b) => a - b),
            calls.map(({ id }) => id)
          )
          const sum = reports.reduce(
            (sum, report) => sum + (report.kind === "succeeded" ? Number(report.value) : NaN),
            0
          )
          assert.strictEqual(sum, 499_500)
        }))

      it.effect("no more calls run at the same time than there are slots, and all slots are used", () =>
        Effect.gen(function*() {
          const slots = (yield* WorkerPool).slots()
          const reports = yield* run(
            Array.from({ length: slots * 3 }, () => callOf("countRunning", [20]))
          )
          const most = Math.max(
            ...reports.map((report) => report.kind === "succeeded" ? Number(report.value) : NaN)
          )
          // A process counts its own: with two of them each has half of the slots.
          assert.include([slots, slots / 2], most)
        }))

      it.effect("interrupted calls are reported no more, whether they listen, ignore it or wait", () =>
        Effect.gen(function*() {
          const pool = yield* WorkerPool
          const held = Array.from({ length: pool.slots() - 1 }, () => callOf("hold", [60_000]))
          const ignoring = callOf("ignoreSignal", [100])
          const waiting = callOf("first", ["never"])
          const interrupted = [...held, ignoring, waiting]
          pool.submit(interrupted)

          yield* Effect.sleep(50)
          pool.interrupt(interrupted.map(({ id }) => id), "cancel")
          // Longer than what ignored its signal takes.
          const reports = yield* run([callOf("hold", [300])])

          assert.lengthOf(reports, 1)
        }))

      it.effect("the slot of an interrupted call is free at once, even if the action goes on", () =>
        Effect.gen(function*() {
          const pool = yield* WorkerPool
          const stubborn = Array.from(
            { length: pool.slots() },
            () => callOf("ignoreSignal", [2000])
          )
          pool.submit(stubborn)
          yield* Effect.sleep(50)

          pool.interrupt(
            stubborn.map(({ id }) => id),
            "timeout"
          )
          const [took, reports] = yield* Effect.timed(run([callOf("first", ["next"])]))

          assert.strictEqual(reports[0]!.kind, "succeeded")
          assert.isBelow(Number(took) || 0, 1000)
        }))

      it.effect("interrupting what is unknown or over changes nothing", () =>
        Effect.gen(function*() {
          const pool = yield* WorkerPool
          const call = callOf("first", [1])
          yield* run([call])

          pool.interrupt([call.id, 1e9], "cancel")

          assert.strictEqual(yield* valueOf("first", [2]), 2)
        }))
    }
  )
