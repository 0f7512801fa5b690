/**
 * A second connection with which a test stages what somebody else does at the same moment.
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import pg from "pg"

const spaced = Schedule.spaced("10 millis")

export interface Session {
  /** Runs a statement, and answers its rows. */
  readonly run: (
    statement: string,
    values?: ReadonlyArray<unknown>
  ) => Effect.Effect<ReadonlyArray<Record<string, unknown>>>
}

export const make = (url: string): Effect.Effect<Session, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const client = new pg.Client({ connectionString: url })
        client.on("error", () => {})
        await client.connect()
        return client
      }),
      (client) => Effect.promise(() => client.end())
    ),
    (client) => ({
      run: (statement, values = []) =>
        Effect.promise(async () => (await client.query(statement, [...values])).rows)
    })
  )

/** Waits until another connection of this database waits for a lock. */
export const untilBlocked = (session: Session): Effect.Effect<void> =>
  session.run(
    `select pid from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`
  ).pipe(
    Effect.repeat({ until: (rows) => rows.length > 0, schedule: spaced }),
    Effect.timeout("10 seconds"),
    Effect.orDie,
    Effect.asVoid
  )

/** Waits until the statement answers a row. */
export const untilRow = (session: Session, statement: string): Effect.Effect<void> =>
  session.run(statement).pipe(
    Effect.repeat({ until: (rows) => rows.length > 0, schedule: spaced }),
    Effect.timeout("10 seconds"),
    Effect.orDie,
    Effect.asVoid
  )
