/**
 * The commit's part that reaches other instances: children that start, outcomes of children
 * for their parents, and what instances send to each other.
 *
 * All of it is inserted under ids that the sender made of recorded data, so that a step which
 * is taken again starts and sends nothing twice (R20).
 *
 * @since 0.1.0
 */
import type { CommitEntry } from "@rappel/core/queue/Queue"
import { toStorable, toStorableOrNull } from "../statement/storable.ts"

export const childrenOf = (
  entries: ReadonlyArray<CommitEntry>
): ReadonlyArray<ReadonlyArray<unknown>> => {
  const rows = entries.flatMap(({ children = [], id }) =>
    children.map((child) => ({ parent: id, ...child }))
  )
  return [
    rows.map(({ parent }) => parent),
    rows.map(({ id }) => id),
    rows.map(({ name }) => toStorable(name)),
    rows.map(({ effect }) => effect),
    rows.map(({ entry }) => entry),
    rows.map(({ input }) => toStorable(input)),
    rows.map(({ seed }) => seed),
    rows.map(({ dueAt }) => dueAt)
  ]
}

export const sentBy = (
  entries: ReadonlyArray<CommitEntry>
): ReadonlyArray<ReadonlyArray<unknown>> => {
  const rows = entries.flatMap(({ id, sent = [] }) =>
    sent.map((message) => ({ sender: id, message }))
  )
  return [
    rows.map(({ sender }) => sender),
    rows.map(({ message }) => message.id),
    rows.map(({ message }) => message.instanceId),
    rows.map(({ message }) => message.kind),
    rows.map(({ message }) => toStorableOrNull(message.name)),
    rows.map(({ message }) => toStorableOrNull(message.payload))
  ]
}

/*
 * Joins `locked` and `finished` of `CommitStatement.ts`; its values are $37 to $50. Indexes: the
 * primary keys. A parent that is closed is told nothing; one that closes meanwhile leaves a
 * message behind, which a claim removes.
 */
export const CHILD_PARTS = `told as (
    insert into rappel.inbox (id, instance_id, kind, effect, payload)
    -- What it told before its repair was taken under its own id.
    select case when repairs is null then id else md5(id::text || ' ' || repairs)::uuid end,
      parent, 'child', parent_effect,
      case when ok then '+' || outcome
        else '-' || coalesce(attempts::text, '') || ':' || outcome end
    from finished
    where parent is not null and (id in (select id from locked where ok is not null)) is true
      and (select true from rappel.due where due.instance_id = finished.parent)
    on conflict (id) do nothing
    returning 1
  ), child as materialized (
    select child.*, instance.program
    from unnest(
      $37::uuid[], $38::uuid[], $39::text[], $40::integer[], $41::text[], $42::text[],
      $43::text[], $44::float8[]
    ) with ordinality as child (parent, id, name, effect, entry, input, seed, due_at, nth)
    cross join lateral (
      select program from rappel.instance where instance.id = child.parent offset 0
    ) as instance
    where (child.parent in (select id from locked where not known)) is true
  ), born as (
    insert into rappel.instance (id, name, program, seed, input, parent, parent_effect, entry)
    select id, name, program, seed, input, parent, effect, entry
    from child
    on conflict (id) do nothing
    returning id
  ), placed as (
    insert into rappel.due (instance_id, due_at)
    select id, greatest(now(), to_timestamp(due_at / 1000))
    from child
    where (id in (select id from born)) is true
    order by nth
    on conflict do nothing
    returning 1
  ), sent as (
    insert into rappel.inbox (id, instance_id, kind, name, payload)
    select message.id, message.instance_id, message.kind, message.name, message.payload
    from unnest($45::uuid[], $46::uuid[], $47::uuid[], $48::text[], $49::text[], $50::text[])
      with ordinality as message (sender, id, instance_id, kind, name, payload, nth)
    where (message.sender in (select id from locked where not known)) is true
    order by message.nth
    on conflict (id) do nothing
    returning 1
  )`
