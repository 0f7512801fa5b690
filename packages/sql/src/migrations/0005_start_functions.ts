/**
 * Starting in SQL: for callers in any language, and within a transaction of the caller's own.
 *
 * `rappel.start_one` is what is common to both. Each statement of a function sees what was
 * committed before it, so that insert and look-up can be repeated until one of them succeeds
 * (docs/durability.md, R22). Below `repeatable read` the insert waits for a transaction that
 * holds the same key; at that level it fails with 40001, as any other conflict would.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    create table rappel.deployment (
      deployed_at timestamptz not null default now(),
      name        text        not null,
      program     text        not null,
      constraint deployment_pkey primary key (name)
    )`
  yield* sql`
    comment on table rappel.deployment is
      'The program that starts by name use, per workflow; only a deploy moves it.'`

  yield* sql.unsafe(NEW_ID)
  yield* sql.unsafe(PROGRAM_OF)
  yield* sql.unsafe(START_ONE)
  yield* sql.unsafe(MILLIS_OF)
  yield* sql.unsafe(START)
})

/* A UUIDv7 (RFC 9562, 5.7): milliseconds, then the random bits of a version 4. */
const NEW_ID = `
  create function rappel.new_id() returns uuid
  language sql volatile parallel safe
  as $$
    select (
      lpad(to_hex(floor(extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0')
        || '7' || substr(hex, 14)
    )::uuid
    from (select replace(gen_random_uuid()::text, '-', '') as hex) as random
  $$`

const PROGRAM_OF = `
  create function rappel.program_of(workflow text) returns text
  language sql stable parallel safe
  as $$
    select coalesce(
      (select program from rappel.deployment where name = workflow),
      (select hash from rappel.program where name = workflow order by stored desc limit 1)
    )
  $$`

/*
 * p_terms: delayMillis, dueAt, priority, deadlineMillis, deadlineAt, tags, memo (a text),
 * debounce {key, waitMillis, maxWaitMillis}, tick {schedule, at}; all optional, times in
 * milliseconds. Times are counted from the clock and not from the begin of a transaction that
 * may be long.
 * Locks: waits for a transaction that inserts the same key, tick or debounce key; moves an
 * ownership row only when it was never claimed, which a claim passes over meanwhile.
 */
const START_ONE = `
  create function rappel.start_one(
    p_id uuid, p_name text, p_program text, p_input text, p_seed text, p_key text,
    p_terms jsonb, p_notify boolean,
    out id uuid, out created boolean, out same_input boolean
  )
  language plpgsql volatile
  as $$
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
  $$`

/* A number is milliseconds, a text is an interval. */
const MILLIS_OF = `
  create function rappel.millis_of(option text, value jsonb) returns float8
  language plpgsql stable parallel safe
  as $$
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
  $$`

const START = `
  create function rappel.start(name text, input json default '[]', options jsonb default '{}')
  returns uuid
  language plpgsql volatile
  as $$
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
  $$`
