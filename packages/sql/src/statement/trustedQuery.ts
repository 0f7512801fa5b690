/**
 * Queries over a pool, as `pool.query`, but not over connections that may have fallen silent.
 *
 * When an answer is missing for as long as anybody waits, the way to the server may have been
 * lost without a word; then the idle connections of the pool are dead as well, and a statement
 * that tried one after the other would wait out its limit on each. So what was heard of last
 * before that statement began is given up, too, and the next one begins with a new connection.
 *
 * @since 0.1.0
 */
import type * as pg from "pg"
import { isUnanswered } from "./failure.ts"

export type Query = (
  config: pg.QueryConfig,
  callback: (error: unknown, result?: pg.QueryResult) => void
) => void

/** Order is all that counts, so each query has a number and no time. */
export const make = (pool: pg.Pool): Query => {
  let count = 0
  let distrustBefore = 0
  const heard = new WeakMap<pg.PoolClient, number>()
  return (config, callback) => {
    const begun = ++count
    const onConnection = (
      error: Error | undefined,
      client: pg.PoolClient | undefined,
      release: (error?: Error | boolean) => void
    ): void => {
      if (client === undefined) return callback(error)
      // Nothing was heard of one that is new, and it has just answered.
      if ((heard.get(client) ?? Infinity) < distrustBefore) {
        release(true)
        pool.connect(onConnection)
        return
      }
      let isDone = false
      const done = (failure: Error | null | undefined, result?: pg.QueryResult): void => {
        if (isDone) return
        isDone = true
        client.off("error", done)
        if (!failure) heard.set(client, count)
        else if (isUnanswered(failure)) distrustBefore = Math.max(distrustBefore, begun)
        release(failure ?? undefined)
        callback(failure, result)
      }
      client.once("error", done)
      client.query(config, done)
    }
    pool.connect(onConnection)
  }
}
