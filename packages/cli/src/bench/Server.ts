/**
 * The database of a benchmark: one of its own on the server that was named or started, so
 * that no other dispatcher takes its work and nothing stays behind; and the server's counters.
 *
 * @since 0.1.0
 */
import type { QueueUnavailable } from "@rappel/core/queue/QueueError"
import * as PgPool from "@rappel/sql/PgPool"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { randomBytes } from "node:crypto"
import { NoInfrastructure } from "../CliError.ts"
import * as Machine from "./Machine.ts"

export interface Facts {
  readonly postgres: string
  readonly fsync: string
  readonly synchronous_commit: string
  readonly full_page_writes: string
}

export interface Counters {
  readonly walBytes: number
  /** Of the whole server; undefined when it runs on another host. */
  readonly cpuMillis: number | undefined
}

export interface Server {
  readonly url: Redacted.Redacted<string>
  readonly facts: Facts
  readonly counters: Effect.Effect<Counters, NoInfrastructure>
  /** Connections to the benchmark's database now. */
  readonly connections: Effect.Effect<number, NoInfrastructure>
  /** Transactions of its database; exact when it has no connections. */
  readonly transactions: Effect.Effect<number, NoInfrastructure>
}

/** The same address with another database. */
export const withDatabase = (url: string, database: string): string =>
  url.replace(
    /^(postgres(?:ql)?:\/\/[^/?]*)(?:\/[^?]*)?(\?.*)?$/,
    (_, host: string, options: string = "") => `${host}/${database}${options}`
  )

/**
 * Makes the database, and drops it when the scope closes.
 *
 * **Errors** `NoInfrastructure` when the server cannot be reached or the role may not create
 * databases.
 */
export const make = (
  url: Redacted.Redacted<string>
): Effect.Effect<Server, NoInfrastructure | QueueUnavailable, Scope.Scope> =>
  Effect.gen(function*() {
    const name = `rappel_bench_${randomBytes(4).toString("hex")}`
    // Its connection is to the other database, so that it does not count itself.
    const pool = Context.get(
      yield* Layer.build(PgPool.layer({ url, maxConnections: 1 })),
      PgPool.PgPool
    )
    const query = (text: string) =>
      Effect.tryPromise({
        try: async () => (await pool.query(text)).rows as ReadonlyArray<Record<string, unknown>>,
        catch: (cause) =>
          new NoInfrastructure({
            message: `The benchmark cannot use its Postgres: ${(cause as Error).message}`,
            cause
          })
      })
    const one = (text: string) => Effect.map(query(text), (rows) => rows[0]!)

    yield* Effect.acquireRelease(
      Effect.mapError(query(`create database ${name}`), (error) =>
        new NoInfrastructure({
          message: `${error.message}\n` +
            "A benchmark runs in a database of its own, which it drops at the end. Name a role " +
            "with CREATEDB in --database-url, or leave it out to use the embedded Postgres.",
          cause: error
        })),
      () => Effect.ignore(query(`drop database ${name} with (force)`))
    )
    const facts = yield* one(`
      select current_setting('server_version') as postgres,
        current_setting('fsync') as fsync,
        current_setting('synchronous_commit') as synchronous_commit,
        current_setting('full_page_writes') as full_page_writes`)
    const { pid } = yield* one("select pg_backend_pid() as pid")
    const postmaster = Machine.postmasterOf(Number(pid))

    const connections = Effect.map(
      one(`
        select count(*)::integer as count
        from pg_stat_activity
        where datname = '${name}' and backend_type = 'client backend'`),
      ({ count }) => Number(count)
    )
    return {
      url: Redacted.make(withDatabase(Redacted.value(url), name)),
      facts: facts as unknown as Facts,
      counters: Effect.map(
        one("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as wal"),
        ({ wal }) => ({
          walBytes: Number(wal),
          cpuMillis: postmaster === undefined ? undefined : Machine.serverCpuMillis(postmaster)
        })
      ),
      connections,
      transactions: Effect.map(
        one(`
          select (xact_commit + xact_rollback)::float8 as count from pg_stat_database
          where datname = '${name}'`),
        ({ count }) => Number(count)
      )
    }
  })
