/**
 * Schedules on Postgres: `core/schedule/Schedules` over the statements beside it.
 *
 * @since 0.1.0
 */
import type * as PgClient from "@effect/sql-pg/PgClient"
import { Queue } from "@rappel/core/queue/Queue"
import type { QueueUnavailable } from "@rappel/core/queue/QueueError"
import { Schedules } from "@rappel/core/schedule/Schedules"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as EffectQueue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import { isRetryable, isSlowConnect, toUnavailable } from "../statement/failure.ts"
import * as Statements from "../statement/Statements.ts"
import * as ScheduleTable from "./ScheduleTable.ts"

const POLL_MILLIS = 1000

/**
 * A statement whose answer was lost may be sent again: a tick that was fired is not there any
 * more, so the repetition loses against the first.
 */
const sending = <A>(
  operation: string,
  effect: Effect.Effect<A, unknown>
): Effect.Effect<A, QueueUnavailable> =>
  effect.pipe(
    Effect.retry({
      while: (failure) => isRetryable(failure) && !isSlowConnect(failure),
      schedule: Schedule.exponential("20 millis").pipe(
        Schedule.jittered,
        Schedule.upTo("2 seconds")
      )
    }),
    Effect.mapError((failure) => toUnavailable(operation, failure))
  )

/**
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Schedules["Type"], never, PgClient.PgClient | Queue> = Effect.gen(
  function*() {
    const table = ScheduleTable.make(yield* Statements.make())
    const { cancelOverdue, releaseRuns } = yield* Queue
    return Schedules.of({
      now: sending("read the time", Effect.map(table.peek, ({ now }) => now)),
      put: (spec, nextAt) => sending("store a schedule", table.put(spec, nextAt)),
      list: (names) => sending("list schedules", table.list(names)),
      setPaused: (name, isPaused, nextAt) =>
        sending("pause a schedule", table.setPaused(name, isPaused, nextAt)),
      remove: (name) => sending("delete a schedule", table.remove(name)),
      look: Effect.gen(function*() {
        const { deadlineAt, isOverdue, isWaiting, nextAt, now } = yield* sending(
          "look for schedules",
          table.peek
        )
        if (isWaiting) yield* releaseRuns
        if (isOverdue) yield* cancelOverdue
        const isDue = nextAt !== null && nextAt <= now
        return {
          now,
          nextAt,
          deadlineAt,
          due: isDue ? yield* sending("read schedules", table.due) : []
        }
      }),
      fire: (one) => sending("fire a schedule", table.fire(one)),
      // A change is seen at the next look: that is one small statement a second.
      changes: EffectQueue.unbounded<void>(),
      pollMillis: POLL_MILLIS
    })
  }
)

/**
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Schedules, never, PgClient.PgClient | Queue> = Layer.effect(
  Schedules,
  make
)
