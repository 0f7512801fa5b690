/**
 * What a client does with schedules.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Moment, momentOf } from "../duration/Moment.ts"
import { Entropy, seed, uuidv7 } from "../entropy/Entropy.ts"
import type { ProgramFile } from "../program/Program.ts"
import { Queue, type StartRequest } from "../queue/Queue.ts"
import type { KeyTaken, QueueUnavailable } from "../queue/QueueError.ts"
import { runOf } from "../schedule/decide.ts"
import { InvalidSchedule, ScheduleNotFound } from "../schedule/ScheduleError.ts"
import { type ScheduleOptions, scheduleTermsOf } from "../schedule/ScheduleOptions.ts"
import { type ScheduleRecord, Schedules } from "../schedule/Schedules.ts"
import { nextTick } from "../schedule/Timing.ts"
import {
  type ArgumentsNotStorable,
  type InvalidStartOption,
  type ProgramError,
  ProgramNotFound
} from "./ClientError.ts"

/** Ticks that one call may make up for. */
export const MOST_BACKFILLED = 1000

/** Why a schedule cannot be made. */
export type UpsertError =
  | InvalidSchedule
  | InvalidStartOption
  | ArgumentsNotStorable
  | ProgramError
  | QueueUnavailable

type Missing = ScheduleNotFound | QueueUnavailable

/**
 * @since 0.1.0
 * @category models
 */
export interface ScheduleClient<What> {
  /**
   * Makes a schedule, or changes the one of this name: its next tick stays unless the timing
   * changes. A workflow by name runs what the name means at each tick, any other its program
   * of now.
   */
  readonly upsert: (
    name: string,
    options: ScheduleOptions,
    what: What,
    args: ReadonlyArray<unknown>
  ) => Effect.Effect<ScheduleRecord, UpsertError>
  /** By name. */
  readonly list: Effect.Effect<ReadonlyArray<ScheduleRecord>, QueueUnavailable>
  readonly find: (name: string) => Effect.Effect<ScheduleRecord, Missing>
  /** Fires no more; runs go on. */
  readonly pause: (name: string) => Effect.Effect<void, Missing>
  /** Fires again, from the next tick on: what came in between is not made up for. */
  readonly resume: (name: string) => Effect.Effect<void, Missing>
  /** Starts a run now, whatever else runs; answers its id. */
  readonly trigger: (
    name: string
  ) => Effect.Effect<string, Missing | ProgramNotFound | KeyTaken>
  /**
   * Starts the runs of the ticks from `from` to `to`, both included, that have none yet; one
   * after the other unless runs may overlap. Answers the ids in order.
   */
  readonly backfill: (
    name: string,
    from: Moment,
    to: Moment
  ) => Effect.Effect<ReadonlyArray<string>, Missing | ProgramNotFound | InvalidSchedule | KeyTaken>
  /** Ends a schedule; runs go on. */
  readonly remove: (name: string) => Effect.Effect<void, Missing>
}

/** The parts of a client that schedules use as well. */
export interface Parts<What> {
  readonly resolve: (what: What) => Effect.Effect<
    { readonly name: string; readonly hash: string; readonly file: ProgramFile | undefined },
    ProgramError | QueueUnavailable
  >
  readonly encode: (
    name: string,
    args: ReadonlyArray<unknown>
  ) => Effect.Effect<string, ArgumentsNotStorable>
}

export const make = <What extends { readonly kind: string }>(
  { encode, resolve }: Parts<What>
): Effect.Effect<ScheduleClient<What>, never, Queue> =>
  Effect.gen(function*() {
    const queue = yield* Queue
    const entropy = yield* Entropy
    const service = yield* Effect.serviceOption(Schedules)
    // A client without them is a matter of how the app is put together, and not of its data.
    const schedules = Option.isSome(service) ? Effect.succeed(service.value) : Effect.dieMessage(
      "This client has no schedules: provide SchedulesMemory.layer or PgSchedules.layer beside its queue"
    )

    const find = (name: string): Effect.Effect<ScheduleRecord, Missing> =>
      Effect.gen(function*() {
        const [found] = yield* (yield* schedules).list([name])
        return found ?? (yield* new ScheduleNotFound({ schedule: name }))
      })

    const unlessMissing = (name: string, found: boolean) =>
      found ? Effect.void : new ScheduleNotFound({ schedule: name })

    const programOf = (schedule: ScheduleRecord) =>
      schedule.program !== null
        ? Effect.succeed(schedule.program)
        : Effect.flatMap(queue.newestProgram(schedule.workflow), (hash) =>
          Option.isSome(hash)
            ? Effect.succeed(hash.value)
            : Effect.fail(
              new ProgramNotFound({
                workflow: schedule.workflow,
                reason: "no program of that name was ever stored"
              })
            ))

    const runsAt = (schedule: ScheduleRecord, ticks: ReadonlyArray<number | null>) =>
      Effect.gen(function*() {
        const program = yield* programOf(schedule)
        const now = yield* (yield* schedules).now
        return ticks.map((at): StartRequest =>
          runOf(schedule, at, { id: uuidv7(entropy, now), seed: seed(entropy), program })
        )
      })

    return {
      upsert: (name, options, what, args) =>
        Effect.gen(function*() {
          const terms = yield* Effect.try({
            try: () => scheduleTermsOf(name, options),
            catch: (error) => error as InvalidSchedule | InvalidStartOption
          })
          const program = yield* resolve(what)
          if (program.file !== undefined) yield* queue.putPrograms([program.file])
          const input = yield* encode(program.name, args)
          const { now, put } = yield* schedules
          yield* put({
            ...terms,
            name,
            workflow: program.name,
            program: what.kind === "name" ? null : program.hash,
            input
          }, nextTick(terms.timing, yield* now) ?? null)
          return yield* Effect.catchTag(
            find(name),
            "ScheduleNotFound",
            () =>
              new InvalidSchedule({ schedule: name, reason: "it was deleted at the same moment" })
          )
        }),
      list: Effect.flatMap(schedules, ({ list }) => list()),
      find,
      pause: (name) =>
        Effect.gen(function*() {
          yield* unlessMissing(name, yield* (yield* schedules).setPaused(name, true, null))
        }),
      resume: (name) =>
        Effect.gen(function*() {
          const { now, setPaused } = yield* schedules
          const { timing } = yield* find(name)
          const nextAt = nextTick(timing, yield* now) ?? null
          yield* unlessMissing(name, yield* setPaused(name, false, nextAt))
        }),
      trigger: (name) =>
        Effect.gen(function*() {
          const runs = yield* runsAt(yield* find(name), [null])
          const [started] = yield* queue.start(runs)
          return started!.id
        }),
      backfill: (name, from, to) =>
        Effect.gen(function*() {
          const refuse = (reason: string) => new InvalidSchedule({ schedule: name, reason })
          const [first, last] = [momentOf(from), momentOf(to)]
          if (first === undefined || last === undefined) {
            return yield* refuse("a backfill goes from one point in time to another")
          }
          const schedule = yield* find(name)
          const ticks: Array<number> = []
          let tick = nextTick(schedule.timing, first - 1)
          while (tick !== undefined && tick <= last) {
            if (ticks.push(tick) > MOST_BACKFILLED) {
              return yield* refuse(`more than ${MOST_BACKFILLED} ticks lie in this time; take less`)
            }
            tick = nextTick(schedule.timing, tick)
          }
          const waits = schedule.overlap !== "allow"
          const runs = yield* runsAt(schedule, ticks)
          const started = yield* queue.start(
            runs.map(({ dueAt: _, ...run }) => ({ ...run, tick: { ...run.tick!, waits } }))
          )
          return started.map(({ id }) => id)
        }),
      remove: (name) =>
        Effect.gen(function*() {
          yield* unlessMissing(name, yield* (yield* schedules).remove(name))
        })
    }
  })
