/**
 * The same random operations on the queue in memory and on Postgres: every answer is the same.
 *
 * `DIFFERENTIAL=5000 npm test -- differential` runs more; a failure prints the seed, the
 * shrunk operations and the first answer that differs, and `DIFFERENTIAL_SEED` replays it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Queue } from "@rappel/core/queue/Queue"
import * as QueueMemory from "@rappel/core/queue/QueueMemory"
import {
  arbitraryOperation,
  call,
  learn,
  nothingKnown,
  type Operation,
  overview
} from "@rappel/test/kit/differential/operations"
import * as Postgres from "@rappel/test/kit/Postgres"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Runtime from "effect/Runtime"

const RUNS = Number(process.env["DIFFERENTIAL"] ?? 100)
const SEED = process.env["DIFFERENTIAL_SEED"]

/** A clock near the real one that never shows the same time twice, as no two statements do. */
const tickingClock = (): Clock.Clock => {
  let shown = Date.now()
  const now = () => ++shown
  return { ...Clock.make(), unsafeCurrentTimeMillis: now, currentTimeMillis: Effect.sync(now) }
}

const answerOf = (effect: Effect.Effect<unknown, unknown>) =>
  Effect.map(
    Effect.either(effect),
    (answer) => answer._tag === "Right" ? answer.right : { failure: { ...(answer.left as object) } }
  )

const compare = (operations: ReadonlyArray<Operation>) =>
  Effect.gen(function*() {
    const postgres = yield* Queue
    const memory = yield* Effect.withClock(QueueMemory.make, tickingClock())
    const known = nothingKnown(Date.now())
    for (const [i, operation] of operations.entries()) {
      const run = call(operation, known)
      const expected = yield* answerOf(run(memory))
      const found = yield* answerOf(run(postgres))
      assert.deepStrictEqual(found, expected, `operation ${i}: ${JSON.stringify(operation)}`)
      learn(operation, expected, known)
    }
    assert.deepStrictEqual(yield* overview(postgres), yield* overview(memory), "at the end")
  })

describe("the queues in memory and on Postgres", () => {
  it.scopedLive("answer the same, whatever is asked", () =>
    Effect.gen(function*() {
      const runtime = yield* Effect.runtime<Queue>()
      yield* Effect.promise(() =>
        FastCheck.assert(
          FastCheck.asyncProperty(
            FastCheck.array(arbitraryOperation, { minLength: 5, maxLength: 40 }),
            async (operations) => {
              await Postgres.cleanUrl()
              await Runtime.runPromise(runtime)(compare(operations))
            }
          ),
          { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) }
        )
      )
    }).pipe(Effect.provide(Postgres.layer)), 600_000)
})
