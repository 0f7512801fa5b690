/**
 * What schedules owe their callers, whatever they are kept in.
 *
 * `layer` must build an empty queue each time; every test builds its own.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import { Queue } from "@rappel/core/queue/Queue"
import {
  type Fire,
  type ScheduleRecord,
  Schedules,
  type ScheduleSpec
} from "@rappel/core/schedule/Schedules"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { commitOf, entryOf, eventOf, newDispatcher, requestOf } from "./queue/samples.ts"

type Services = Queue | Schedules

const HOUR = 3_600_000
/** The last full hour of a time that has passed. */
const PAST = 1_780_000_000_000 - (1_780_000_000_000 % HOUR)

const specOf = (fields: Partial<ScheduleSpec> = {}): ScheduleSpec => ({
  name: "nightly",
  timing: { kind: "every", everyMillis: HOUR },
  overlap: "skip",
  jitterMillis: 0,
  catchUpMillis: HOUR,
  workflow: "greeting",
  program: "hash-1",
  input: "[\"u1\"]",
  terms: {},
  ...fields
})

const find = (name: string) =>
  Effect.flatMap(Schedules, ({ list }) => Effect.map(list([name]), ([found]) => found!))

/** What fires the schedule's next tick. */
const fireOf = (schedule: ScheduleRecord, fields: Partial<Fire> = {}): Fire => ({
  name: schedule.name,
  at: schedule.nextAt!,
  revision: schedule.revision,
  nextAt: schedule.nextAt! + HOUR,
  missed: 0,
  run: requestOf({
    name: schedule.workflow,
    tick: { schedule: schedule.name, at: schedule.nextAt! }
  }),
  ...fields
})

/** Fires the next tick; answers what became of it and the run's id. */
const fireNext = (name: string) =>
  Effect.gen(function*() {
    const { fire } = yield* Schedules
    const one = fireOf(yield* find(name))
    return { fired: yield* fire(one), id: one.run!.id, at: one.at }
  })

/** Runs and ends whatever is due. */
const endDue = Effect.gen(function*() {
  const queue = yield* Queue
  const owner = yield* newDispatcher
  const { claimed } = yield* queue.claim(owner, 100)
  yield* commitOf(
    owner,
    claimed.map(({ epoch, id }) =>
      entryOf(id, { epoch, outcome: { ok: true, value: "1" }, then: { kind: "close" } })
    )
  )
  return claimed.map(({ id }) => id)
})

export const suite = (name: string, layer: Layer.Layer<Services, unknown>) => {
  const test = <A, E>(name: string, effect: Effect.Effect<A, E, Services | Scope.Scope>) =>
    it.scopedLive(name, () => Effect.provide(effect, layer), 30_000)

  describe(`Schedules (${name})`, () => {
    test(
      "a schedule comes back as it was stored, and is listed by name",
      Effect.gen(function*() {
        const { list, put } = yield* Schedules
        const odd = specOf({
          name: "it's \"odd\" \0 ü",
          timing: { kind: "cron", cron: "0 3 * * *", timeZone: "Europe/Berlin" },
          overlap: "replace",
          jitterMillis: 5000,
          program: null,
          terms: { priority: 3, deadlineMillis: 1000, tags: ["a\0"], memo: "{\"b\":1}" }
        })
        yield* put(specOf(), PAST)
        yield* put(odd, null)

        const [first, second] = yield* list()
        assert.deepStrictEqual(first, {
          ...odd,
          revision: 1,
          isPaused: false,
          nextAt: null,
          lastAt: null,
          lastInstance: null,
          unfinished: 0,
          fired: 0,
          skipped: 0,
          missed: 0
        })
        assert.deepInclude(second, { name: "nightly", nextAt: PAST })
        assert.deepStrictEqual(yield* list(["nobody"]), [])
        assert.lengthOf(yield* list(["nightly", odd.name]), 2)
      })
    )

    test(
      "a change keeps the next tick, unless the timing changes",
      Effect.gen(function*() {
        const { put } = yield* Schedules
        yield* put(specOf(), PAST)

        yield* put(specOf({ input: "[\"u2\"]", overlap: "allow" }), PAST + 5 * HOUR)
        assert.deepInclude(yield* find("nightly"), {
          nextAt: PAST,
          revision: 2,
          input: "[\"u2\"]",
          overlap: "allow"
        })

        const timing = { kind: "every", everyMillis: 2 * HOUR } as const
        yield* put(specOf({ timing }), PAST + 6 * HOUR)
        assert.deepInclude(yield* find("nightly"), { nextAt: PAST + 6 * HOUR, revision: 3 })
      })
    )

    test(
      "what is due is seen, and when the next one is",
      Effect.gen(function*() {
        const { look, now, put } = yield* Schedules
        assert.deepInclude(yield* look, { nextAt: null, due: [] })
        const future = (yield* now) + HOUR
        yield* put(specOf({ name: "later" }), future)
        assert.deepInclude(yield* look, { nextAt: future, due: [] })

        yield* put(specOf({ name: "b" }), PAST + 1)
        yield* put(specOf({ name: "a" }), PAST + 2)
        yield* put(specOf({ name: "never" }), null)

        const seen = yield* look
        assert.strictEqual(seen.nextAt, PAST + 1)
        assert.deepStrictEqual(seen.due.map(({ name }) => name), ["b", "a"])
        assert.isAtLeast(seen.now, future - HOUR)
      })
    )

    test(
      "a tick starts one run, however many fire it at once",
      Effect.gen(function*() {
        const { fire, put } = yield* Schedules
        const queue = yield* Queue
        yield* put(specOf(), PAST)
        const schedule = yield* find("nightly")

        const fired = yield* Effect.all(
          Array.from({ length: 20 }, () => fire(fireOf(schedule))),
          { concurrency: 20 }
        )

        assert.deepStrictEqual(
          fired.toSorted(),
          [...Array.from({ length: 19 }, () => "lost"), "started"] as typeof fired
        )
        const [run, ...others] = yield* queue.list({ limit: 10 })
        assert.deepStrictEqual(others, [])
        assert.deepInclude(run, { schedule: "nightly", tickAt: PAST, status: "waiting" })
        assert.deepInclude(yield* find("nightly"), {
          nextAt: PAST + HOUR,
          lastAt: PAST,
          lastInstance: run!.id,
          unfinished: 1,
          fired: 1
        })
      })
    )

    test(
      "a tick is not fired with what the schedule was before, nor while it is paused",
      Effect.gen(function*() {
        const { fire, put, setPaused } = yield* Schedules
        yield* put(specOf(), PAST)
        const before = yield* find("nightly")
        yield* put(specOf({ input: "[\"u2\"]" }), PAST)
        assert.strictEqual(yield* fire(fireOf(before)), "lost")

        const after = yield* find("nightly")
        assert.isTrue(yield* setPaused("nightly", true, null))
        assert.strictEqual(yield* fire(fireOf(after)), "lost")

        assert.isTrue(yield* setPaused("nightly", false, PAST + HOUR))
        assert.strictEqual(yield* fire(fireOf(after)), "lost")
        assert.strictEqual((yield* fireNext("nightly")).fired, "started")
        assert.strictEqual(yield* fire(fireOf(after, { name: "nobody" })), "lost")
      })
    )

    test(
      "skip: nothing starts while a run has not finished",
      Effect.gen(function*() {
        const { put } = yield* Schedules
        yield* put(specOf(), PAST)
        const first = yield* fireNext("nightly")

        assert.strictEqual((yield* fireNext("nightly")).fired, "skipped")
        assert.deepStrictEqual(yield* endDue, [first.id])
        assert.strictEqual((yield* fireNext("nightly")).fired, "started")

        assert.deepInclude(yield* find("nightly"), { fired: 2, skipped: 1, unfinished: 1 })
      })
    )

    test(
      "queue: runs wait for the earlier ones, one after the other",
      Effect.gen(function*() {
        const { look, put } = yield* Schedules
        yield* put(specOf({ overlap: "queue" }), PAST)
        const runs = [
          yield* fireNext("nightly"),
          yield* fireNext("nightly"),
          yield* fireNext("nightly")
        ]
        assert.deepStrictEqual(runs.map(({ fired }) => fired), ["started", "waiting", "waiting"])

        yield* look
        for (const { id } of runs) {
          assert.deepStrictEqual(yield* endDue, [id])
          assert.deepStrictEqual(yield* endDue, [])
          yield* look
        }
        assert.deepInclude(yield* find("nightly"), { fired: 3, unfinished: 0 })
      })
    )

    test(
      "queue: no more than a hundred wait",
      Effect.gen(function*() {
        const { put } = yield* Schedules
        yield* put(specOf({ overlap: "queue" }), PAST)
        for (let i = 0; i <= 100; i++) yield* fireNext("nightly")

        assert.strictEqual((yield* fireNext("nightly")).fired, "skipped")
      })
    )

    test(
      "allow: every tick starts a run",
      Effect.gen(function*() {
        const { put } = yield* Schedules
        yield* put(specOf({ overlap: "allow" }), PAST)
        const runs = [yield* fireNext("nightly"), yield* fireNext("nightly")]

        assert.deepStrictEqual(runs.map(({ fired }) => fired), ["started", "started"])
        assert.deepStrictEqual(yield* endDue, runs.map(({ id }) => id))
      })
    )

    test(
      "replace: the earlier runs are asked to cancel, and the new one begins after them",
      Effect.gen(function*() {
        const { look, put } = yield* Schedules
        const queue = yield* Queue
        yield* put(specOf({ overlap: "replace" }), PAST)
        const first = yield* fireNext("nightly")
        const owner = yield* newDispatcher
        const { claimed } = yield* queue.claim(owner, 10)
        const second = yield* fireNext("nightly")

        assert.strictEqual(second.fired, "waiting")
        const arrived = yield* queue.poll(owner, claimed)
        assert.deepStrictEqual(
          arrived.map(({ instanceId, kind }) => ({ instanceId, kind })),
          [{ instanceId: first.id, kind: "cancel" }]
        )
        yield* look
        assert.deepStrictEqual((yield* queue.claim(owner, 10)).claimed, [])
        yield* commitOf(
          owner,
          claimed.map(({ epoch, id }) =>
            entryOf(id, { epoch, outcome: { ok: false, error: "1" }, then: { kind: "close" } })
          )
        )
        yield* look
        assert.deepStrictEqual(yield* endDue, [second.id])
      })
    )

    test(
      "runs that are made up for wait for each other, earliest first",
      Effect.gen(function*() {
        const queue = yield* Queue
        const { look } = yield* Schedules
        const requests = [3, 1, 2].map((n) =>
          requestOf({ tick: { schedule: "nightly", at: PAST + n * HOUR, waits: true } })
        )
        const other = requestOf({ tick: { schedule: "other", at: PAST, waits: true } })
        yield* queue.start([...requests, other], yield* newDispatcher)
        assert.deepStrictEqual(yield* endDue, [])

        const ended: Array<string> = []
        for (let i = 0; i < 4; i++) {
          yield* look
          ended.push(...yield* endDue)
        }
        assert.sameMembers(ended.slice(0, 2), [requests[1]!.id, other.id])
        assert.deepStrictEqual(ended.slice(2), [requests[2]!.id, requests[0]!.id])
      })
    )

    test(
      "a tick that is given up moves on and is counted",
      Effect.gen(function*() {
        const { fire, put } = yield* Schedules
        yield* put(specOf(), PAST)
        const schedule = yield* find("nightly")

        assert.strictEqual(
          yield* fire(fireOf(schedule, { run: null, missed: 7, nextAt: PAST + 9 * HOUR })),
          "missed"
        )
        assert.deepInclude(yield* find("nightly"), { missed: 7, fired: 0, nextAt: PAST + 9 * HOUR })
      })
    )

    test(
      "an instance is asked to cancel once its deadline has passed, and once only",
      Effect.gen(function*() {
        const { look, now } = yield* Schedules
        const queue = yield* Queue
        const owner = yield* newDispatcher
        const late = requestOf({ deadlineAt: PAST })
        const done = requestOf({ deadlineAt: PAST })
        const later = requestOf({ deadlineAt: (yield* now) + HOUR })
        yield* queue.start([late, done, later], owner)
        yield* commitOf(owner, [
          entryOf(done.id, { outcome: { ok: true, value: "1" }, then: { kind: "close" } })
        ])
        const claimed = [late, done, later].map(({ id }) => ({ id, epoch: 1 }))

        const seen = yield* look
        assert.strictEqual(seen.deadlineAt, later.deadlineAt)
        const [message, ...others] = yield* queue.poll(owner, claimed)
        assert.deepStrictEqual(others, [])
        assert.deepInclude(message, {
          instanceId: late.id,
          kind: "cancel",
          payload: "its deadline has passed"
        })
        yield* look
        assert.lengthOf(yield* queue.poll(owner, claimed), 1)

        yield* commitOf(owner, [entryOf(late.id, {
          events: [eventOf(1, { kind: "cancelled", message: message!.id })],
          consumed: [message!.id]
        })])
        yield* look
        yield* queue.cancelOverdue
        assert.deepStrictEqual(yield* queue.poll(owner, claimed), [])
      })
    )

    test(
      "a run has the terms of its schedule, and begins when it is to",
      Effect.gen(function*() {
        const { fire, now, put } = yield* Schedules
        const queue = yield* Queue
        yield* put(specOf(), PAST)
        const dueAt = (yield* now) + HOUR
        const one = fireOf(yield* find("nightly"))
        const run = {
          ...one.run!,
          dueAt,
          priority: 4,
          deadlineMillis: HOUR,
          tags: ["t"],
          memo: "{\"a\":1}"
        }
        yield* fire({ ...one, run })

        const [found] = yield* queue.find([run.id])
        assert.deepInclude(found, { priority: 4, tags: ["t"], memo: "{\"a\":1}" })
        assert.approximately(found!.deadlineAt!, found!.createdAt + HOUR, 5000)
        const claims = yield* queue.claim(yield* newDispatcher, 10)
        assert.deepStrictEqual(claims.claimed, [])
        assert.strictEqual(claims.nextDueAt, dueAt)
      })
    )

    test(
      "what is removed or not there is said so",
      Effect.gen(function*() {
        const { list, put, remove, setPaused } = yield* Schedules
        yield* put(specOf(), PAST)

        assert.isFalse(yield* setPaused("nobody", true, null))
        assert.isFalse(yield* remove("nobody"))
        assert.isTrue(yield* remove("nightly"))
        assert.isFalse(yield* remove("nightly"))
        assert.deepStrictEqual(yield* list(), [])
      })
    )
  })
}
