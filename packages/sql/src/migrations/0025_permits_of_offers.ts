/**
 * A call may be offered again, as the attempt that it was, while the execution that it was taken
 * for before holds its permit still. The permit is then the new taker's: a take that failed
 * there would fail for all calls of its queue.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    create or replace function rappel.take_from(
      p_dispatcher uuid, p_take uuid, p_queue text, p_lane text, p_limit integer, p_permits boolean
    ) returns setof rappel.call
    language sql volatile as $$
      with picked as materialized (
        select id
        from rappel.call
        where queue = p_queue and lane = p_lane and taker is null
        order by rank
        limit p_limit
        for update skip locked
      ), taken as (
        update rappel.call
        set taker = p_dispatcher, take_id = p_take
        where id = any(array(select id from picked))
        returning *
      ), permits as (
        insert into rappel.permit (call_id, taker, queue, lane)
        select id, p_dispatcher, queue, lane from taken where p_permits
        on conflict (call_id) do update
        set taker = excluded.taker, queue = excluded.queue, lane = excluded.lane, ends_at = null
      )
      select * from taken
    $$`
})
