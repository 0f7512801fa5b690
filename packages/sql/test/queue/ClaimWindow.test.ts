import { assert, describe, it } from "@effect/vitest"
import type { Claimed } from "@rappel/core/queue/Queue"
import { Queue } from "@rappel/core/queue/Queue"
import { layerPg } from "@rappel/sql/layer"
import * as ClaimWindow from "@rappel/sql/queue/ClaimWindow"
import * as Postgres from "@rappel/test/kit/Postgres"
import { newDispatcher, requestOf } from "@rappel/test/kit/suites/queue/samples"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Session from "../session.ts"

const answer = (now: number, lastDueAt: number | null = null) => ({
  claimed: [] as ReadonlyArray<Claimed>,
  nextDueAt: null,
  arrived: [],
  now,
  isAlive: true,
  lastDueAt
})

describe("ClaimWindow", () => {
  it("looks at all at first, and then from where the last claim ended", () => {
    const window = ClaimWindow.make(1000)
    assert.isNull(window.since(0))
    window.took({ claims: answer(50_000), since: null, sentAt: 0, localNow: 5 })
    assert.strictEqual(window.since(10), 49_750)
    window.took({ claims: answer(50_100, 49_900), since: 49_750, sentAt: 10, localNow: 12 })
    assert.strictEqual(window.since(13), 49_900, "a full batch ends at the last that it took")
  })

  it("learns nothing from the claim of a dead dispatcher, which takes nothing", () => {
    const window = ClaimWindow.make(1000)
    window.took({ claims: answer(50_000), since: null, sentAt: 0, localNow: 5 })
    const dead = { ...answer(60_000), isAlive: false }
    window.took({ claims: dead, since: 49_750, sentAt: 6, localNow: 7 })
    assert.strictEqual(window.since(8), 49_750)
  })

  it("never goes back", () => {
    const window = ClaimWindow.make(1000)
    window.took({ claims: answer(50_000, 60_000), since: null, sentAt: 0, localNow: 5 })
    window.took({ claims: answer(50_001), since: 60_000, sentAt: 5, localNow: 6 })
    assert.strictEqual(window.since(7), 60_000)
  })

  it("looks at all again in time, however long the first look took", () => {
    const window = ClaimWindow.make(1000)
    window.took({ claims: answer(50_000), since: null, sentAt: 0, localNow: 500 })
    assert.isNotNull(window.since(1499))
    assert.isNull(window.since(1500))
  })

  it("looks back less far while a look at all takes long, and at all more seldom", () => {
    const window = ClaimWindow.make(1000)
    const claim = (since: number | null, sentAt: number, localNow: number) => {
      assert.strictEqual(window.since(sentAt), since)
      // The queue's clock is ahead by a million.
      window.took({ claims: answer(1_000_000 + localNow), since, sentAt, localNow })
    }
    claim(null, 0, 5)
    claim(999_755, 6, 10)
    // 504 ms, which is 500 more than the claim before: at all again after 75 s.
    claim(null, 1005, 1509)
    claim(1_001_259, 1510, 1514)
    claim(1_001_264 - 100_000, 2509, 2513)
    claim(1_002_263 - 100_000, 3513, 3523)
    // 6 ms more than usual: so far back again after 0.9 s, which is less than the least.
    claim(1_003_273 - 100_000, 4523, 4547)
    // 20 ms more: after 3 s, and until then less far.
    claim(1_004_297, 5546, 5550)
    claim(1_005_300 - 10_000, 5550, 5554)
    claim(1_005_304 - 10_000, 6554, 6558)
    claim(1_006_308 - 100_000, 7558, 7562)
    assert.isNotNull(window.since(76_508))
    assert.isNull(window.since(76_509))
  })
})

describe("a claim", () => {
  it.scopedLive(
    "finds what is due from before the others, a look at all later",
    () =>
      Effect.gen(function*() {
        const url = yield* Effect.promise(Postgres.cleanUrl)
        const session = yield* Session.make(url)
        yield* Effect.gen(function*() {
          const { claim, start } = yield* Queue
          const dispatcher = yield* newDispatcher
          const [first, late] = [requestOf(), requestOf()]
          yield* start([first])
          assert.lengthOf((yield* claim(dispatcher, 10)).claimed, 1)
          yield* start([late])
          yield* session.run(
            "update rappel.due set due_at = now() - interval '10 minutes' where instance_id = $1",
            [late.id]
          )

          const found: Array<Claimed> = []
          yield* Effect.repeat(
            Effect.map(claim(dispatcher, 10), ({ claimed }) => found.push(...claimed)),
            { until: (count) => count > 0, schedule: Schedule.spaced("20 millis") }
          )

          assert.deepStrictEqual(found, [{ id: late.id, epoch: 1 }])
        }).pipe(Effect.provide(layerPg({ url: Redacted.make(url), pollMillis: 200 })))
      }),
    90_000
  )
})
