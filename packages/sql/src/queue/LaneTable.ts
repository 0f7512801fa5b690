/**
 * `rappel.lane` and `rappel.lane_start`: what is kept of the keys of limits goes when it counts
 * no more. Migration 0003 has the functions that write both.
 *
 * @since 0.1.0
 */
import type { LanesSwept, LaneSweep } from "@rappel/core/queue/Calls"
import * as Effect from "effect/Effect"
import type { Run } from "../statement/Statements.ts"
import { fromStorable, toStorable } from "../statement/storable.ts"

export const make = (run: Run) => {
  /**
   * Indexes: `lane_pkey`, `permit_lane_idx`, `start_lane_idx`. Locks: lanes that go; one that a
   * take has locked is passed over, and a take passes over one that goes.
   */
  const sweep = ({ after, idleMillis, limit }: LaneSweep): Effect.Effect<LanesSwept, unknown> =>
    Effect.map(
      run({ name: "lane_sweep", text: SWEEP }, [toStorable(after), limit, idleMillis]),
      ([row]) => ({
        removed: Number(row!["removed"]),
        after: row!["after"] === null ? null : fromStorable(row!["after"] as string)
      })
    )

  return { sweep } as const
}

const SWEEP = `
  with seen as materialized (
    select lane, used_at
    from rappel.lane
    where lane > $1
    order by lane
    limit $2
  ), idle as materialized (
    select lane
    from rappel.lane
    where lane = any(array(
        select lane from seen where used_at <= now() - $3::float8 * interval '1 ms'
      ))
      and not exists (select from rappel.permit where permit.lane = lane.lane)
      and not exists (
        select from rappel.lane_start where lane_start.lane = lane.lane and until > now()
      )
    order by lane
    for update skip locked
  ), starts as (
    delete from rappel.lane_start where lane = any(array(select lane from idle))
  ), removed as (
    delete from rappel.lane where lane = any(array(select lane from idle))
    returning 1
  )
  select (select count(*) from removed) as removed,
    (select max(lane) from seen having count(*) >= $2) as after`
