/**
 * The `pg` pool that a PgClient was made from.
 *
 * @since 0.1.0
 */
import { QueueUnavailable } from "@rappel/core/queue/QueueError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import pg from "pg"

/**
 * Optional beside the PgClient: with it, hot statements are prepared by name. An app that
 * makes its PgClient by `PgClient.layerFromPool` provides the same pool here.
 *
 * @since 0.1.0
 * @category services
 */
export class PgPool extends Context.Tag("@rappel/sql/PgPool")<PgPool, pg.Pool>() {}

export interface PoolOptions {
  readonly url: Redacted.Redacted<string>
  /** 3, which is what one dispatcher needs; an app that only starts and awaits needs 1. */
  readonly maxConnections?: number
}

/** Nobody waits for a connection longer than this. */
export const CONNECT_MILLIS = 5_000

/** A connection that is idle for longer is closed; its prepared statements go with it. */
const IDLE_MILLIS = 30_000

/**
 * A pool that connects when it is first used, and does not keep a process alive.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: PoolOptions): Layer.Layer<PgPool, QueueUnavailable> =>
  Layer.scoped(
    PgPool,
    Effect.acquireRelease(
      Effect.try({ try: () => makePool(options), catch: notAUrl }),
      (pool) =>
        Effect.promise(() => pool.end()).pipe(
          Effect.interruptible,
          Effect.timeoutOption("1 second")
        )
    )
  )

const makePool = (options: PoolOptions): pg.Pool => {
  const connectionString = Redacted.value(options.url)
  // Reads the address now: the pool would do so, and throw, in the middle of the first statement.
  new pg.Client({ connectionString })
  const pool = new pg.Pool({
    connectionString,
    max: options.maxConnections ?? 3,
    connectionTimeoutMillis: CONNECT_MILLIS,
    idleTimeoutMillis: IDLE_MILLIS,
    allowExitOnIdle: true,
    keepAlive: true,
    application_name: "rappel"
  })
  // Without a listener, an idle connection that the server closes would end the process.
  pool.on("error", () => {})
  return pool
}

/** The parser's own error carries the whole text, the password included. */
const notAUrl = () =>
  new QueueUnavailable({
    operation: "read the database's address",
    retryable: false,
    cause: new Error("it is not of the form postgresql://user:password@host:port/database")
  })
