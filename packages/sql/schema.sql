create schema rappel;

create table rappel.dispatcher (
  id uuid not null,
  counter bigint not null default 0,
  registered_at timestamp with time zone not null default now(),
  beat_at timestamp with time zone not null default now(),
  died_at timestamp with time zone,
  pid integer not null,
  host text not null,
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
  constraint due_pkey PRIMARY KEY (instance_id)
) with (fillfactor=70, toast_tuple_target=8160, vacuum_truncate=off, autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_threshold=1000);

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
  constraint event_kind CHECK ((kind = ANY (ARRAY['settled'::text, 'fired'::text, 'received'::text, 'cancelled'::text, 'terminated'::text, 'attempt'::text, 'lost'::text]))),
  constraint event_pkey PRIMARY KEY (instance_id, seq)
) with (toast_tuple_target=8160, vacuum_truncate=off);

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
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  closed_by uuid,
  attempts integer,
  ok boolean,
  seed text not null,
  program text not null,
  name text not null,
  key text,
  input text not null,
  outcome text,
  constraint instance_finished CHECK ((((ok IS NULL) = (finished_at IS NULL)) AND ((ok IS NULL) = (outcome IS NULL)))),
  constraint instance_pkey PRIMARY KEY (id)
) with (toast_tuple_target=8160, vacuum_truncate=off);

create table rappel.log (
  id bigint not null generated always as identity,
  instance_id uuid not null,
  line text not null,
  constraint log_pkey PRIMARY KEY (instance_id, id)
);

create table rappel.migration (
  id integer not null,
  breaking boolean not null default true,
  applied_at timestamp with time zone not null default now(),
  name text not null,
  constraint migration_pkey PRIMARY KEY (id)
);

create table rappel.program (
  stored bigint not null generated always as identity,
  stored_at timestamp with time zone not null default now(),
  hash text not null,
  name text not null,
  body text not null,
  constraint program_pkey PRIMARY KEY (hash)
);

create table rappel.snapshot (
  instance_id uuid not null,
  seq integer not null,
  body text not null,
  constraint snapshot_pkey PRIMARY KEY (instance_id)
) with (fillfactor=70, toast_tuple_target=8160, vacuum_truncate=off);

CREATE INDEX due_owner_idx ON rappel.due USING btree (owner, due_at);

CREATE INDEX event_message_idx ON rappel.event USING btree (message) WHERE (message IS NOT NULL);

CREATE INDEX inbox_instance_idx ON rappel.inbox USING btree (instance_id, nth);

CREATE UNIQUE INDEX instance_key_idx ON rappel.instance USING btree (name, key) WHERE (key IS NOT NULL);

CREATE INDEX program_newest_idx ON rappel.program USING btree (name, stored);

comment on table rappel.dispatcher is 'One row per registration. A row with died_at is dead for good; its process registers anew under another id.';

comment on table rappel.due is 'One light row per instance that is not closed: who owns it, or when it is due. Only its owner and whoever declares an owner dead update it.';

comment on column rappel.due.claim_id is 'The request that gave the instance to its owner, for an owner that did not hear the answer.';

comment on column rappel.due.commit_id is 'The last commit that moved the instance, so that the commit can be answered when it is sent again.';

comment on column rappel.due.claims is 'Claims since the last commit; an instance that harms its hosts is known by it.';

comment on column rappel.due.aside is 'Why the instance was set aside; null for none.';

comment on table rappel.event is 'The log of each instance, inserted by its owner only; seq counts from 1 without holes.';

comment on column rappel.event.at is 'Step time in milliseconds since 1970: a double, as the program reads it, so that it comes back the same to the last bit.';

comment on column rappel.event.message is 'The message that became this event; null for none.';

comment on table rappel.inbox is 'Messages to instances that are not in their log yet: inserted by anybody, deleted by the owner in the commit that takes them.';

comment on column rappel.inbox.id is 'Made by the sender, so that a message that is sent again is delivered once.';

comment on column rappel.inbox.nth is 'The order of messages that are seen together; one of a lower number may be committed later.';

comment on table rappel.instance is 'One row per instance: what it was started with and what came out. Written at the start, at the end and at the close only.';

comment on column rappel.instance.closed_by is 'The commit that closed the instance, so that the commit can be answered when it is sent again.';

comment on table rappel.log is 'What workflows logged, as JSON of level, text and time; by id within an instance.';

comment on table rappel.migration is 'Which migrations were applied. Processes that do not know a breaking one stop with exit code 57.';

comment on table rappel.program is 'One row per program that was ever started; rows never change. The newest of a name is the one stored last.';

comment on table rappel.snapshot is 'The state of an instance after event seq; loading starts here.';
