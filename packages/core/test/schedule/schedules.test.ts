/** Schedules as an app uses them, in virtual time: layers, a stopped clock, and promises. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import * as ProgramSource from "../../src/client/ProgramSource.ts"
import { InvalidSchedule, Rappel, RappelClient, ScheduleNotFound } from "../../src/index.ts"
import * as QueueMemory from "../../src/queue/QueueMemory.ts"
import * as SchedulesMemory from "../../src/schedule/SchedulesMemory.ts"
import { layerInline } from "../../src/worker/WorkerPoolInline.ts"
import { refOfWorkflow } from "../../src/workflow/Workflow.ts"
import { clock, ledger, nightly, slow } from "./flows.ts"

const HOUR = 3_600_000

/** Runs with everything in memory, from a point in time on. */
const from = <A, E>(start: string, effect: Effect.Effect<A, E, RappelClient>) =>
  Effect.gen(function*() {
    ledger.length = 0
    yield* TestClock.setTime(Date.parse(start))
    const virtual = yield* Effect.clock
    clock.now = () => virtual.unsafeCurrentTimeMillis()
    return yield* Effect.provide(effect, Rappel.layerMemory)
  })

/** Hour by hour, so that whatever a tick starts runs before the next comes. */
const pass = (hours: number) =>
  Effect.gen(function*() {
    for (let i = 0; i < hours; i++) yield* TestClock.adjust("1 hour")
  })

const upsert = (options: object, name = "nightly") =>
  Effect.flatMap(
    RappelClient,
    ({ schedules }) => schedules.upsert(name, options, refOfWorkflow(nightly), ["sync"])
  )

describe("schedules", () => {
  it.effect("a nightly run comes once a night, through both changes of the clock", () =>
    from(
      "2027-03-26T12:00Z",
      Effect.gen(function*() {
        yield* upsert({ cron: "30 2 * * *", timeZone: "Europe/Berlin" })
        yield* pass(72)
        assert.deepStrictEqual(ledger, [
          "sync 2027-03-27T01:30",
          "sync 2027-03-28T01:00",
          "sync 2027-03-29T00:30"
        ])

        // The rest of the year at once.
        yield* TestClock.setTime(Date.parse("2027-12-31T12:00Z"))
        assert.lengthOf(ledger, 280)
        assert.strictEqual(new Set(ledger.map((line) => line.slice(0, 15))).size, 280)
        const autumn = ledger.indexOf("sync 2027-10-31T00:30")
        assert.strictEqual(ledger[autumn + 1], "sync 2027-11-01T01:30")
        const { schedules } = yield* RappelClient
        assert.deepInclude(yield* schedules.find("nightly"), { fired: 280, missed: 0, skipped: 0 })
      })
    ), 30_000)

  it.effect("an hour of ticks every minute is sixty runs", () =>
    from(
      "2027-01-01T00:00Z",
      Effect.gen(function*() {
        yield* upsert({ every: "1 minute" })
        for (let i = 0; i < 60; i++) yield* TestClock.adjust("1 minute")

        assert.lengthOf(ledger, 60)
        assert.strictEqual(new Set(ledger).size, 60)
      })
    ))

  it.effect("ticks of a time without a dispatcher are made up for within the window", () =>
    Effect.scoped(Effect.gen(function*() {
      yield* TestClock.setTime(Date.parse("2027-01-01T00:00Z"))
      const kept = yield* Layer.build(Layer.mergeAll(
        Layer.provideMerge(SchedulesMemory.layer, QueueMemory.layer),
        layerInline(),
        Rappel.layerDecisions,
        ProgramSource.layer()
      ))
      const upserting = upsert({ every: "1 hour", catchUp: "150 minutes", overlap: "allow" })
      yield* upserting.pipe(Effect.provide(Rappel.layerClient), Effect.provide(kept))
      yield* TestClock.setTime(Date.parse("2027-01-01T10:05Z"))

      yield* Effect.gen(function*() {
        const { schedules } = yield* RappelClient
        yield* TestClock.adjust("1 minute")

        const { fired, missed, nextAt } = yield* schedules.find("nightly")
        assert.deepStrictEqual({ fired, missed }, { fired: 3, missed: 7 })
        assert.strictEqual(nextAt, Date.parse("2027-01-01T11:00Z"))
      }).pipe(Effect.provide(Rappel.layer()), Effect.provide(kept))
    })))

  it.effect("jitter puts each run off by its own time, within the limit", () =>
    from(
      "2027-01-01T00:00Z",
      Effect.gen(function*() {
        yield* upsert({ every: "1 hour", jitter: "30 minutes" })
        for (let i = 0; i < 24 * 60; i++) yield* TestClock.adjust("1 minute")

        const minutes = ledger.map((line) => Number(line.slice(-2)))
        assert.isAtLeast(minutes.length, 23)
        assert.isBelow(Math.max(...minutes), 31)
        assert.isAbove(new Set(minutes).size, 8)
      })
    ), 30_000)

  it.effect("pause stops, resume goes on from then, and an upsert keeps the next tick", () =>
    from(
      "2027-01-01T00:30Z",
      Effect.gen(function*() {
        const { schedules } = yield* RappelClient
        yield* upsert({ every: "1 hour", tags: ["t"] })
        yield* schedules.pause("nightly")
        yield* pass(5)
        assert.deepStrictEqual(ledger, [])
        assert.isTrue((yield* schedules.find("nightly")).isPaused)

        yield* schedules.resume("nightly")
        yield* TestClock.adjust("10 minutes")
        const again = yield* upsert({ every: "1 hour", overlap: "queue" })
        assert.strictEqual(again.nextAt, Date.parse("2027-01-01T06:00Z"))
        yield* pass(1)
        assert.deepStrictEqual(ledger, ["sync 2027-01-01T06:00"])
      })
    ))

  it.effect("a trigger runs now, a backfill runs what has not run, and a removal ends it", () =>
    from(
      "2027-01-01T10:30Z",
      Effect.gen(function*() {
        const client = yield* RappelClient
        const { schedules } = client
        yield* upsert({ every: "1 hour" })
        const triggered = yield* schedules.trigger("nightly")
        yield* TestClock.adjust(0)
        assert.strictEqual(yield* client.result(triggered), "sync")

        const ids = yield* schedules.backfill("nightly", "2027-01-01T08:00Z", "2027-01-01T10:00Z")
        yield* TestClock.adjust("10 seconds")
        const results = yield* Effect.forEach(ids, client.result)
        assert.deepStrictEqual(results, ["sync", "sync", "sync"])
        assert.deepStrictEqual(
          yield* schedules.backfill("nightly", "2027-01-01T08:00Z", "2027-01-01T10:00Z"),
          ids
        )
        assert.lengthOf(ledger, 4)

        const tooLong = yield* Effect.flip(
          schedules.backfill("nightly", 0, "2027-01-01T10:00Z")
        )
        assert.instanceOf(tooLong, InvalidSchedule)
        yield* schedules.remove("nightly")
        yield* pass(3)
        assert.lengthOf(ledger, 4)
      })
    ))

  it.effect("a workflow by name runs what the name means at each tick", () =>
    from(
      "2027-01-01T00:30Z",
      Effect.gen(function*() {
        const client = yield* RappelClient
        const { hash } = yield* client.programOf(refOfWorkflow(nightly))
        yield* client.start(refOfWorkflow(nightly), ["now"])

        const made = yield* client.schedules.upsert(
          "by-name",
          { every: "1 hour" },
          { kind: "name", name: "nightly" },
          ["later"]
        )
        assert.isNull(made.program)
        yield* pass(1)

        assert.deepStrictEqual(ledger, ["now 2027-01-01T00:30", "later 2027-01-01T01:00"])
        const { lastInstance } = yield* client.schedules.find("by-name")
        assert.strictEqual((yield* client.find(lastInstance!)).program, hash)
      })
    ))

  it.effect("a deadline cancels what has not finished, and nothing else", () =>
    from(
      "2027-01-01T00:00Z",
      Effect.gen(function*() {
        const client = yield* RappelClient
        const start = (deadline: string) => client.start(refOfWorkflow(slow), [], { deadline })
        const late = yield* start("1 hour")
        const early = yield* start("2 days")
        yield* TestClock.adjust("59 minutes")
        assert.strictEqual((yield* client.find(late)).status, "waiting")
        yield* TestClock.adjust("1 minute")

        const failure = yield* Effect.flip(client.result(late))
        assert.match(failure.message, /Cancelled.*its deadline has passed/)
        assert.deepStrictEqual(ledger, ["cleanup 2027-01-01T01:00"])
        yield* TestClock.adjust("3 days")
        assert.strictEqual(yield* client.result(early), "in time")
      })
    ))

  const REFUSALS: ReadonlyArray<readonly [options: object, reason: RegExp]> = [
    [{}, /give either `cron` or `every`/],
    [{ cron: "* * * * *", every: "1 hour" }, /give either/],
    [{ cron: "61 * * * *" }, /between 0 and 59/],
    [{ cron: "0 0 31 2 *" }, /never fires/],
    [{ cron: "* * * * *", timeZone: "Mars" }, /"Mars" is no IANA time zone/],
    [{ every: "10ms" }, /at least a second/],
    [{ every: "often" }, /`every`.*often/],
    [{ every: "1 hour", overlap: "panic" }, /`overlap` is one of skip, queue, allow, replace/],
    [{ every: "1 hour", tags: [""] }, /`tags`/]
  ]
  it.effect("refuses what cannot be, with the reason", () =>
    from(
      "2027-01-01T00:00Z",
      Effect.gen(function*() {
        const { schedules } = yield* RappelClient
        for (const [options, reason] of REFUSALS) {
          assert.match((yield* Effect.flip(upsert(options))).message, reason)
        }
        assert.match((yield* Effect.flip(upsert({ every: HOUR }, ""))).message, /1 to 200/)
        for (
          const effect of [
            schedules.find("x"),
            schedules.pause("x"),
            schedules.resume("x"),
            schedules.trigger("x"),
            schedules.backfill("x", 0, 1),
            schedules.remove("x")
          ]
        ) {
          assert.instanceOf(
            yield* Effect.flip(effect as Effect.Effect<unknown, unknown>),
            ScheduleNotFound
          )
        }
        assert.deepStrictEqual(yield* schedules.list, [])
        assert.strictEqual(yield* Clock.currentTimeMillis, Date.parse("2027-01-01T00:00Z"))
      })
    ))
})
