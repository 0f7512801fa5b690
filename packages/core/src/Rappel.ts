/**
 * The parts put together, each of them replaceable.
 *
 * @since 0.1.0
 */
import * as Layer from "effect/Layer"
import type { PackageMissing } from "./client/ClientError.ts"
import * as ProgramSource from "./client/ProgramSource.ts"
import * as RappelClient from "./client/RappelClient.ts"
import * as Dispatcher from "./dispatcher/Dispatcher.ts"
import type { LocalDispatcher } from "./dispatcher/LocalDispatcher.ts"
import type { Queue } from "./queue/Queue.ts"
import type { QueueUnavailable, SchemaTooNew } from "./queue/QueueError.ts"
import * as QueueMemory from "./queue/QueueMemory.ts"
import * as RetrySchedules from "./retry/RetrySchedules.ts"
import * as Timeouts from "./retry/Timeouts.ts"
import type { Schedules } from "./schedule/Schedules.ts"
import * as SchedulesMemory from "./schedule/SchedulesMemory.ts"
import * as Ticker from "./schedule/Ticker.ts"
import * as Scheduler from "./scheduler/Scheduler.ts"
import type { WorkerPool } from "./worker/WorkerPool.ts"
import { layerInline } from "./worker/WorkerPoolInline.ts"

/** The decisions of a dispatcher: how it steps, retries and times out. */
export type Decisions =
  | Scheduler.Scheduler
  | RetrySchedules.RetrySchedules
  | Timeouts.Timeouts

/**
 * The rules that DESIGN promises; an app may provide others instead.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerDecisions: Layer.Layer<Decisions> = Layer.mergeAll(
  Scheduler.layer,
  RetrySchedules.layer,
  Timeouts.layer
)

/**
 * A dispatcher and a client beside it, over a queue and a pool of workers: instances that
 * the client starts run here at once.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options?: Dispatcher.DispatcherOptions
): Layer.Layer<
  RappelClient.RappelClient | LocalDispatcher,
  QueueUnavailable | SchemaTooNew,
  Queue | WorkerPool | Decisions | ProgramSource.ProgramSource
> =>
  Layer.provideMerge(RappelClient.layer, Dispatcher.layer(options)).pipe(
    // Who claims nothing fires nothing either: others do both.
    Layer.merge(options?.claimBatch === 0 ? Layer.empty : Ticker.layer)
  )

/**
 * A client only: nothing is stepped in this process, somebody else's dispatcher does it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerClient: Layer.Layer<
  RappelClient.RappelClient,
  never,
  Queue | ProgramSource.ProgramSource
> = RappelClient.layer

/**
 * Everything in this process's memory, with actions run in place: what a test provides.
 *
 * Waits follow the `Clock`, so that under a `TestClock` a day passes when the test says
 * so. Values are encoded and decoded as on the way to a worker.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<
  | RappelClient.RappelClient
  | LocalDispatcher
  | Queue
  | Schedules
  | WorkerPool
  | Decisions
  | ProgramSource.ProgramSource,
  PackageMissing | QueueUnavailable | SchemaTooNew
> = Layer.provideMerge(
  layer(),
  Layer.mergeAll(
    Layer.provideMerge(SchedulesMemory.layer, QueueMemory.layer),
    layerInline(),
    layerDecisions,
    ProgramSource.layer()
  )
)
