/**
 * Offered calls, their permits and their limits.
 *
 * `take` is a function so that each of its statements sees what was committed before it
 * began: a lane is locked first and its permits are counted after that, in one round trip
 * (R1). It locks with `skip locked` only, so it waits for nobody.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    create table rappel.call (
      id          uuid             not null,
      instance_id uuid             not null,
      taker       uuid,
      take_id     uuid,
      rank        timestamptz      not null,
      offered_at  timestamptz      not null default now(),
      rate_period double precision,
      timeout     double precision,
      effect      integer          not null,
      attempt     integer          not null,
      priority    integer          not null,
      concurrency integer,
      rate_count  integer,
      alone       boolean          not null,
      queue       text collate "C" not null,
      lane        text collate "C" not null,
      action      text             not null,
      file        text             not null,
      export_name text             not null,
      step        text,
      args        text             not null,
      constraint call_pkey primary key (id)
    ) with (
      fillfactor = 70, toast_tuple_target = 8160, vacuum_truncate = off,
      autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000
    )`
  yield* sql`
    comment on table rappel.call is
      'One row per attempt that its owner offers to whoever has a free slot. Inserted and deleted by the owner''s commit; a taker sets itself.'`
  yield* sql`
    comment on column rappel.call.id is
      'md5 of instance, effect and attempt: also the id of the message with its outcome, so that the first verdict counts.'`
  yield* sql`
    comment on column rappel.call.lane is
      'Calls of the same lane share limits; empty for a call without.'`
  // Serves the take: lane by lane, the lowest rank first.
  yield* sql`
    create index call_waiting_idx on rappel.call (queue, lane, rank) where taker is null`
  // Finds what a dispatcher has taken.
  yield* sql`create index call_taker_idx on rappel.call (taker) where taker is not null`
  // Finds the offers of an instance that is loaded, or closed.
  yield* sql`create index call_instance_idx on rappel.call (instance_id)`

  yield* sql`
    create table rappel.permit (
      call_id    uuid        not null,
      taker      uuid        not null,
      ends_at    timestamptz,
      queue      text        not null,
      lane       text        not null,
      constraint permit_pkey primary key (call_id)
    ) with (vacuum_truncate = off, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)`
  yield* sql`
    comment on table rappel.permit is
      'One row per limited call that runs. It goes with the verdict; ends_at is set when its dispatcher was declared dead, to give its workers time to end.'`
  yield* sql`create index permit_lane_idx on rappel.permit (lane)`
  yield* sql`create index permit_queue_idx on rappel.permit (queue)`
  yield* sql`create index permit_taker_idx on rappel.permit (taker)`

  yield* sql`
    create table rappel.lane (
      used_at timestamptz not null default now(),
      lane    text        not null,
      constraint lane_pkey primary key (lane)
    ) with (fillfactor = 50, vacuum_truncate = off)`
  yield* sql`
    comment on table rappel.lane is
      'What a take locks before it counts the permits and starts of a lane; queues with limits have a lane, too.'`

  yield* sql`
    create table rappel.lane_start (
      at     timestamptz not null,
      until  timestamptz not null,
      count  integer     not null,
      lane   text        not null
    ) with (vacuum_truncate = off)`
  yield* sql`
    comment on table rappel.lane_start is
      'Starts of calls whose lane or queue has a rate, kept for one period.'`
  yield* sql`create index start_lane_idx on rappel.lane_start (lane, at)`

  yield* sql`
    create table rappel.queue (
      rate_period double precision,
      concurrency integer,
      rate_count  integer,
      paused      boolean not null default false,
      name        text    not null,
      constraint queue_pkey primary key (name)
    )`
  yield* sql`
    comment on table rappel.queue is 'Queues that have limits of their own.'`

  // A hundred empty pages, as in 0001: the index is the cheaper way from the first row on.
  yield* sql`
    with filler as (
      select gen_random_uuid() as id, repeat('x', 7000) as text from generate_series(1, 100)
    ), call as (
      insert into rappel.call (
        id, instance_id, rank, effect, attempt, priority, alone, queue, lane, action, file,
        export_name, args
      )
      select id, id, now(), 0, 0, 0, false, '', '', '', '', '', text from filler
    ), permit as (
      insert into rappel.permit (call_id, taker, queue, lane)
      select gen_random_uuid(), id, left(text, 1900) || id, '' from filler, generate_series(1, 4)
    ), lane as (
      insert into rappel.lane (lane) select left(text, 2000) || id from filler
    )
    insert into rappel.lane_start (at, until, count, lane)
    select now(), now(), 0, left(text, 2000) || id from filler`
  yield* sql`delete from rappel.call`
  yield* sql`delete from rappel.permit`
  yield* sql`delete from rappel.lane`
  yield* sql`delete from rappel.lane_start`

  yield* sql`
    alter table rappel.dispatcher
      add column slots integer not null default 0,
      add column queues text[] not null default '{}'`
  yield* sql`
    comment on column rappel.dispatcher.slots is
      'Executions that its workers can make at the same time, as of the last beat.'`

  /*
   * What may start in a lane (or queue, whose lane begins with a tab) right now. To be called
   * with its row in rappel.lane locked, as a statement of its own.
   */
  yield* sql`
    create function rappel.lane_room(
      p_lane text, p_queue text, p_concurrency integer, p_rate integer, p_period double precision,
      out room integer, out next_at timestamptz
    ) language plpgsql volatile as $$
    declare
      used integer;
      moment timestamptz := clock_timestamp();
    begin
      room := 2147483647;
      if p_concurrency is not null then
        if p_queue is null then
          delete from rappel.permit where lane = p_lane and ends_at <= moment;
          select p_concurrency - count(*) into room from rappel.permit where lane = p_lane;
        else
          delete from rappel.permit where queue = p_queue and ends_at <= moment;
          select p_concurrency - count(*) into room from rappel.permit where queue = p_queue;
        end if;
      end if;
      if p_rate is not null then
        delete from rappel.lane_start where lane = p_lane and until <= moment;
        select coalesce(sum(count), 0) into used
        from rappel.lane_start
        where lane = p_lane and at > moment - p_period * interval '1 ms';
        if p_rate - used <= 0 then
          select min(at) + p_period * interval '1 ms' into next_at
          from rappel.lane_start
          where lane = p_lane and at > moment - p_period * interval '1 ms';
        end if;
        room := least(room, p_rate - used);
      end if;
      room := greatest(room, 0);
    end $$`

  yield* sql`
    comment on function rappel.lane_room is
      'How many calls may start in a lane that the caller has locked, and when its rate lets the next one start.'`

  // The calls of one lane, by rank; those that another take has locked are passed over.
  yield* sql`
    create function rappel.take_from(
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
      )
      select * from taken
    $$`

  /*
   * Takes offers of these queues for a dispatcher, by turns over the lanes after p_after, and
   * answers them, then one row without a call: the lane that was looked at last, and when a
   * rate lets the next call start. A lane that another take is making is passed over, as one is
   * that another take is counting: so nothing here waits.
   */
  yield* sql`
    create function rappel.take(
      p_dispatcher uuid, p_take uuid, p_queues text[], p_limit integer, p_after text
    ) returns table (o_call rappel.call, o_after text, o_next_at timestamptz)
    language plpgsql volatile as $$
    #variable_conflict use_column
    declare
      v_after text collate "C" := p_after;
      v_next timestamptz;
      v_left integer := p_limit;
      v_queue text;
      v_lane text collate "C";
      v_found text collate "C";
      v_wrapped boolean;
      v_count integer;
      v_of text[] := '{}';
      v_lanes text[] := '{}';
      v_limits rappel.queue;
      v_is_limited boolean;
      v_room record;
      v_head record;
      v_budget integer;
      v_share integer;
      v_quota integer;
      v_grant integer;
      v_started integer;
    begin
      if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'rappel.take needs the isolation level read committed';
      end if;
      perform from rappel.dispatcher where id = p_dispatcher and died_at is null for share;
      if not found then return; end if;

      foreach v_queue in array p_queues loop
        v_lane := p_after;
        v_wrapped := false;
        v_count := 0;
        -- One take looks at 64 lanes of a queue; the next one goes on after them.
        while v_count < 64 loop
          select lane into v_found
          from rappel.call
          where queue = v_queue and taker is null and lane > v_lane
          order by lane
          limit 1;
          if not found then
            exit when v_wrapped or p_after = '';
            v_wrapped := true;
            v_lane := '';
            continue;
          end if;
          exit when v_wrapped and v_found > p_after;
          v_lane := v_found;
          v_of := v_of || v_queue;
          v_lanes := v_lanes || v_found::text;
          v_count := v_count + 1;
        end loop;
      end loop;

      insert into rappel.lane (lane)
      select wanted.lane
      from (
        select distinct lane collate "C" as lane from unnest(v_lanes) as lane
        union
        select E'\t' || name
        from rappel.queue
        where name = any(p_queues) and (concurrency is not null or rate_count is not null)
      ) as wanted
      where not exists (select from rappel.lane where lane.lane = wanted.lane)
        and pg_try_advisory_xact_lock(hashtextextended(wanted.lane, 0))
      order by wanted.lane
      on conflict do nothing;

      foreach v_queue in array p_queues loop
        exit when v_left <= 0;
        v_budget := v_left;
        v_started := 0;
        select * into v_limits from rappel.queue where name = v_queue;
        continue when found and v_limits.paused;
        v_is_limited := found and
          (v_limits.concurrency is not null or v_limits.rate_count is not null);
        if v_is_limited then
          perform from rappel.lane where lane = E'\t' || v_queue for no key update skip locked;
          continue when not found;
          select * into v_room from rappel.lane_room(
            E'\t' || v_queue, v_queue, v_limits.concurrency, v_limits.rate_count, v_limits.rate_period
          );
          v_next := least(v_next, v_room.next_at);
          v_budget := least(v_budget, v_room.room);
          continue when v_budget <= 0;
        end if;

        -- Calls without a lane get half of it when others wait, else all.
        select count(*) into v_count from unnest(v_of) as of where of = v_queue;
        v_share := v_budget;
        if v_count > 0 and exists (
          select from rappel.call where queue = v_queue and lane = '' and taker is null
        ) then
          v_share := (v_budget + 1) / 2;
        end if;
        v_quota := ceil(v_share::numeric / greatest(v_count, 1));

        for v_lane in
          select name
          from unnest(v_of, v_lanes) with ordinality as candidate (of, name, nth)
          where of = v_queue
          order by nth
        loop
          exit when v_share <= 0;
          perform from rappel.lane where lane = v_lane for no key update skip locked;
          continue when not found;
          select concurrency, rate_count, rate_period into v_head
          from rappel.call
          where queue = v_queue and lane = v_lane and taker is null
          order by rank
          limit 1;
          continue when not found;
          select * into v_room from rappel.lane_room(
            v_lane, null, v_head.concurrency, v_head.rate_count, v_head.rate_period
          );
          v_next := least(v_next, v_room.next_at);
          v_after := v_lane;
          v_grant := least(v_share, v_quota, v_room.room);
          continue when v_grant <= 0;
          return query select taken, null::text, null::timestamptz
          from rappel.take_from(
            p_dispatcher, p_take, v_queue, v_lane, v_grant,
            v_head.concurrency is not null or v_limits.concurrency is not null
          ) as taken;
          get diagnostics v_count = row_count;
          if v_head.rate_count is not null and v_count > 0 then
            insert into rappel.lane_start (lane, at, until, count)
            values (
              v_lane, clock_timestamp(),
              clock_timestamp() + v_head.rate_period * interval '1 ms', v_count
            );
          end if;
          v_share := v_share - v_count;
          v_budget := v_budget - v_count;
          v_started := v_started + v_count;
        end loop;

        return query select taken, null::text, null::timestamptz
        from rappel.take_from(
          p_dispatcher, p_take, v_queue, '', v_budget, v_limits.concurrency is not null
        ) as taken;
        get diagnostics v_count = row_count;
        v_started := v_started + v_count;
        if v_is_limited and v_limits.rate_count is not null and v_started > 0 then
          insert into rappel.lane_start (lane, at, until, count)
          values (
            E'\t' || v_queue, clock_timestamp(),
            clock_timestamp() + v_limits.rate_period * interval '1 ms', v_started
          );
        end if;
        v_left := v_left - v_started;
      end loop;
      return query select null::rappel.call, v_after::text, v_next;
    end $$`
  yield* sql`
    comment on function rappel.take is
      'Gives offered calls to a dispatcher, by turns and within limits. docs/flow-control.md'`

  /*
   * What dead dispatchers had taken is lost: each offer goes, and a message says so, unless a
   * verdict is in the inbox already. Locks the calls in the order of their ids. The payload is
   * that of core's `callVerdict.ts`; the workers get 2 seconds to end (`KILL_GRACE_MILLIS`).
   */
  yield* sql`
    create function rappel.lose_calls(p_dispatchers uuid[]) returns void
    language plpgsql as $$
    begin
      update rappel.permit
      set ends_at = now() + interval '2 s'
      where taker = any(p_dispatchers);
      with taken as materialized (
        select id, instance_id, effect, attempt
        from rappel.call
        where taker = any(p_dispatchers)
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
  // What a dispatcher leaves behind is offered again, unless it has a verdict.
  yield* sql`
    create function rappel.offer_again(p_dispatcher uuid) returns void
    language plpgsql as $$
    begin
      delete from rappel.permit where taker = p_dispatcher;
      update rappel.call
      set taker = null, take_id = null
      where taker = p_dispatcher
        and not exists (select from rappel.inbox where inbox.id = call.id);
      if found then
        perform pg_notify('rappel', 'c');
      end if;
    end $$`
})
