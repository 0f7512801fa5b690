/**
 * Claims instances, steps them, commits what happened, feeds the worker pool.
 *
 * The decisions are `DispatcherCore`'s; its fibers are in `fibers/`: some claim and load, one
 * commits, one reads the pool's reports, one waits for timers, one beats. None of them runs per
 * instance or per call.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import type * as Scope from "effect/Scope"
import { Entropy } from "../entropy/Entropy.ts"
import { Queue } from "../queue/Queue.ts"
import type { QueueUnavailable, SchemaTooNew } from "../queue/QueueError.ts"
import { RetrySchedules } from "../retry/RetrySchedules.ts"
import { Timeouts } from "../retry/Timeouts.ts"
import { Scheduler } from "../scheduler/Scheduler.ts"
import { WorkerPool } from "../worker/WorkerPool.ts"
import { DispatcherCore } from "./DispatcherCore.ts"
import { type DispatcherOptions, withDefaults } from "./DispatcherOptions.ts"
import * as Beating from "./fibers/Beating.ts"
import * as Claiming from "./fibers/Claiming.ts"
import * as Committing from "./fibers/Committing.ts"
import * as Hearing from "./fibers/Hearing.ts"
import { pauseOnFailure, Run } from "./fibers/Run.ts"
import { shutdown } from "./fibers/shutdown.ts"
import * as Taker from "./fibers/Taker.ts"
import { type EndedHere, LocalDispatcher } from "./LocalDispatcher.ts"
import { Routes } from "./offers.ts"
import { TakenCalls } from "./TakenCalls.ts"

export type { DispatcherOptions } from "./DispatcherOptions.ts"

type Needs = Queue | Scheduler | RetrySchedules | Timeouts | WorkerPool

interface Fault {
  readonly instanceId: string
  readonly cause: unknown
}

/**
 * Starts a dispatcher that runs until the scope closes; then it hands over what it owns.
 *
 * **Errors** `QueueUnavailable` when the queue cannot be reached at the start, `SchemaTooNew`
 * when a newer release migrated it. Later losses of the connection are ridden out.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: DispatcherOptions = {}
): Effect.Effect<
  LocalDispatcher["Type"],
  QueueUnavailable | SchemaTooNew,
  Needs | Scope.Scope
> =>
  Effect.gen(function*() {
    const queue = yield* Queue
    const pool = yield* WorkerPool
    const clock = yield* Effect.clock
    const entropy = yield* Entropy
    const settings = withDefaults(options, queue.pollMillis)
    const run = new Run(settings, { queue, pool, clock, entropy })
    const faults = yield* Mailbox.make<Fault>()
    const endListeners = new Set<(end: EndedHere) => void>()
    const core = new DispatcherCore(settings, {
      now: run.now,
      commitId: run.newId,
      pool,
      scheduler: yield* Scheduler,
      retries: yield* RetrySchedules,
      timeouts: yield* Timeouts,
      isCertain: run.isCertain,
      routes: new Routes(settings.queues),
      lent: () => run.taker.reserved(),
      onEnd: (end) => {
        for (const listener of endListeners) listener(end)
      },
      onFault: (instanceId, cause) => {
        faults.unsafeOffer({ instanceId, cause })
      }
    })
    const taken = new TakenCalls({
      now: run.now,
      nextExecutionId: () => core.nextExecutionId(),
      pool
    })
    const takesOwnOnly = settings.claimBatch === 0
    run.core = core
    run.taken = taken
    run.taker = Taker.make({
      queue,
      taken,
      queues: settings.queues,
      id: () => run.id,
      now: run.now,
      slots: () => pool.slots(),
      running: () => core.runningCount(),
      mayTake: () =>
        !run.isStopping && run.isCertain() && (!takesOwnOnly || core.offeredCount() > 0),
      onChange: () => {
        core.confirmed()
        run.settle()
      },
      guard: pauseOnFailure
    })

    // Calls may wait that were lost with the last worker.
    pool.onSlots?.(() => {
      core.confirmed()
      run.settle()
    })

    const claiming = Claiming.make(run)
    const beating = Beating.make(run)
    yield* beating.register
    yield* Effect.catchAll(beating.beatOnce, (error) => Effect.logWarning("Could not beat", error))
    const loops = [
      ...run.taker.fibers,
      ...claiming.fibers,
      Committing.make(run, claiming.loadAgain),
      ...Hearing.make(run),
      faultLogger(faults)
    ]
    if (settings.beatMillis !== Infinity) loops.push(beating.fiber)
    for (const loop of loops) yield* Effect.forkScoped(loop)
    // Added last, so that it runs first, while the loops still do their work.
    yield* Effect.addFinalizer(() => shutdown(run))

    return LocalDispatcher.of({
      id: () => run.id,
      started: (instances) => {
        if (!run.isStopping) claiming.started(instances)
      },
      willTell: (instance) =>
        !run.isStopping &&
        (claiming.isComing(instance) || core.owned.get(instance)?.told === false),
      onEnd: (listener) => {
        endListeners.add(listener)
        return () => endListeners.delete(listener)
      },
      status: () => ({
        id: run.id,
        instances: core.owned.size,
        runningCalls: core.runningCount() + taken.count(),
        waitingCalls: core.waitingCount(),
        offeredCalls: core.offeredCount(),
        commits: core.counts.commits,
        events: core.counts.events,
        executions: core.counts.executions
      })
    })
  })

const faultLogger = (faults: Mailbox.ReadonlyMailbox<Fault>): Effect.Effect<never> =>
  Effect.forever(Effect.gen(function*() {
    // The mailbox is never ended.
    const { cause, instanceId } = yield* Effect.orDie(faults.take)
    yield* Effect.annotateLogs(
      Effect.logError("An instance is set aside: stepping it failed", Cause.fail(cause)),
      { instanceId }
    )
  }))

/**
 * A dispatcher for the life of the layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options?: DispatcherOptions
): Layer.Layer<LocalDispatcher, QueueUnavailable | SchemaTooNew, Needs> =>
  Layer.scoped(LocalDispatcher, make(options))
