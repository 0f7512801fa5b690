/**
 * The commit's part that reaches other instances: children that start, and what instances send
 * to each other.
 *
 * All of it is inserted under ids that the sender made of recorded data, so that a step which
 * is taken again starts and sends nothing twice (R20).
 *
 * @since 0.1.0
 */
import type { CommitEntry } from "@rappel/core/queue/Queue"
import { toStorable, toStorableOrNull } from "../../statement/storable.ts"
import { isMoved, type Parameter, type Part } from "./Part.ts"

export const kin: Part = {
  isNeeded: ({ children = [], sent = [] }) => children.length > 0 || sent.length > 0,
  isOfMany: true,
  types: [
    "uuid",
    "uuid",
    "text",
    "integer",
    "text",
    "text",
    "text",
    "float8",
    "uuid",
    "uuid",
    "uuid",
    "text",
    "text",
    "text"
  ],
  values: (entries) => [...childrenOf(entries), ...sentBy(entries)]
}

const childrenOf = (entries: ReadonlyArray<CommitEntry>): ReadonlyArray<ReadonlyArray<unknown>> => {
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

const sentBy = (entries: ReadonlyArray<CommitEntry>): ReadonlyArray<ReadonlyArray<unknown>> => {
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

/** Indexes: the primary keys. */
export const kinText = ($: Parameter): ReadonlyArray<string> => [
  `child as materialized (
    select child.*, instance.program
    from unnest(${Array.from({ length: 8 }, (_, nth) => $(nth)).join(", ")})
      with ordinality as child (parent, id, name, effect, entry, input, seed, due_at, nth)
    cross join lateral (
      select program from rappel.instance where instance.id = child.parent offset 0
    ) as instance
    where ${isMoved("child.parent")}
  )`,
  `born as (
    insert into rappel.instance (id, name, program, seed, input, parent, parent_effect, entry)
    select id, name, program, seed, input, parent, effect, entry
    from child
    on conflict (id) do nothing
    returning id
  )`,
  `placed as (
    insert into rappel.due (instance_id, due_at)
    select id, greatest(now(), to_timestamp(due_at / 1000))
    from child
    where (id in (select id from born)) is true
    order by nth
    on conflict do nothing
    returning 1
  )`,
  `sent as (
    insert into rappel.inbox (id, instance_id, kind, name, payload)
    select message.id, message.instance_id, message.kind, message.name, message.payload
    from unnest(${Array.from({ length: 6 }, (_, nth) => $(nth + 8)).join(", ")})
      with ordinality as message (sender, id, instance_id, kind, name, payload, nth)
    where ${isMoved("message.sender")}
    order by message.nth
    on conflict (id) do nothing
    returning 1
  )`
]

export const KIN_NOTICE = "exists (select from placed) or exists (select from sent)"
