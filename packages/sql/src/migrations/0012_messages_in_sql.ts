/**
 * Signals and cancels in SQL, for callers in any language: messages in the inbox, as the
 * clients send them.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql.unsafe(SEND)
  yield* sql.unsafe(SIGNAL)
  yield* sql.unsafe(CANCEL)
})

/* Answers the message's id. One that is sent again is delivered once, also when it was taken. */
const SEND = `
  create function rappel.send(
    instance uuid, kind text, name text, payload text, message uuid, notify boolean
  ) returns uuid
  language plpgsql volatile
  as $$
  declare
    v_id uuid := coalesce(message, rappel.new_id());
    v_ok boolean;
  begin
    if message is not null and exists (select from rappel.event where event.message = v_id) then
      return v_id;
    end if;
    select instance.ok is not null into v_ok
    from rappel.instance
    where instance.id = send.instance;
    if v_ok is null then
      raise exception 'There is no instance %', instance
        using errcode = 'RP004',
          hint = 'It never existed, its time of keeping is over, or its start is not committed.';
    end if;
    if v_ok then
      raise exception 'Instance % has finished already', instance using errcode = 'RP005';
    end if;
    insert into rappel.inbox (id, instance_id, kind, name, payload)
    values (v_id, instance, kind, name, payload)
    on conflict (id) do nothing;
    if notify then
      perform pg_notify('rappel', 'd');
    end if;
    return v_id;
  end
  $$`

const SIGNAL = `
  create function rappel.signal(
    instance uuid, channel text, value json default 'null', message uuid default null,
    notify boolean default false
  ) returns uuid
  language sql volatile
  as $$
    select rappel.send(instance, 'signal', channel, coalesce(value, 'null')::text, message, notify)
  $$`

const CANCEL = `
  create function rappel.cancel(
    instance uuid, reason text default null, message uuid default null,
    notify boolean default false
  ) returns uuid
  language sql volatile
  as $$
    select rappel.send(instance, 'cancel', null, reason, message, notify)
  $$`
