/**
 * `rappel.dispatcher`: registrations, beats, and the end of both.
 *
 * A registration ends once: by its own process, or by an observer that saw its counter
 * stand still. Both free what it owned in the same transaction, but in a later statement
 * than the one that locks the row: only that sees what a claim has just given to it.
 *
 * @since 0.1.0
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Beat, DispatcherInfo, Peer } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import { inTransaction } from "../statement/inTransaction.ts"
import type { Run } from "../statement/Statements.ts"
import { toStorable } from "../statement/storable.ts"
import { CHANNEL } from "./PgWakes.ts"

export const make = Effect.fnUntraced(function*(run: Run) {
  const sql = (yield* PgClient.PgClient).withoutTransforms()

  /** Inserts the row, or leaves it as it is; removes registrations that died long ago. */
  const register = (info: DispatcherInfo): Effect.Effect<number, unknown> =>
    Effect.map(
      run({ name: "dispatcher_register", text: REGISTER }, [
        info.id,
        info.pid,
        toStorable(info.host)
      ]),
      ([row]) => Number(row!["now"])
    )

  /** Locks: its own row, which waits for its own claims and starts in flight. */
  const beat = (dispatcher: string): Effect.Effect<Beat, unknown> =>
    Effect.map(run({ name: "dispatcher_beat", text: BEAT }, [dispatcher]), ([row]) => ({
      alive: row!["alive"] as boolean,
      peers: peersOf(row!["peers"] as string | null),
      now: Number(row!["now"])
    }))

  /** Frees everything that these own, and answers how many instances that was. */
  const free = (dispatchers: ReadonlyArray<string>): Effect.Effect<number, SqlError> =>
    Effect.map(
      sql<{ readonly count: number }>`
        with freed as (
          update rappel.due
          set owner = null, due_at = now()
          where owner = any(${dispatchers}::uuid[])
          returning 1
        ), notice as (
          select pg_notify(${CHANNEL}, 'd') from freed limit 1
        )
        select (select count(*) from freed)::integer as count, (select count(*) from notice) as notices`,
      ([row]) => row!.count
    )

  /** Those whose counter has moved on, or that are dead already, are left alone. */
  const expire = (peers: ReadonlyArray<Peer>): Effect.Effect<number, SqlError> =>
    inTransaction(
      sql,
      Effect.gen(function*() {
        const dead = yield* sql<{ readonly id: string }>`
          update rappel.dispatcher
          set died_at = now()
          from unnest(
            ${peers.map((peer) => peer.id)}::uuid[], ${peers.map((peer) => peer.counter)}::bigint[]
          ) as seen (id, counter)
          where dispatcher.id = seen.id and dispatcher.counter = seen.counter
            and dispatcher.died_at is null
          returning dispatcher.id`
        return dead.length === 0 ? 0 : yield* free(dead.map(({ id }) => id))
      })
    )

  const leave = (dispatcher: string): Effect.Effect<number, SqlError> =>
    inTransaction(
      sql,
      Effect.zipRight(
        sql`delete from rappel.dispatcher where id = ${dispatcher}`,
        free([dispatcher])
      )
    )

  return { register, beat, expire, leave } as const
})

const REGISTER = `
  with old as (
    delete from rappel.dispatcher
    where died_at < now() - interval '1 day'
  ), registered as (
    insert into rappel.dispatcher (id, pid, host)
    values ($1, $2, $3)
    on conflict (id) do nothing
  )
  select floor(extract(epoch from now()) * 1000)::float8 as now`

const BEAT = `
  with beaten as (
    update rappel.dispatcher
    set counter = counter + 1, beat_at = now()
    where id = $1 and died_at is null
    returning 1
  )
  select exists (select from beaten) as alive,
    (
      select string_agg(id || ':' || counter, ',')
      from rappel.dispatcher
      where died_at is null and id <> $1
    ) as peers,
    floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now`

const peersOf = (text: string | null): ReadonlyArray<Peer> =>
  text === null
    ? []
    : text.split(",").map((one) => ({ id: one.slice(0, 36), counter: Number(one.slice(37)) }))
