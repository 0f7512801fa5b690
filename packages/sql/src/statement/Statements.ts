/**
 * Sends statements, prepared where the connection allows it.
 *
 * A statement with a name is parsed and planned once per connection, which halves its cost.
 * The PgClient cannot name statements; so they go through the pool that it was made from,
 * when `PgPool` is there, and unnamed through the PgClient when it is not.
 *
 * @since 0.1.0
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import type * as pg from "pg"
import { PgPool } from "../PgPool.ts"
import { codeOf, driverError, isUnanswered } from "./failure.ts"
import * as trustedQuery from "./trustedQuery.ts"

export interface Statement {
  /** Null for a text that is made anew each time, which is not worth preparing. */
  readonly name: string | null
  readonly text: string
  /** Instead of `STATEMENT_MILLIS`: less for what others wait for, more for what may have to wait. */
  readonly limitMillis?: number
}

/**
 * Nobody waits longer for an answer. A connection whose other end is gone without a word (a
 * host that lost its network, a firewall that forgot) would keep a commit waiting for as long
 * as the system's keepalive takes, two hours by default. The connection is given up then and
 * the statement sent again on another, which all of them allow.
 */
export const STATEMENT_MILLIS = 30_000

export type Row = Readonly<Record<string, unknown>>

/** Fails with the driver's own error. */
export type Run = (
  statement: Statement,
  values: ReadonlyArray<unknown>
) => Effect.Effect<ReadonlyArray<Row>, unknown>

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  limitMillis = STATEMENT_MILLIS
): Effect.Effect<Run, never, PgClient.PgClient> =>
  Effect.gen(function*() {
    const client = (yield* PgClient.PgClient).withoutTransforms()
    const pool = yield* Effect.serviceOption(PgPool)
    if (pool._tag === "Some") return overPool(pool.value, limitMillis)
    return ({ text }, values) => Effect.mapError(client.unsafe<Row>(text, values), driverError)
  })

/** As long as a lease: a dispatcher stands still while an answer of these is missing. */
const SOON_MILLIS = 5_000

/**
 * For statements that are answered in milliseconds, unless what they bring is large or the server
 * is slow: each answer in a row that is missing doubles what the next one gets, up to `run`'s own
 * limit. Those that have a limit keep it.
 */
export const growingPatience = (run: Run, mostMillis = STATEMENT_MILLIS): Run => {
  const first = Math.min(SOON_MILLIS, mostMillis)
  let limitMillis = first
  const answered = (rows: ReadonlyArray<Row>) => {
    limitMillis = first
    return rows
  }
  const failed = (error: unknown) => {
    if (isUnanswered(error)) limitMillis = Math.min(limitMillis * 2, mostMillis)
    return error
  }
  return (statement, values) =>
    statement.limitMillis !== undefined
      ? run(statement, values)
      : Effect.suspend(() =>
        Effect.mapBoth(run({ ...statement, limitMillis }, values), {
          onFailure: failed,
          onSuccess: answered
        })
      )
}

/** What a pooler between here and Postgres answers when names do not stay with a connection. */
const NAME_IS_LOST: ReadonlySet<string> = new Set(["26000", "42P05"])

const overPool = (pool: pg.Pool, limitMillis: number): Run => {
  const ask = trustedQuery.make(pool)
  let named = true
  const send = (
    { limitMillis: own, name, text }: Statement,
    values: ReadonlyArray<unknown>,
    withName: boolean
  ) =>
    Effect.async<ReadonlyArray<Row>, unknown>((resume) => {
      const query: pg.QueryConfig & { readonly query_timeout: number } = {
        ...(withName ? { name: `rappel_${name}` } : {}),
        text,
        values: values as Array<unknown>,
        query_timeout: own ?? limitMillis
      }
      ask(query, (error, result) => {
        resume(result === undefined ? Effect.fail(error) : Effect.succeed(result.rows))
      })
    })
  return (statement, values) =>
    Effect.suspend(() =>
      named && statement.name !== null
        ? Effect.catchIf(
          send(statement, values, true),
          (error) => NAME_IS_LOST.has(codeOf(error)),
          () => {
            named = false
            return send(statement, values, false)
          }
        )
        : send(statement, values, false)
    )
}
