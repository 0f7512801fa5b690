/**
 * Brings the schema `rappel` up to date, and says when a database does not fit.
 *
 * All pending migrations run in one transaction under an advisory lock, so that any
 * number of processes may start at once on an empty database, and a migration that fails
 * leaves nothing behind. `rappel.migration` lists what was applied; a row there that this
 * release does not know stops it, unless the row says that older processes can live with it.
 *
 * @since 0.1.0
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { QueueUnavailable, SchemaTooNew } from "@rappel/core/queue/QueueError"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { codeOf, toUnavailable } from "../statement/failure.ts"
import { inTransaction } from "../statement/inTransaction.ts"
import { all, KNOWN, type Migration } from "./all.ts"

/** Any number will do, as long as all releases use the same; this spells "rappel". */
const LOCK = 0x72617070656c

export interface Migrated {
  /** The schema before and after; 0 for none. */
  readonly from: number
  readonly to: number
}

/**
 * Applies what is missing. Concurrent calls wait for each other.
 *
 * **Errors** `SchemaTooNew` when a newer release migrated the database; `QueueUnavailable`
 * when it cannot be reached or refuses a statement (then nothing was changed).
 *
 * @since 0.1.0
 * @category running
 */
export const run: Effect.Effect<Migrated, QueueUnavailable | SchemaTooNew, PgClient.PgClient> =
  Effect.gen(function*() {
    const sql = (yield* PgClient.PgClient).withoutTransforms()
    const { missing, newest } = yield* onceItIsUp(read(sql))
    if (missing.length === 0) return { from: newest, to: newest }
    return yield* inTransaction(sql, upgrade(sql))
  }).pipe(Effect.catchTag("SqlError", (cause) => toUnavailable("migrate the database", cause)))

/**
 * Fails unless the schema fits this release.
 *
 * @since 0.1.0
 * @category running
 */
export const check: Effect.Effect<void, QueueUnavailable | SchemaTooNew, PgClient.PgClient> = Effect
  .gen(function*() {
    const sql = (yield* PgClient.PgClient).withoutTransforms()
    const { missing, newest } = yield* onceItIsUp(read(sql))
    if (missing.length === 0) return
    return yield* new QueueUnavailable({
      operation: "use this database",
      retryable: false,
      cause: new Error(`its schema is at ${newest}, and this program needs ${KNOWN}`)
    })
  }).pipe(Effect.catchTag("SqlError", (cause) => toUnavailable("read the schema's version", cause)))

/** What a database has: the newest migration that was applied, 0 for none, and those to come. */
interface Schema {
  readonly newest: number
  readonly missing: ReadonlyArray<Migration>
}

const read = (sql: SqlClient.SqlClient): Effect.Effect<Schema, SqlError | SchemaTooNew> =>
  Effect.gen(function*() {
    const rows = yield* sql<{ readonly id: number; readonly breaking: boolean }>`
      select id, breaking
      from rappel.migration`.pipe(Effect.catchIf(isNoTable, () => Effect.succeed([])))
    const newest = Math.max(0, ...rows.map(({ id }) => id))
    const unknown = rows.filter(({ breaking, id }) => breaking && id > KNOWN)
    if (unknown.length > 0) {
      const found = Math.max(...unknown.map(({ id }) => id))
      return yield* new SchemaTooNew({ found, known: KNOWN })
    }
    const applied = new Set(rows.map(({ id }) => id))
    return { newest, missing: all.filter(({ id }) => !applied.has(id)) }
  })

/** A server that says that it is starting, or recovers from a crash, will be there in a moment. */
const isStarting = (error: unknown): boolean => codeOf(error) === "57P03"

const onceItIsUp = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.retry(effect, {
    while: isStarting,
    schedule: Schedule.upTo(Schedule.spaced("250 millis"), "1 minute")
  })

const isNoTable = (error: SqlError): boolean => {
  const code = codeOf(error)
  return code === "42P01" || code === "3F000"
}

const upgrade = (
  sql: SqlClient.SqlClient
): Effect.Effect<Migrated, SqlError | SchemaTooNew> =>
  Effect.gen(function*() {
    yield* sql`select pg_advisory_xact_lock(${LOCK}::bigint)`
    yield* sql`create schema if not exists rappel`
    yield* sql`
      create table if not exists rappel.migration (
        id         integer     not null,
        breaking   boolean     not null default true,
        applied_at timestamptz not null default now(),
        name       text        not null,
        constraint migration_pkey primary key (id)
      )`
    yield* sql`
      comment on table rappel.migration is
        'Which migrations were applied. Processes that do not know a breaking one stop with exit code 57.'`
    const { missing, newest } = yield* read(sql)
    for (const migration of missing) yield* apply(sql, migration)
    return { from: newest, to: Math.max(newest, KNOWN) }
  })

const apply = (sql: SqlClient.SqlClient, migration: Migration): Effect.Effect<void, SqlError> =>
  Effect.zipRight(
    Effect.provideService(migration.run, SqlClient.SqlClient, sql),
    sql`
      insert into rappel.migration (id, name, breaking)
      values (${migration.id}, ${migration.name}, ${migration.breaking})`
  )
