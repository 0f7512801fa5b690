import { assert, describe, it } from "@effect/vitest"
import { type Claimed, Queue } from "@rappel/core/queue/Queue"
import * as Postgres from "@rappel/test/kit/Postgres"
import {
  commitOf,
  entryOf,
  eventOf,
  newDispatcher,
  requestOf
} from "@rappel/test/kit/suites/queue/samples"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Schedule from "effect/Schedule"

/** What a dispatcher does next with what it owns. */
const action = FastCheck.constantFrom("claim", "commit", "release", "giveBack", "expire")

const schedule = FastCheck.record({
  instances: FastCheck.integer({ min: 1, max: 30 }),
  limit: FastCheck.integer({ min: 1, max: 12 }),
  actions: FastCheck.array(FastCheck.array(action, { minLength: 2, maxLength: 6 }), {
    minLength: 2,
    maxLength: 4
  })
})

describe("dispatchers at once", () => {
  it.live(
    "never own an instance together, and never leave a hole in its events",
    () =>
      Effect.promise(() =>
        FastCheck.assert(
          FastCheck.asyncProperty(
            schedule,
            (plan) => Effect.runPromise(Effect.scoped(Effect.provide(run(plan), Postgres.layer)))
          ),
          { numRuns: 15 }
        )
      ),
    60_000
  )
})

const run = (plan: {
  readonly instances: number
  readonly limit: number
  readonly actions: ReadonlyArray<ReadonlyArray<string>>
}) =>
  Effect.gen(function*() {
    const { beat, claim, commit, expire, giveBack, history, load, start } = yield* Queue
    const requests = Array.from({ length: plan.instances }, () => requestOf())
    yield* start(requests)
    /** instance:epoch → who was given it. */
    const given = new Map<string, string>()

    const live = (actions: ReadonlyArray<string>) =>
      Effect.gen(function*() {
        const me = yield* newDispatcher
        const claimSome = Effect.gen(function*() {
          const { claimed } = yield* claim(me, plan.limit)
          for (const { epoch, id } of claimed) {
            assert.isUndefined(given.get(`${id}:${epoch}`), "one epoch has one owner")
            given.set(`${id}:${epoch}`, me)
          }
          return yield* load(me, claimed)
        })
        let owned = yield* claimSome
        for (const what of actions) {
          if (what === "claim") owned = owned.concat(yield* claimSome)
          else if (what === "giveBack") {
            yield* giveBack(me, owned)
            owned = []
          } else if (what === "expire") yield* expire((yield* beat(me)).peers)
          else {
            const then = what === "release" ? { kind: "release", dueAt: 0 } as const : undefined
            const { accepted } = yield* commitOf(
              me,
              owned.map(({ epoch, id, lastSeq }) =>
                entryOf(id, {
                  epoch,
                  expectedSeq: lastSeq,
                  events: [eventOf(lastSeq + 1, { payload: me })],
                  ...(then === undefined ? {} : { then })
                })
              )
            )
            owned = what === "release" ? [] : owned
              .filter(({ id }) => accepted.has(id))
              .map((one) => ({ ...one, lastSeq: one.lastSeq + 1 }))
          }
        }
      })
    yield* Effect.all(plan.actions.map(live), { concurrency: "unbounded" })

    for (const { id } of requests) {
      const seqs = (yield* history(id)).map(({ seq }) => seq)
      assert.deepStrictEqual(seqs, seqs.map((_, i) => i + 1))
    }
    // Leaves nothing that is due for the next run on this database.
    const last = yield* newDispatcher
    yield* expire((yield* beat(last)).peers)
    const claimed: Array<Claimed> = []
    // What another claim had locked meanwhile is found by a claim that looks at all.
    yield* Effect.repeat(
      Effect.map(claim(last, 1000), (claims) => claimed.push(...claims.claimed)),
      { until: (count) => count === plan.instances, schedule: Schedule.spaced("20 millis") }
    ).pipe(Effect.timeout("10 seconds"))
    const rest = yield* load(last, claimed)
    yield* commit({
      id: requestOf().id,
      dispatcher: last,
      entries: rest.map(({ epoch, id, lastSeq }) =>
        entryOf(id, { epoch, expectedSeq: lastSeq, then: { kind: "close" } })
      )
    })
    assert.sameMembers(claimed.map(({ id }) => id), requests.map(({ id }) => id))
  })
