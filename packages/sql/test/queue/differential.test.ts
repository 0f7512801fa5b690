/**
 * The same random operations on the queue in memory and on Postgres: every answer is the same.
 *
 * `DIFFERENTIAL=5000 npm test -- differential` runs more; a failure prints the seed, the
 * shrunk operations and the first answer that differs, and `DIFFERENTIAL_SEED` replays it.
 */
import { assert, describe, it } from "@effect/vitest"
import { KILL_GRACE_MILLIS } from "@rappel/core/queue/Calls"
import { Queue } from "@rappel/core/queue/Queue"
import * as QueueMemory from "@rappel/core/queue/QueueMemory"
import {
  arbitraryCallSequence,
  arbitraryOperation,
  arbitraryRepairSequence,
  type Operation
} from "@rappel/test/kit/differential/drawing"
import {
  call,
  learn,
  namingCalls,
  nothingKnown,
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

/** That sequences come to something. */
const seen = { taken: 0, heard: 0, repaired: 0, forked: 0 }

const look = (operation: Operation, answer: unknown): void => {
  if (operation.kind === "take") {
    seen.taken += (answer as { readonly calls: ReadonlyArray<unknown> }).calls.length
  } else if (operation.kind === "repair") {
    if (answer === true) seen.repaired++
  } else if (operation.kind === "fork") {
    if (answer === true) seen.forked++
  } else if (operation.kind === "poll" || operation.kind === "load") {
    seen.heard += JSON.stringify(answer).split(`"kind":"call"`).length - 1
  }
}

const answerOf = (effect: Effect.Effect<unknown, unknown>) =>
  Effect.map(
    Effect.either(effect),
    (answer) => answer._tag === "Right" ? answer.right : { failure: { ...(answer.left as object) } }
  )

const compare = (operations: ReadonlyArray<Operation>) =>
  Effect.gen(function*() {
    const postgres = namingCalls(yield* Queue)
    const memory = yield* Effect.withClock(QueueMemory.make, tickingClock())
    const known = nothingKnown(Date.now())
    for (const [i, operation] of operations.entries()) {
      // Permits of the dead return by the clock: what follows much later proves nothing.
      if (Date.now() - (known.diedAt ?? Date.now()) > KILL_GRACE_MILLIS / 2) return
      const run = call(operation, known)
      const expected = yield* answerOf(run(memory))
      const found = yield* answerOf(run(postgres))
      assert.deepStrictEqual(found, expected, `operation ${i}: ${JSON.stringify(operation)}`)
      look(operation, expected)
      learn(operation, expected, known)
    }
    assert.deepStrictEqual(yield* overview(postgres), yield* overview(memory), "at the end")
  })

const answerTheSame = (
  title: string,
  sequences: FastCheck.Arbitrary<ReadonlyArray<Operation>>,
  atTheEnd: () => void = () => {}
) =>
  it.scopedLive(title, () =>
    Effect.gen(function*() {
      const runtime = yield* Effect.runtime<Queue>()
      yield* Effect.promise(() =>
        FastCheck.assert(
          FastCheck.asyncProperty(
            sequences,
            async (operations) => {
              await Postgres.cleanUrl()
              await Runtime.runPromise(runtime)(compare(operations))
            }
          ),
          { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) }
        )
      )
      atTheEnd()
    }).pipe(Effect.provide(Postgres.layer)), 600_000)

describe("the queues in memory and on Postgres", () => {
  answerTheSame(
    "answer the same, whatever is asked",
    FastCheck.array(arbitraryOperation, { minLength: 5, maxLength: 40 })
  )

  answerTheSame(
    "and of calls that are offered, taken, reported and given back",
    arbitraryCallSequence,
    () => {
      assert.isAbove(seen.taken, RUNS, "calls were taken")
      assert.isAbove(seen.heard, RUNS / 4, "verdicts were read")
    }
  )

  answerTheSame(
    "and of instances that have ended and are repaired, or made into others",
    arbitraryRepairSequence,
    () => {
      assert.isAbove(seen.repaired, RUNS / 5, "instances were repaired")
      assert.isAbove(seen.forked, RUNS / 20, "others were made of them")
    }
  )
})
