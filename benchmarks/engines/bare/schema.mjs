/** The three tables, and the three statements that instances are started, claimed and moved with. */
export const SCHEMA = `
  create table instance (
    id uuid primary key, input text not null, result text,
    created_at timestamptz not null default now()
  );
  create table ready (
    instance_id uuid primary key, owner int, due_at timestamptz not null default now()
  );
  create index on ready (due_at) where owner is null;
  create table event (
    instance_id uuid not null, seq int not null, outcome text not null,
    at timestamptz not null default now(), primary key (instance_id, seq)
  )`

export const START = {
  name: "start",
  text: `
    with started as (
      insert into instance (id, input) select * from unnest($1::uuid[], $2::text[])
    )
    insert into ready (instance_id) select unnest($1::uuid[])`
}

export const CLAIM = {
  name: "claim",
  text: `
    with due as (
      select instance_id from ready
      where owner is null and due_at <= now()
      order by due_at limit $1 for update skip locked
    ), claimed as (
      update ready set owner = 1 from due where ready.instance_id = due.instance_id
      returning ready.instance_id
    )
    select id, input from claimed join instance on id = instance_id`
}

export const COMMIT = {
  name: "commit",
  text: `
    with moved as (
      insert into event (instance_id, seq, outcome)
      select * from unnest($1::uuid[], $2::int[], $3::text[])
    ), ended as (
      update instance set result = new.result
      from unnest($4::uuid[], $5::text[]) as new (id, result) where instance.id = new.id
    )
    delete from ready where instance_id = any ($4::uuid[])`
}
