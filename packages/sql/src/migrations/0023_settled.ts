/**
 * Calls whose transactional action has committed: whatever would end such an attempt for its owner
 * is refused, until the owner has taken the outcome.
 *
 * The mark is in the row of the call and not looked up in the inbox: whoever waited for the
 * action's transaction sees the row as it is now, and the inbox as it was before the wait.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`alter table rappel.call add column settled boolean not null default false`
  yield* sql`
    comment on column rappel.call.settled is
      'Its transactional action has committed, and the outcome is in the inbox.'`
  yield* sql.unsafe(SETTLE)
  yield* sql.unsafe(LOSE_CALLS)
})

/*
 * As in 0014, and marks the call. The message has the number 0: it is read before all others, as
 * the work is done, whatever was said to the instance meanwhile. When the place is taken, the
 * caller rolls back, and the mark with it. Indexes: call_pkey, inbox_pkey. Locks: both rows, until
 * the commit.
 */
const SETTLE = `
  create or replace function rappel.settle(p_slot uuid, p_payload text) returns boolean
  language plpgsql volatile
  as $$
  declare
    called rappel.call;
  begin
    perform set_config('idle_in_transaction_session_timeout', '2000', true);
    update rappel.call set settled = true where id = p_slot returning * into called;
    if not found then
      return false;
    end if;
    insert into rappel.inbox (id, instance_id, nth, kind, effect, payload)
    overriding system value
    values (p_slot, called.instance_id, 0, 'call', called.effect, called.attempt || p_payload)
    on conflict (id) do nothing;
    return found;
  end
  $$`

/* As in 0003, without what has committed: its row stays until its owner has taken the outcome. */
const LOSE_CALLS = `
  create or replace function rappel.lose_calls(p_dispatchers uuid[]) returns void
  language plpgsql as $$
  begin
    update rappel.permit
    set ends_at = now() + interval '2 s'
    where taker = any(p_dispatchers);
    with taken as materialized (
      select id, instance_id, effect, attempt
      from rappel.call
      where taker = any(p_dispatchers) and not settled
      order by id
      for update
    ), message as (
      insert into rappel.inbox (id, instance_id, kind, effect, payload)
      select id, instance_id, 'call', effect, attempt || 'lits dispatcher ended'
      from taken
      order by id
      on conflict (id) do nothing
    )
    delete from rappel.call
    where id = any(array(select id from taken));
  end $$`
