create schema rappel;

create table rappel.call (
  id uuid not null,
  instance_id uuid not null,
  taker uuid,
  take_id uuid,
  rank timestamp with time zone not null,
  offered_at timestamp with time zone not null default now(),
  rate_period double precision,
  timeout double precision,
  effect integer not null,
  attempt integer not null,
  priority integer not null,
  concurrency integer,
  rate_count integer,
  alone boolean not null,
  queue text not null,
  lane text not null,
  action text not null,
  file text not null,
  export_name text not null,
  step text,
  args text not null,
  heartbeat double precision,
  transactional boolean not null default false,
  details text,
  settled boolean not null default false,
  constraint call_pkey PRIMARY KEY (id)
) with (fillfactor=70, toast_tuple_target=8160, vacuum_truncate=off, autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_threshold=1000);

create table rappel.deployment (
  deployed_at timestamp with time zone not null default now(),
  name text not null,
  program text not null,
  constraint deployment_pkey PRIMARY KEY (name)
);

create table rappel.dispatcher (
  id uuid not null,
  counter bigint not null default 0,
  registered_at timestamp with time zone not null default now(),
  beat_at timestamp with time zone not null default now(),
  died_at timestamp with time zone,
  pid integer not null,
  host text not null,
  slots integer not null default 0,
  queues text[] not null default '{}'::text[],
  place text not null default ''::text,
  constraint dispatcher_pkey PRIMARY KEY (id)
) with (fillfactor=50);

create table rappel.due (
  instance_id uuid not null,
  owner uuid,
  claim_id uuid,
  commit_id uuid,
  due_at timestamp with time zone,
  started_at timestamp with time zone,
  epoch integer not null default 0,
  last_seq integer not null default 0,
  claims integer not null default 0,
  aside text,
  priority smallint not null default 0,
  debounce text,
  constraint due_pkey PRIMARY KEY (instance_id)
) with (toast_tuple_target=8160, vacuum_truncate=off, autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_threshold=1000, fillfactor=50);

create table rappel.event (
  instance_id uuid not null,
  at double precision not null,
  seq integer not null,
  effect integer not null,
  machine integer not null,
  digest integer not null,
  kind text not null,
  payload text,
  message uuid,
  constraint event_kind CHECK ((kind = ANY (ARRAY['settled'::text, 'fired'::text, 'received'::text, 'cancelled'::text, 'terminated'::text, 'attempt'::text, 'lost'::text, 'failed'::text, 'heartbeat'::text, 'patched'::text, 'repaired'::text]))) NOT VALID,
  constraint event_pkey PRIMARY KEY (instance_id, seq)
) with (toast_tuple_target=8160, vacuum_truncate=off, autovacuum_vacuum_scale_factor=0.05, autovacuum_vacuum_threshold=1000);

create table rappel.inbox (
  id uuid not null,
  instance_id uuid not null,
  nth bigint not null generated always as identity,
  created_at timestamp with time zone not null default now(),
  effect integer not null default 0,
  kind text not null,
  name text,
  payload text,
  constraint inbox_pkey PRIMARY KEY (id)
) with (toast_tuple_target=8160, vacuum_truncate=off, autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_threshold=1000);

create table rappel.instance (
  id uuid not null,
  created_at timestamp with time zone not null default now(),
  seed text not null,
  program text not null,
  name text not null,
  key text,
  input text not null,
  verdict text,
  parent uuid,
  parent_effect integer,
  entry text,
  deadline_at timestamp with time zone,
  tick_at timestamp with time zone,
  priority smallint,
  schedule text,
  tags text[],
  memo text,
  repairs integer,
  origin uuid,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  closed_by uuid,
  attempts integer,
  ok boolean,
  outcome text,
  constraint instance_finished CHECK ((((ok IS NULL) = (finished_at IS NULL)) AND ((ok IS NULL) = (outcome IS NULL)))),
  constraint instance_pkey PRIMARY KEY (id),
  constraint instance_verdict CHECK (((verdict IS NULL) OR ((verdict = ANY (ARRAY['cancelled'::text, 'terminated'::text])) AND (NOT ok))))
) with (toast_tuple_target=8160, vacuum_truncate=off, autovacuum_vacuum_scale_factor=0.05, autovacuum_vacuum_threshold=1000, fillfactor=50);

create table rappel.lane (
  used_at timestamp with time zone not null default now(),
  lane text not null,
  constraint lane_pkey PRIMARY KEY (lane)
) with (fillfactor=50, vacuum_truncate=off);

create table rappel.lane_start (
  at timestamp with time zone not null,
  until timestamp with time zone not null,
  count integer not null,
  lane text not null
) with (vacuum_truncate=off);

create table rappel.log (
  id bigint not null generated always as identity,
  instance_id uuid not null,
  line text not null,
  constraint log_pkey PRIMARY KEY (instance_id, id)
) with (autovacuum_vacuum_scale_factor=0.05, autovacuum_vacuum_threshold=1000);

create table rappel.migration (
  id integer not null,
  breaking boolean not null default true,
  applied_at timestamp with time zone not null default now(),
  name text not null,
  constraint migration_pkey PRIMARY KEY (id)
);

create table rappel.permit (
  call_id uuid not null,
  taker uuid not null,
  ends_at timestamp with time zone,
  queue text not null,
  lane text not null,
  constraint permit_pkey PRIMARY KEY (call_id)
) with (vacuum_truncate=off, autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_threshold=1000);

create table rappel.program (
  stored bigint not null generated always as identity,
  stored_at timestamp with time zone not null default now(),
  hash text not null,
  name text not null,
  body text not null,
  constraint program_pkey PRIMARY KEY (hash)
);

create table rappel.published (
  instance_id uuid not null,
  changed_at timestamp with time zone not null default now(),
  name text not null,
  value text not null,
  constraint published_pkey PRIMARY KEY (instance_id, name)
) with (fillfactor=70, toast_tuple_target=8160, vacuum_truncate=off);

create table rappel.queue (
  rate_period double precision,
  concurrency integer,
  rate_count integer,
  paused boolean not null default false,
  name text not null,
  constraint queue_pkey PRIMARY KEY (name)
);

create table rappel.reply (
  message uuid not null,
  instance_id uuid not null,
  ok boolean not null,
  body text not null,
  constraint reply_pkey PRIMARY KEY (message)
) with (toast_tuple_target=8160, vacuum_truncate=off);

create table rappel.schedule (
  created_at timestamp with time zone not null default now(),
  next_at timestamp with time zone,
  last_at timestamp with time zone,
  jitter double precision not null,
  catch_up double precision not null,
  fired bigint not null default 0,
  skipped bigint not null default 0,
  missed bigint not null default 0,
  last_instance uuid,
  revision integer not null default 1,
  paused boolean not null default false,
  name text not null,
  overlap text not null,
  timing text not null,
  workflow text not null,
  program text,
  input text not null,
  terms text not null,
  constraint schedule_overlap CHECK ((overlap = ANY (ARRAY['skip'::text, 'queue'::text, 'allow'::text, 'replace'::text]))),
  constraint schedule_pkey PRIMARY KEY (name)
);

create table rappel.snapshot (
  instance_id uuid not null,
  seq integer not null,
  body text not null,
  constraint snapshot_pkey PRIMARY KEY (instance_id)
) with (fillfactor=70, toast_tuple_target=8160, vacuum_truncate=off, autovacuum_vacuum_scale_factor=0.05, autovacuum_vacuum_threshold=1000);

CREATE INDEX call_instance_idx ON rappel.call USING btree (instance_id);

CREATE INDEX call_taker_idx ON rappel.call USING btree (taker) WHERE (taker IS NOT NULL);

CREATE INDEX call_waiting_idx ON rappel.call USING btree (queue, lane, rank) WHERE (taker IS NULL);

CREATE UNIQUE INDEX due_debounce_idx ON rappel.due USING btree (debounce) WHERE ((debounce IS NOT NULL) AND (epoch = 0));

CREATE INDEX due_owner_idx ON rappel.due USING btree (owner, priority, due_at);

CREATE INDEX due_waiting_idx ON rappel.due USING btree (instance_id) WHERE ((due_at IS NULL) AND (owner IS NULL) AND (epoch = 0));

CREATE INDEX event_message_idx ON rappel.event USING btree (message) WHERE (message IS NOT NULL);

CREATE INDEX inbox_instance_idx ON rappel.inbox USING btree (instance_id, nth);

CREATE INDEX instance_deadline_idx ON rappel.instance USING btree (deadline_at) WHERE ((deadline_at IS NOT NULL) AND (finished_at IS NULL));

CREATE INDEX instance_finished_idx ON rappel.instance USING btree (name, ok, finished_at) WHERE (finished_at IS NOT NULL);

CREATE UNIQUE INDEX instance_key_idx ON rappel.instance USING btree (name, key) WHERE (key IS NOT NULL);

CREATE INDEX instance_parent_idx ON rappel.instance USING btree (parent) WHERE (parent IS NOT NULL);

CREATE INDEX instance_run_idx ON rappel.instance USING btree (schedule) WHERE ((schedule IS NOT NULL) AND (finished_at IS NULL));

CREATE INDEX instance_tags_idx ON rappel.instance USING gin (tags) WHERE (tags IS NOT NULL);

CREATE UNIQUE INDEX instance_tick_idx ON rappel.instance USING btree (schedule, tick_at) WHERE (schedule IS NOT NULL);

CREATE INDEX permit_lane_idx ON rappel.permit USING btree (lane);

CREATE INDEX permit_queue_idx ON rappel.permit USING btree (queue);

CREATE INDEX permit_taker_idx ON rappel.permit USING btree (taker);

CREATE INDEX program_newest_idx ON rappel.program USING btree (name, stored);

CREATE INDEX reply_instance_idx ON rappel.reply USING btree (instance_id);

CREATE INDEX schedule_next_idx ON rappel.schedule USING btree (next_at) WHERE ((next_at IS NOT NULL) AND (NOT paused));

CREATE INDEX start_lane_idx ON rappel.lane_start USING btree (lane, at);

CREATE OR REPLACE FUNCTION rappel.cancel(instance uuid, reason text DEFAULT NULL::text, message uuid DEFAULT NULL::uuid, notify boolean DEFAULT false)
 RETURNS uuid
 LANGUAGE sql
AS $function$
    select rappel.send(instance, 'cancel', null, reason, message, notify)
  $function$
;

CREATE OR REPLACE FUNCTION rappel.expire(p_ids uuid[], p_counters bigint[])
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
  declare
    dead uuid[];
  begin
    with expired as (
      update rappel.dispatcher
      set died_at = now()
      from unnest(p_ids, p_counters) as seen (id, counter)
      where dispatcher.id = seen.id and dispatcher.counter = seen.counter
        and dispatcher.died_at is null
      returning dispatcher.id
    )
    select array_agg(id) into dead from expired;
    if dead is null then
      return 0;
    end if;
    perform rappel.lose_calls(dead);
    return rappel.free(dead);
  end
  $function$
;

CREATE OR REPLACE FUNCTION rappel.free(p_dispatchers uuid[])
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
  declare
    freed integer;
  begin
    update rappel.due
    set owner = null, due_at = now()
    where owner = any(p_dispatchers);
    get diagnostics freed = row_count;
    if freed > 0 then
      perform pg_notify('rappel', 'd');
    end if;
    return freed;
  end
  $function$
;

CREATE OR REPLACE FUNCTION rappel.lane_room(p_lane text, p_queue text, p_concurrency integer, p_rate integer, p_period double precision, OUT room integer, OUT next_at timestamp with time zone)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
    end $function$
;

CREATE OR REPLACE FUNCTION rappel.leave(p_dispatcher uuid)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
  begin
    delete from rappel.dispatcher where id = p_dispatcher;
    perform rappel.offer_again(p_dispatcher);
    return rappel.free(array[p_dispatcher]);
  end
  $function$
;

CREATE OR REPLACE FUNCTION rappel.lose_calls(p_dispatchers uuid[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
  end $function$
;

CREATE OR REPLACE FUNCTION rappel.millis_of(option text, value jsonb)
 RETURNS double precision
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
AS $function$
  begin
    if value is null or value = 'null' then
      return null;
    end if;
    if jsonb_typeof(value) = 'number' then
      return value::text::float8;
    end if;
    return extract(epoch from (value #>> '{}')::interval) * 1000;
  exception when others then
    raise exception 'The start option "%" cannot be used: % is neither milliseconds nor an interval',
      option, value
      using errcode = 'RP003', hint = 'Write 5000 or "5 seconds".';
  end
  $function$
;

CREATE OR REPLACE FUNCTION rappel.new_id()
 RETURNS uuid
 LANGUAGE sql
 PARALLEL SAFE
AS $function$
    select (
      lpad(to_hex(floor(extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0')
        || '7' || substr(hex, 14)
    )::uuid
    from (select replace(gen_random_uuid()::text, '-', '') as hex) as random
  $function$
;

CREATE OR REPLACE FUNCTION rappel.offer_again(p_dispatcher uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
    begin
      delete from rappel.permit where taker = p_dispatcher;
      update rappel.call
      set taker = null, take_id = null
      where taker = p_dispatcher
        and not exists (select from rappel.inbox where inbox.id = call.id);
      if found then
        perform pg_notify('rappel', 'c');
      end if;
    end $function$
;

CREATE OR REPLACE FUNCTION rappel.program_of(workflow text)
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
    select coalesce(
      (select program from rappel.deployment where name = workflow),
      (select hash from rappel.program where name = workflow order by stored desc limit 1)
    )
  $function$
;

CREATE OR REPLACE FUNCTION rappel.send(instance uuid, kind text, name text, payload text, message uuid, notify boolean)
 RETURNS uuid
 LANGUAGE plpgsql
AS $function$
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
  $function$
;

CREATE OR REPLACE FUNCTION rappel.settle(p_slot uuid, p_payload text)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
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
  $function$
;

CREATE OR REPLACE FUNCTION rappel.signal(instance uuid, channel text, value json DEFAULT 'null'::json, message uuid DEFAULT NULL::uuid, notify boolean DEFAULT false)
 RETURNS uuid
 LANGUAGE sql
AS $function$
    select rappel.send(instance, 'signal', channel, coalesce(value, 'null')::text, message, notify)
  $function$
;

CREATE OR REPLACE FUNCTION rappel.start(name text, input json DEFAULT '[]'::json, options jsonb DEFAULT '{}'::jsonb)
 RETURNS uuid
 LANGUAGE plpgsql
AS $function$
  declare
    v_options jsonb := coalesce(options, '{}');
    v_unknown text;
    v_program text := coalesce(options ->> 'program', rappel.program_of(start.name));
    v_key text := options ->> 'key';
    v_due timestamptz;
    v_terms jsonb;
    v_started record;
  begin
    if start.name is null then
      raise exception 'A workflow has to be named'
        using errcode = 'RP003', hint = 'Write rappel.start(''greeting'', ''["u1"]'').';
    end if;
    if jsonb_typeof(v_options) <> 'object' then
      raise exception 'The start options are no JSON object' using errcode = 'RP003';
    end if;
    select coalesce(jsonb_object_agg(key, value), '{}') into v_options
    from jsonb_each(v_options)
    where value <> 'null';
    if v_program is null then
      raise exception 'No program was found for workflow %: none of that name was ever stored', start.name
        using errcode = 'RP002', hint = 'Run "rappel deploy", or start it once from the app.';
    end if;
    if json_typeof(input) is distinct from 'array' then
      raise exception 'The input of workflow % is no JSON array', start.name
        using errcode = 'RP003',
          hint = 'Give an array with one element per argument: ''["u1"]'' or json_build_array(id).';
    end if;
    select string_agg(option, ', ') into v_unknown
    from jsonb_object_keys(v_options) as option
    where option not in (
      'id', 'key', 'delay', 'at', 'priority', 'deadline', 'deadlineAt', 'debounce', 'tags',
      'memo', 'notify', 'program'
    );
    if v_unknown is not null then
      raise exception 'There is no start option %', v_unknown
        using errcode = 'RP003',
          hint = 'There are id, key, delay, at, priority, deadline, deadlineAt, debounce, tags, memo, notify and program.';
    end if;
    if (v_options ? 'debounce') and (v_options ?| array['key', 'delay', 'at']) then
      raise exception 'The start option "debounce" says by itself when the instance begins and what it is one with'
        using errcode = 'RP003', hint = 'Leave out key, delay and at.';
    end if;
    if length(v_key) not between 1 and 1024 or (
      v_options ? 'debounce'
      and coalesce(length(v_options #>> '{debounce,key}') between 1 and 1024, false) is not true
    ) then
      raise exception 'A key is a text of 1 to 1024 characters' using errcode = 'RP003';
    end if;
    if coalesce(v_options ->> 'priority', '0') !~ '^-?[0-9]$' then
      raise exception 'The start option "priority" is no whole number from -9 to 9'
        using errcode = 'RP003';
    end if;
    if v_options ? 'tags' and (
      jsonb_typeof(v_options -> 'tags') <> 'array' or jsonb_array_length(v_options -> 'tags') > 20
      or exists (
        select
        from jsonb_array_elements(v_options -> 'tags') as tag
        where jsonb_typeof(tag) <> 'string' or length(tag #>> '{}') not between 1 and 100
      )
    ) then
      raise exception 'The start option "tags" is no array of at most 20 texts of 1 to 100 characters'
        using errcode = 'RP003';
    end if;
    if v_options ? 'memo' and (
      jsonb_typeof(v_options -> 'memo') <> 'object' or length(v_options ->> 'memo') > 8192
    ) then
      raise exception 'The start option "memo" is no object of at most 8192 characters as JSON'
        using errcode = 'RP003';
    end if;
    v_due := (v_options ->> 'at')::timestamptz;
    -- Of nulls, which mean that an option is absent; the memo is a text here.
    v_terms := jsonb_strip_nulls(jsonb_build_object(
      'delayMillis', rappel.millis_of('delay', v_options -> 'delay'),
      'dueAt', extract(epoch from v_due) * 1000,
      'priority', (v_options ->> 'priority')::integer,
      'deadlineMillis', rappel.millis_of('deadline', v_options -> 'deadline'),
      'deadlineAt', extract(epoch from (v_options ->> 'deadlineAt')::timestamptz) * 1000,
      'tags', v_options -> 'tags',
      'memo', v_options ->> 'memo',
      'debounce', case when v_options ? 'debounce' then jsonb_build_object(
        'key', v_options #>> '{debounce,key}',
        'waitMillis', coalesce(rappel.millis_of('debounce.wait', v_options #> '{debounce,wait}'), 0),
        'maxWaitMillis', rappel.millis_of('debounce.maxWait', v_options #> '{debounce,maxWait}')
      ) end
    ));
    select * into v_started
    from rappel.start_one(
      coalesce((v_options ->> 'id')::uuid, rappel.new_id()), start.name, v_program, input::text,
      left(encode(sha256(
        convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')
      ), 'hex'), 32),
      v_key, v_terms, coalesce((v_options ->> 'notify')::boolean, false)
    );
    if not v_started.same_input then
      raise exception 'Workflow % was already started with key % and other input, as instance %',
        start.name, to_json(v_key), v_started.id
        using errcode = 'RP001', detail = v_started.id::text,
          hint = 'Use another key, or the same input.';
    end if;
    return v_started.id;
  end
  $function$
;

CREATE OR REPLACE FUNCTION rappel.start_one(p_id uuid, p_name text, p_program text, p_input text, p_seed text, p_key text, p_terms jsonb, p_notify boolean, OUT id uuid, OUT created boolean, OUT same_input boolean)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
  declare
    v_now timestamptz := clock_timestamp();
    v_debounce text := case when p_terms -> 'debounce' is not null
      then json_build_array(p_name, p_terms #>> '{debounce,key}')::text end;
    v_due timestamptz := greatest(
      v_now + greatest(coalesce(
        (p_terms #>> '{debounce,waitMillis}')::float8, (p_terms ->> 'delayMillis')::float8, 0
      ), 0) * interval '1 ms',
      to_timestamp((p_terms ->> 'dueAt')::float8 / 1000)
    );
    v_deadline timestamptz := coalesce(
      to_timestamp((p_terms ->> 'deadlineAt')::float8 / 1000),
      v_now + (p_terms ->> 'deadlineMillis')::float8 * interval '1 ms'
    );
    v_priority smallint := (p_terms ->> 'priority')::smallint;
    v_tags text[] := case when p_terms -> 'tags' is not null
      then array(select jsonb_array_elements_text(p_terms -> 'tags')) end;
    v_schedule text := p_terms #>> '{tick,schedule}';
    v_tick timestamptz := to_timestamp((p_terms #>> '{tick,at}')::float8 / 1000);
    v_input text;
  begin
    loop
      if v_debounce is not null then
        update rappel.due
        set due_at = least(
            v_due,
            instance.created_at
              + (p_terms #>> '{debounce,maxWaitMillis}')::float8 * interval '1 ms'
          ),
          priority = coalesce(v_priority, 0)
        from rappel.instance
        where due.debounce = v_debounce and due.epoch = 0 and instance.id = due.instance_id
        returning due.instance_id into start_one.id;
        if found then
          update rappel.instance
          set program = p_program, input = p_input, priority = v_priority,
            deadline_at = v_deadline, tags = v_tags, memo = p_terms ->> 'memo'
          where instance.id = start_one.id;
          created := false;
          same_input := true;
          return;
        end if;
        insert into rappel.due (instance_id, due_at, priority, debounce)
        values (p_id, v_due, coalesce(v_priority, 0), v_debounce)
        on conflict do nothing;
        -- Somebody else has inserted the same key since the update, or the id is taken.
        if not found then
          if exists (select from rappel.instance where instance.id = p_id) then
            start_one.id := p_id;
            created := false;
            same_input := true;
            return;
          end if;
          continue;
        end if;
      end if;

      insert into rappel.instance (
        id, name, program, seed, key, input, deadline_at, tick_at, priority, schedule, tags, memo
      )
      values (
        p_id, p_name, p_program, p_seed, p_key, p_input, v_deadline, v_tick, v_priority,
        v_schedule, v_tags, p_terms ->> 'memo'
      )
      on conflict do nothing;
      if found then
        if v_debounce is null then
          insert into rappel.due (instance_id, due_at, priority)
          values (p_id, v_due, coalesce(v_priority, 0));
        end if;
        if p_notify then
          perform pg_notify('rappel', 'd');
        end if;
        start_one.id := p_id;
        created := true;
        same_input := true;
        return;
      end if;

      created := false;
      select instance.id, true into start_one.id, same_input
      from rappel.instance
      where instance.id = p_id;
      if found then
        return;
      end if;
      select instance.id, instance.input into start_one.id, v_input
      from rappel.instance
      where instance.name = p_name and instance.key = p_key;
      if found then
        same_input := v_input = p_input;
        if not same_input then
          begin
            -- The same JSON with other spaces. The heap's form is an object, and arguments are
            -- an array, so that the two never compare equal.
            same_input := v_input::jsonb = p_input::jsonb;
          exception when others then
            same_input := false;
          end;
        end if;
        return;
      end if;
      select instance.id, true into start_one.id, same_input
      from rappel.instance
      where instance.schedule = v_schedule and instance.tick_at = v_tick;
      if found then
        return;
      end if;
    end loop;
  end
  $function$
;

CREATE OR REPLACE FUNCTION rappel.take(p_dispatcher uuid, p_take uuid, p_queues text[], p_limit integer, p_after text)
 RETURNS TABLE(o_call rappel.call, o_after text, o_next_at timestamp with time zone)
 LANGUAGE plpgsql
AS $function$
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
        select E'	' || name
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
          perform from rappel.lane where lane = E'	' || v_queue for no key update skip locked;
          continue when not found;
          select * into v_room from rappel.lane_room(
            E'	' || v_queue, v_queue, v_limits.concurrency, v_limits.rate_count, v_limits.rate_period
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
            E'	' || v_queue, clock_timestamp(),
            clock_timestamp() + v_limits.rate_period * interval '1 ms', v_started
          );
        end if;
        v_left := v_left - v_started;
      end loop;
      return query select null::rappel.call, v_after::text, v_next;
    end $function$
;

CREATE OR REPLACE FUNCTION rappel.take_from(p_dispatcher uuid, p_take uuid, p_queue text, p_lane text, p_limit integer, p_permits boolean)
 RETURNS SETOF rappel.call
 LANGUAGE sql
AS $function$
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
    $function$
;

comment on table rappel.call is 'One row per attempt that its owner offers to whoever has a free slot. Inserted and deleted by the owner''s commit; a taker sets itself.';

comment on column rappel.call.id is 'md5 of instance, effect and attempt: also the id of the message with its outcome, so that the first verdict counts.';

comment on column rappel.call.lane is 'Calls of the same lane share limits; empty for a call without.';

comment on column rappel.call.details is 'What an earlier attempt said with its last heartbeat.';

comment on column rappel.call.settled is 'Its transactional action has committed, and the outcome is in the inbox.';

comment on table rappel.deployment is 'The program that starts by name use, per workflow; only a deploy moves it.';

comment on table rappel.dispatcher is 'One row per registration. A row with died_at is dead for good; its process registers anew under another id.';

comment on column rappel.dispatcher.slots is 'Executions that its workers can make at the same time, as of the last beat.';

comment on column rappel.dispatcher.place is 'Names the process for others on its host, which can tell by it whether it has ended; empty for none.';

comment on table rappel.due is 'One light row per instance that is not closed: who owns it, or when it is due. Only its owner and whoever declares an owner dead update it.';

comment on column rappel.due.claim_id is 'The request that gave the instance to its owner, for an owner that did not hear the answer.';

comment on column rappel.due.commit_id is 'The last commit that moved the instance, so that the commit can be answered when it is sent again.';

comment on column rappel.due.claims is 'Claims since the last commit; an instance that harms its hosts is known by it.';

comment on column rappel.due.aside is 'Why the instance was set aside; null for none.';

comment on column rappel.due.debounce is 'Workflow name and debounce key as JSON; starts with the same are one instance until it is claimed.';

comment on table rappel.event is 'The log of each instance, inserted by its owner only; seq counts from 1 without holes.';

comment on column rappel.event.at is 'Step time in milliseconds since 1970: a double, as the program reads it, so that it comes back the same to the last bit.';

comment on column rappel.event.message is 'The message that became this event; null for none.';

comment on table rappel.inbox is 'Messages to instances that are not in their log yet: inserted by anybody, deleted by the owner in the commit that takes them.';

comment on column rappel.inbox.id is 'Made by the sender, so that a message that is sent again is delivered once.';

comment on column rappel.inbox.nth is 'The order of messages that are seen together; one of a lower number may be committed later.';

comment on table rappel.instance is 'One row per instance: what it was started with and what came out. Written at the start, at the end and at the close only.';

comment on column rappel.instance.verdict is 'How an instance ended that did not fail by itself; null for all others.';

comment on column rappel.instance.parent is 'The instance that started it, for whose effect parent_effect its outcome is; null for none.';

comment on column rappel.instance.entry is 'Of a child: the variable of the program that holds its workflow, as module:index.';

comment on column rappel.instance.deadline_at is 'When it is cancelled unless it has finished.';

comment on column rappel.instance.tick_at is 'The time of its schedule that it is the run of; null for a run outside its times.';

comment on column rappel.instance.memo is 'JSON of an object, for people.';

comment on column rappel.instance.repairs is 'How often it went on after its end; names what it tells its parent each time.';

comment on column rappel.instance.origin is 'The instance that a repair made it of.';

comment on column rappel.instance.closed_by is 'The commit that closed the instance, so that the commit can be answered when it is sent again.';

comment on table rappel.lane is 'What a take locks before it counts the permits and starts of a lane; queues with limits have a lane, too.';

comment on table rappel.lane_start is 'Starts of calls whose lane or queue has a rate, kept for one period.';

comment on table rappel.log is 'What workflows logged, as JSON of level, text and time; by id within an instance.';

comment on table rappel.migration is 'Which migrations were applied. Processes that do not know a breaking one stop with exit code 57.';

comment on table rappel.permit is 'One row per limited call that runs. It goes with the verdict; ends_at is set when its dispatcher was declared dead, to give its workers time to end.';

comment on table rappel.program is 'One row per program that was ever started; rows never change. The newest of a name is the one stored last.';

comment on table rappel.published is 'Values that workflows show of themselves, the last one of each name.';

comment on table rappel.queue is 'Queues that have limits of their own.';

comment on table rappel.reply is 'What instances answered to the senders of messages.';

comment on table rappel.schedule is 'One row per schedule; whoever moves next_at from a tick to the following one has fired it.';

comment on column rappel.schedule.revision is 'Counts changes, so that a tick is not fired with what the schedule was before.';

comment on table rappel.snapshot is 'The state of an instance after event seq; loading starts here.';
