/**
 * `rappel.dispatcher`: registrations, beats, and the end of both.
 *
 * A registration ends once: by its own process, or by an observer that saw its counter
 * stand still. Both free what it owned in the same transaction, but in a later statement
 * than the one that locks the row: only that sees what a claim has just given to it. Two
 * functions in the database do so in one round trip, so that a connection that is lost
 * half-way keeps no lock (0010_expire.ts).
 *
 * @since 0.1.0
 */
import type { Beat, DispatcherInfo, HostLoad, Peer } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import type { Run } from "../statement/Statements.ts"
import { fromStorable, toStorable } from "../statement/storable.ts"

export const make = (run: Run) => {
  /** Inserts the row, or leaves it as it is; removes registrations that died long ago. */
  const register = (info: DispatcherInfo): Effect.Effect<number, unknown> =>
    Effect.map(
      run({ name: "dispatcher_register", text: REGISTER }, [
        info.id,
        info.pid,
        toStorable(info.host),
        info.place ?? ""
      ]),
      ([row]) => Number(row!["now"])
    )

  /** Locks: its own row, which waits for its own claims and starts in flight. */
  const beat = (dispatcher: string, load?: HostLoad): Effect.Effect<Beat, unknown> =>
    Effect.map(
      run({ name: "dispatcher_beat", text: BEAT, limitMillis: BEAT_MILLIS }, [
        dispatcher,
        load?.slots ?? null,
        load?.queues.map(toStorable) ?? null
      ]),
      ([row]) => {
        const peers = row!["peers"] as ReadonlyArray<PeerRow> | null ?? []
        return {
          alive: row!["alive"] as boolean,
          peers: peers.map(({ counter, id, place }) => ({ id, counter, place })),
          hosts: peers.map(({ queues, slots }) => ({ slots, queues: queues.map(fromStorable) })),
          limited: (row!["limited"] as ReadonlyArray<string> | null ?? []).map(fromStorable),
          now: Number(row!["now"])
        }
      }
    )

  /** Those whose counter has moved on, or that are dead already, are left alone. */
  const expire = (peers: ReadonlyArray<Peer>): Effect.Effect<number, unknown> =>
    Effect.map(
      run({ name: "dispatcher_expire", text: "select rappel.expire($1, $2) as count" }, [
        peers.map((peer) => peer.id),
        peers.map((peer) => peer.counter)
      ]),
      ([row]) => row!["count"] as number
    )

  const leave = (dispatcher: string): Effect.Effect<void, unknown> =>
    Effect.asVoid(run({ name: "dispatcher_leave", text: "select rappel.leave($1)" }, [dispatcher]))

  return { register, beat, expire, leave } as const
}

/** Half a lease: over a connection that has fallen silent, the next beat still comes in time. */
const BEAT_MILLIS = 2_500

const REGISTER = `
  with old as (
    delete from rappel.dispatcher
    where died_at < now() - interval '1 day'
  ), registered as (
    insert into rappel.dispatcher (id, pid, host, place)
    values ($1, $2, $3, $4)
    on conflict (id) do nothing
  )
  select floor(extract(epoch from now()) * 1000)::float8 as now`

const BEAT = `
  with beaten as (
    update rappel.dispatcher
    set counter = counter + 1, beat_at = now(),
      slots = coalesce($2, slots), queues = coalesce($3, queues)
    where id = $1 and died_at is null
    returning 1
  )
  select exists (select from beaten) as alive,
    (
      select json_agg(
        json_build_object('id', id, 'counter', counter, 'place', place, 'slots', slots, 'queues', queues)
      )
      from rappel.dispatcher
      where died_at is null and id <> $1
    ) as peers,
    (
      select json_agg(name)
      from rappel.queue
      where concurrency is not null or rate_count is not null or paused
    ) as limited,
    floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now`

interface PeerRow extends Peer, HostLoad {}
