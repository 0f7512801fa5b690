/**
 * The commit's part for what is said: logs, messages that were taken, answers to them, and
 * values that are shown.
 *
 * @since 0.1.0
 */
import type { CommitEntry } from "@rappel/core/queue/Queue"
import { toStorable } from "../../statement/storable.ts"
import { isMoved, type Parameter, type Part } from "./Part.ts"

export const words: Part = {
  isNeeded: ({ consumed, logs, published, replies }) =>
    logs.length > 0 || consumed.length > 0 || (replies?.length ?? 0) > 0 ||
    (published?.size ?? 0) > 0,
  isOfMany: true,
  types: [
    "uuid",
    "text",
    "uuid",
    "uuid",
    "uuid",
    "uuid",
    "boolean",
    "text",
    "uuid",
    "text",
    "text"
  ],
  values: (entries) => [
    entries.flatMap((entry) => entry.logs.map(() => entry.id)),
    entries.flatMap((entry) => entry.logs.map(toStorable)),
    entries.flatMap((entry) => entry.consumed.map(() => entry.id)),
    entries.flatMap((entry) => entry.consumed),
    ...repliesOf(entries),
    ...publishedOf(entries)
  ]
}

const repliesOf = (entries: ReadonlyArray<CommitEntry>): ReadonlyArray<ReadonlyArray<unknown>> => {
  const rows = entries.flatMap(({ id, replies = [] }) => replies.map((reply) => ({ id, ...reply })))
  return [
    rows.map(({ id }) => id),
    rows.map(({ message }) => message),
    rows.map(({ outcome }) => outcome.ok),
    rows.map(({ outcome }) => toStorable(outcome.ok ? outcome.value : outcome.error))
  ]
}

const publishedOf = (
  entries: ReadonlyArray<CommitEntry>
): ReadonlyArray<ReadonlyArray<unknown>> => {
  const rows = entries.flatMap(({ id, published }) =>
    Array.from(published ?? [], ([name, value]) => ({ id, name, value }))
  )
  return [
    rows.map(({ id }) => id),
    rows.map(({ name }) => toStorable(name)),
    rows.map(({ value }) => toStorable(value))
  ]
}

/** Of an offered call that was answered, the row goes with the message: they have one id. */
export const wordsText = ($: Parameter): ReadonlyArray<string> => {
  const consumed = `
      select message.id
      from unnest(${$(2)}, ${$(3)}) as message (instance_id, id)
      where ${isMoved("message.instance_id")}`
  return [
    `log as (
    insert into rappel.log (instance_id, line)
    select log.id, log.line
    from unnest(${$(0)}, ${$(1)}) with ordinality as log (id, line, nth)
    where ${isMoved("log.id")}
    order by log.nth
  )`,
    `consumed as (
    delete from rappel.inbox
    where inbox.id = any(array(${consumed}))
  )`,
    `answered as (
    delete from rappel.call
    where call.id = any(array(${consumed}))
  )`,
    `reply as (
    insert into rappel.reply (message, instance_id, ok, body)
    select reply.message, reply.id, reply.ok, reply.body
    from unnest(${$(4)}, ${$(5)}, ${$(6)}, ${$(7)}) as reply (id, message, ok, body)
    where ${isMoved("reply.id")}
    on conflict (message) do nothing
  )`,
    `published as (
    insert into rappel.published (instance_id, name, value)
    select value.id, value.name, value.value
    from unnest(${$(8)}, ${$(9)}, ${$(10)}) as value (id, name, value)
    where ${isMoved("value.id")}
    on conflict (instance_id, name) do update set value = excluded.value, changed_at = now()
  )`
  ]
}
