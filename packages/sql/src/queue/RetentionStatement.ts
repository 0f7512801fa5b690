/**
 * The removal of finished instances.
 *
 * @since 0.1.0
 */
import type { Removal } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import type { Run } from "../statement/Statements.ts"
import { toStorable } from "../statement/storable.ts"

/** Any number will do, as long as all releases use the same; this spells "retain". */
const LOCK = 0x72657461696e

export const make = (run: Run) => {
  /**
   * Index: `instance_finished_idx`, then the primary keys and `reply_instance_idx`. Locks: one process at a time; the
   * rows that go, which nobody else writes, as nothing is due for them any more.
   */
  const remove = ({ keepMillis, limit, name, status }: Removal): Effect.Effect<number, unknown> =>
    Effect.map(
      run({ name: "instance_remove", text: REMOVE }, [
        toStorable(name),
        status === "completed",
        keepMillis,
        limit
      ]),
      ([row]) => Number(row!["count"])
    )

  return { remove } as const
}

/* The lock is a subquery without a reference to the rows: it is asked once, and before them. */
const REMOVE = `
  with over as materialized (
    select id
    from rappel.instance
    where (select pg_try_advisory_xact_lock(${LOCK}::bigint))
      and name = $1 and ok = $2
      and finished_at <= now() - $3::float8 * interval '1 ms'
      and not exists (select from rappel.due where due.instance_id = instance.id)
    order by name, ok, finished_at
    limit $4
    for update skip locked
  ), events as (
    delete from rappel.event where instance_id = any(array(select id from over))
  ), logs as (
    delete from rappel.log where instance_id = any(array(select id from over))
  ), snapshots as (
    delete from rappel.snapshot where instance_id = any(array(select id from over))
  ), messages as (
    delete from rappel.inbox where instance_id = any(array(select id from over))
  ), replies as (
    delete from rappel.reply where instance_id = any(array(select id from over))
  ), published as (
    delete from rappel.published where instance_id = any(array(select id from over))
  ), removed as (
    delete from rappel.instance where id = any(array(select id from over))
    returning 1
  )
  select count(*)::integer as count from removed`
