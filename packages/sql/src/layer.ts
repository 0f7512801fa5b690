/**
 * Every Postgres layer as one, from a connection string.
 *
 * @since 0.1.0
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import type * as SqlClient from "@effect/sql/SqlClient"
import type { Queue } from "@rappel/core/queue/Queue"
import type { QueueUnavailable, SchemaTooNew } from "@rappel/core/queue/QueueError"
import type { Schedules } from "@rappel/core/schedule/Schedules"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Migrator from "./migrations/Migrator.ts"
import * as PgPool from "./PgPool.ts"
import * as PgQueue from "./queue/PgQueue.ts"
import * as PgSchedules from "./schedule/PgSchedules.ts"
import { toUnavailable } from "./statement/failure.ts"

export interface PgOptions extends PgPool.PoolOptions, PgQueue.PgQueueOptions {
  /** Whether to bring the schema up to date first; false when absent. */
  readonly migrate?: boolean
}

/**
 * The pool and the PgClient over it: for what needs a connection and no queue.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerClient = (
  options: PgPool.PoolOptions
): Layer.Layer<PgPool.PgPool | PgClient.PgClient | SqlClient.SqlClient, QueueUnavailable> =>
  Layer.unwrapEffect(
    Effect.map(PgPool.PgPool, (pool) =>
      Layer.catchAll(
        PgClient.layerFromPool({ acquire: Effect.succeed(pool) }),
        (cause) => Layer.fail(toUnavailable("connect", cause))
      ))
  ).pipe(Layer.provideMerge(PgPool.layer(options)))

/**
 * The queue and schedules on Postgres, with their pool and PgClient.
 *
 * **Errors** `QueueUnavailable` within five seconds when the database cannot be reached,
 * and at once when it refuses the account or was not migrated; `SchemaTooNew` when a newer
 * release migrated it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerPg = (
  options: PgOptions
): Layer.Layer<
  Queue | Schedules | PgPool.PgPool | PgClient.PgClient | SqlClient.SqlClient,
  QueueUnavailable | SchemaTooNew
> => {
  const queue = PgQueue.layerWith(options)
  const migrated = options.migrate === true
    ? Layer.provide(queue, Layer.effectDiscard(Migrator.run))
    : queue
  return PgSchedules.layer.pipe(
    Layer.provideMerge(migrated),
    Layer.provideMerge(layerClient(options))
  )
}
