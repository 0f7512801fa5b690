/**
 * Events of policies, heartbeats of offered calls, and the outcomes of transactional ones (docs/durability.md, R16).
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`alter table rappel.event drop constraint event_kind`
  yield* sql`
    alter table rappel.event add constraint event_kind check (
      kind in (
        'settled', 'fired', 'received', 'cancelled', 'terminated', 'attempt', 'lost', 'failed',
        'heartbeat'
      )
    )`
  yield* sql`
    alter table rappel.call
      add column heartbeat double precision,
      add column transactional boolean not null default false,
      add column details text`
  yield* sql`
    comment on column rappel.call.details is
      'What an earlier attempt said with its last heartbeat.'`
  yield* sql.unsafe(SETTLE)
  yield* sql`
    comment on function rappel.settle is
      'Puts the outcome of a transactional call into its slot, as the last statement before the commit of the action''s transaction; false when the attempt is over.'`
})

/*
 * For the transaction of an action. The row of the call goes with the commit of whatever ends the
 * attempt for its owner, so either that is first and there is no row here, or it waits for this
 * commit. The message is unique, so a timeout or a loss that somebody tells of meanwhile waits
 * for this commit and is dropped, or was first and keeps this one out. A process that stops
 * between this statement and its commit would hold both up: the server ends its transaction.
 * Indexes: call_pkey, inbox_pkey. Locks: both rows, until the commit.
 */
const SETTLE = `
  create function rappel.settle(p_slot uuid, p_payload text) returns boolean
  language plpgsql volatile
  as $$
  declare
    called rappel.call;
  begin
    perform set_config('idle_in_transaction_session_timeout', '2000', true);
    select * into called from rappel.call where id = p_slot for no key update;
    if not found then
      return false;
    end if;
    insert into rappel.inbox (id, instance_id, kind, effect, payload)
    values (p_slot, called.instance_id, 'call', called.effect, called.attempt || p_payload)
    on conflict (id) do nothing;
    return found;
  end
  $$`
