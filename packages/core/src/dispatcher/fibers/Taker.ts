/**
 * Takes offered calls while there are free slots, and tells what came of them.
 *
 * Two fibers: one takes and compares, one tells. Half of the slots are kept for offered calls
 * while some wait, so that an instance with a long backlog of its own leaves room for them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { CallKey } from "../../queue/Calls.ts"
import type { Queue } from "../../queue/Queue.ts"
import * as Bell from "../Bell.ts"
import type { TakenCalls } from "../TakenCalls.ts"

/** Calls taken in one statement; their arguments travel with them. */
const BATCH = 200

/** Between two sendings of verdicts. */
const RESENDING = Schedule.spaced("500 millis")

export interface TakerOptions {
  readonly queue: Queue["Type"]
  readonly taken: TakenCalls
  readonly queues: ReadonlyArray<string>
  readonly id: () => string
  readonly now: () => number
  readonly slots: () => number
  /** Executions of own instances. */
  readonly running: () => number
  /** Whether to take anything now. */
  readonly mayTake: () => boolean
  /** Told when slots were used or freed. */
  readonly onChange: () => void
  readonly guard: <A, E>(what: string, effect: Effect.Effect<A, E>) => Effect.Effect<unknown>
}

export interface Taker {
  readonly fibers: ReadonlyArray<Effect.Effect<never>>
  /** Calls may wait: a hint came. */
  readonly hint: () => void
  /** Something changed here: slots are free, verdicts wait. */
  readonly settle: () => void
  /** Compares what was taken with what runs, at the next turn. */
  readonly compare: () => void
  /** Slots that own calls leave to offered ones. */
  readonly reserved: () => number
}

export const make = (options: TakerOptions): Taker => {
  const { guard, id, mayTake, now, onChange, queue, queues, running, slots, taken } = options
  const takeBell = Bell.make()
  const tellBell = Bell.make()
  let after = ""
  let turn = 0
  let isWaiting = false
  let isFull = false
  let mustCompare = false

  const free = () => slots() - running() - taken.count()

  /** Calls that were withdrawn and whose permits this dispatcher holds still. */
  const unfreed: Array<CallKey> = []

  const compareOnce = Effect.gen(function*() {
    mustCompare = false
    const { unknown, withdrawn } = taken.reconcile(yield* queue.calls.held(id()))
    unfreed.push(...withdrawn)
    const given = [...unfreed, ...unknown]
    if (given.length > 0) {
      yield* queue.calls.giveBack(id(), given).pipe(
        Effect.tapError(() => Effect.sync(() => mustCompare = true))
      )
    }
    unfreed.length = 0
    onChange()
  })

  /** Takes once, and answers how long to wait before the next time without a hint. */
  const takeOnce = Effect.gen(function*() {
    if (mustCompare) yield* compareOnce
    if (!mayTake()) return queue.pollMillis
    const limit = Math.min(free(), BATCH)
    isFull = limit <= 0
    if (isFull) return queue.pollMillis
    // Each queue is looked at first in its turn.
    const first = turn++ % queues.length
    const answer = yield* queue.calls.take({
      dispatcher: id(),
      queues: [...queues.slice(first), ...queues.slice(0, first)],
      limit,
      after
    }).pipe(Effect.tapError(() => Effect.sync(() => mustCompare = true)))
    after = answer.after
    isWaiting = answer.calls.length === limit
    taken.start(answer.calls)
    onChange()
    // A take that used up a rate does not say when the next start is: one that finds none does.
    if (isWaiting || answer.calls.some(({ limit }) => limit?.rate != null)) return 0
    return Math.min(
      queue.pollMillis,
      answer.nextAt === null ? Infinity : Math.max(answer.nextAt - now(), 1)
    )
  })

  const take = Effect.forever(guard(
    "Could not take offered calls",
    Effect.gen(function*() {
      takeBell.reset()
      const waitMillis = yield* takeOnce
      if (waitMillis > 0) yield* takeBell.wait(waitMillis)
      else yield* Effect.yieldNow()
    })
  ))

  const tell = Effect.forever(guard(
    "Could not tell what came of offered calls; it is told again",
    Effect.gen(function*() {
      tellBell.reset()
      for (;;) {
        const verdicts = taken.takeVerdicts()
        if (verdicts === undefined) break
        yield* queue.calls.report(id(), verdicts).pipe(
          Effect.tapError((error) =>
            Effect.logWarning("Verdicts on offered calls are sent again", error)
          ),
          Effect.retry({ schedule: RESENDING })
        )
        taken.told()
        onChange()
      }
      yield* tellBell.wait(Infinity)
    })
  ))

  return {
    fibers: [take, tell],
    hint: () => {
      isWaiting = true
      takeBell.ring()
    },
    settle: () => {
      if (taken.hasVerdicts()) tellBell.ring()
      if (isFull && free() > 0) takeBell.ring()
    },
    compare: () => {
      mustCompare = true
      takeBell.ring()
    },
    reserved: () => isWaiting && mayTake() ? Math.max(taken.count(), slots() >> 1) : taken.count()
  }
}
