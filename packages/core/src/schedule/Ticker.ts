/**
 * Fires the ticks of schedules: one fiber, in every process that has a dispatcher.
 *
 * It looks once per poll, or when the next tick has come, with one cheap statement.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as EffectQueue from "effect/Queue"
import * as Bell from "../dispatcher/Bell.ts"
import { Entropy, seed, uuidv7 } from "../entropy/Entropy.ts"
import { Queue } from "../queue/Queue.ts"
import { decide } from "./decide.ts"
import { type ScheduleRecord, Schedules } from "./Schedules.ts"

/** After a statement that failed. */
const PAUSE = "1 second"

/**
 * Fires what is due until nothing is; answers how long it is to the next tick or deadline.
 *
 * @since 0.1.0
 * @category running
 */
export const fireDue = Effect.gen(function*() {
  const schedules = yield* Schedules
  const queue = yield* Queue
  const entropy = yield* Entropy

  const programOf = (schedule: ScheduleRecord) =>
    schedule.program === null
      ? queue.newestProgram(schedule.workflow)
      : Effect.succeedSome(schedule.program)

  const fireOne = (schedule: ScheduleRecord, now: number) =>
    Effect.gen(function*() {
      const program = yield* programOf(schedule)
      const made = {
        id: uuidv7(entropy, now),
        seed: seed(entropy),
        program: Option.getOrElse(program, () => "")
      }
      const fire = decide(schedule, now, made)
      if (fire === null) return
      if (Option.isSome(program)) return yield* schedules.fire(fire)
      yield* Effect.logWarning("A schedule names a workflow without a program; its tick is missed")
        .pipe(Effect.annotateLogs({ schedule: schedule.name, workflow: schedule.workflow }))
      return yield* schedules.fire({ ...fire, run: null, missed: Math.max(fire.missed, 1) })
    })

  for (;;) {
    const { deadlineAt, due, nextAt, now } = yield* schedules.look
    for (const schedule of due) yield* fireOne(schedule, now)
    if (due.length === 0) {
      return Math.max(Math.min(nextAt ?? Infinity, deadlineAt ?? Infinity) - now, 0)
    }
  }
})

/**
 * Fires ticks for the life of the layer; does nothing where there are no `Schedules`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<never, never, Queue> = Layer.scopedDiscard(Effect.gen(function*() {
  const schedules = yield* Effect.serviceOption(Schedules)
  if (Option.isNone(schedules)) return
  const { changes, pollMillis } = schedules.value
  const hints = yield* changes
  const bell = Bell.make()
  yield* Effect.forkScoped(
    Effect.forever(Effect.map(EffectQueue.take(hints), () => bell.ring()))
  )
  const once = Effect.gen(function*() {
    bell.reset()
    const untilTick = yield* Effect.provideService(fireDue, Schedules, schedules.value)
    yield* bell.wait(Math.min(untilTick, pollMillis))
  })
  yield* Effect.forkScoped(
    Effect.forever(Effect.catchAllCause(once, (cause) =>
      Cause.isInterruptedOnly(cause)
        ? Effect.failCause(cause as Cause.Cause<never>)
        : Effect.zipRight(
          Effect.logWarning("Could not fire schedules", cause),
          Effect.sleep(PAUSE)
        )))
  )
}))
