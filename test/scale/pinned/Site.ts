/**
 * One database on which something works, for a while at a time.
 */
import { PgPool } from "@rappel/sql/PgPool"
import * as Effect from "effect/Effect"

export interface Site {
  readonly work: (forMillis: number) => Effect.Effect<void, unknown>
  readonly done: () => number
  readonly perSecond: () => number
  readonly deadRows: Effect.Effect<number>
  /** Milliseconds of each claim, where they can be told. */
  readonly claims: () => ReadonlyArray<number>
}

/** `workUntil` answers how many instances it has brought to their end. What warms up does not count. */
export const siteOf = (
  warmUpMillis: number,
  workUntil: (until: number) => Effect.Effect<number, unknown>
): Effect.Effect<Site, unknown, PgPool> =>
  Effect.gen(function*() {
    const pool = yield* PgPool
    yield* workUntil(performance.now() + warmUpMillis)
    let done = 0
    let millis = 0
    return {
      work: (forMillis) =>
        Effect.gen(function*() {
          const began = performance.now()
          done += yield* workUntil(began + forMillis)
          millis += performance.now() - began
        }),
      done: () => done,
      perSecond: () => done * 1000 / millis,
      deadRows: Effect.promise(async () => {
        const { rows: [row] } = await pool.query(
          "select coalesce(sum(n_dead_tup), 0)::float8 as dead from pg_stat_user_tables"
        )
        return row.dead as number
      }),
      claims: () => []
    }
  })
