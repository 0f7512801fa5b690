/**
 * The commit's part for instances that leave memory, and for snapshots.
 *
 * @since 0.1.0
 */
import { asideReason } from "@rappel/core/queue/asideReason"
import { toStorable, toStorableOrNull } from "../../statement/storable.ts"
import type { Part } from "./Part.ts"

export const reasonOf = (reason: string): string => toStorable(asideReason(reason))

export const leaves: Part = {
  isNeeded: ({ snapshot, then }) =>
    snapshot !== null || then.kind === "release" || then.kind === "aside",
  isOfMany: false,
  types: ["float8", "text", "integer", "text"],
  values: (entries) => [
    entries.map(({ then }) => then.kind === "release" ? then.dueAt : null),
    entries.map(({ then }) => then.kind === "aside" ? reasonOf(then.reason) : null),
    entries.map((entry) => entry.snapshot?.seq ?? null),
    entries.map((entry) => toStorableOrNull(entry.snapshot?.body ?? null))
  ]
}

export const leavesColumns = ["due_at", "aside", "snapshot_seq", "snapshot"]

/** In place of `kept`. */
export const LEAVES: ReadonlyArray<string> = [
  `snapshot as (
    insert into rappel.snapshot (instance_id, seq, body)
    select id, snapshot_seq, snapshot
    from locked
    where not known and fate <> 2 and snapshot is not null
    on conflict (instance_id) do update set seq = excluded.seq, body = excluded.body
  )`,
  `moved as (
    insert into rappel.due as its (instance_id, last_seq, owner, due_at, aside)
    select id, last_seq, case when fate not in (1, 3) then $2::uuid end,
      case when fate in (1, 3) and due_at is not null
        then greatest(to_timestamp(due_at / 1000), now()) end,
      aside
    from locked
    where not known and fate <> 2
    on conflict (instance_id) do update
    set last_seq = excluded.last_seq, commit_id = $1, claims = 0, owner = excluded.owner,
      due_at = case when excluded.owner is null then excluded.due_at else its.due_at end,
      aside = excluded.aside
  )`
]

/** Of those whose time comes sooner than others look by themselves. */
export const releasedNotice = (soonMillis: string): string =>
  `exists (
      select
      from locked
      where not known and fate = 1
        and due_at <= extract(epoch from now()) * 1000 + ${soonMillis}::float8
    )`
