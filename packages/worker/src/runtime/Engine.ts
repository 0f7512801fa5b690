/**
 * What runs instances in a process: a dispatcher with worker processes of its own, and a
 * client beside it.
 *
 * @since 0.1.0
 */
import type { ProgramSource } from "@rappel/core/client/ProgramSource"
import type { RappelClient } from "@rappel/core/client/RappelClient"
import type { DispatcherOptions } from "@rappel/core/dispatcher/Dispatcher"
import type { LocalDispatcher } from "@rappel/core/dispatcher/LocalDispatcher"
import type { Queue } from "@rappel/core/queue/Queue"
import type { QueueUnavailable, SchemaTooNew } from "@rappel/core/queue/QueueError"
import * as Rappel from "@rappel/core/Rappel"
import * as DefaultPolicy from "@rappel/core/retry/DefaultPolicy"
import type { WorkerPool } from "@rappel/core/worker/WorkerPool"
import * as Layer from "effect/Layer"
import { hostname } from "node:os"
import { getHeapStatistics } from "node:v8"
import type { Settings } from "../project/Environment.ts"
import * as NodeWatchdog from "./NodeWatchdog.ts"
import * as Place from "./Place.ts"

/** Of the heap: in memory, state takes a few times the room of its text. */
const STATE_SHARE = 1 / 8

/** What of the settings concerns a dispatcher. */
export const dispatcherOptions = (settings: Settings): DispatcherOptions => ({
  host: hostname(),
  pid: process.pid,
  queues: settings.queues,
  place: Place.own(),
  hasEnded: Place.hasEnded,
  maxStateBytes: settings.maxStateMegabytes === undefined
    ? getHeapStatistics().heap_size_limit * STATE_SHARE
    : settings.maxStateMegabytes * 1024 * 1024,
  ...(settings.batchSize === undefined ? {} : { claimBatch: settings.batchSize }),
  ...(settings.maxConcurrentInstances === undefined
    ? {}
    : { maxInstances: settings.maxConcurrentInstances })
})

/**
 * Runs what it starts itself and claims nothing else, so that a command beside a running
 * system takes no work from it.
 */
export const ownWorkOnly = (options: DispatcherOptions): DispatcherOptions => ({
  ...options,
  claimBatch: 0,
  // What leaves memory would have to be claimed again.
  parkAfterMillis: Infinity
})

/**
 * A dispatcher and a client over a queue and a pool.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: DispatcherOptions,
  { defaultPolicy }: Pick<Settings, "defaultPolicy">
): Layer.Layer<
  RappelClient | LocalDispatcher,
  QueueUnavailable | SchemaTooNew,
  Queue | WorkerPool | ProgramSource
> =>
  Layer.provide(
    Rappel.layer(options),
    Layer.provide(
      Rappel.layerDecisions,
      Layer.merge(NodeWatchdog.layer, DefaultPolicy.layer(defaultPolicy))
    )
  )
