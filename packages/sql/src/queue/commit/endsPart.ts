/**
 * The commit's part for instances that complete or close: their outcome, what goes with their
 * row, and the message to a parent.
 *
 * @since 0.1.0
 */
import { toStorable } from "../../statement/storable.ts"
import { CHANNEL, NOTIFY_BYTES } from "../PgWakes.ts"
import type { Part } from "./Part.ts"

export const ends: Part = {
  isNeeded: ({ outcome, then }) => outcome !== null || then.kind === "close",
  isOfMany: false,
  types: ["boolean", "text", "integer", "text"],
  values: (entries) => [
    entries.map((entry) => entry.outcome === null ? null : entry.outcome.ok),
    entries.map(({ outcome }) =>
      outcome === null ? null : toStorable(outcome.ok ? outcome.value : outcome.error)
    ),
    entries.map(({ outcome }) => outcome === null || outcome.ok ? null : outcome.attempts ?? null),
    entries.map(({ outcome }) => outcome === null || outcome.ok ? null : outcome.verdict ?? null)
  ]
}

export const endsColumns = ["ok", "outcome", "attempts", "verdict"]

const CLOSED = "select id from locked where not known and fate = 2"

/*
 * Nothing is inserted into `instance`: the row is seen, and the values that its columns demand
 * are never stored. A parent that is closed is told nothing; one that closes meanwhile leaves a
 * message behind, which a claim removes.
 */
export const endsText = (isOne: boolean): ReadonlyArray<string> => [
  `finished as (
    insert into rappel.instance as its (
      id, seed, program, name, input, ok, outcome, attempts, verdict, finished_at, started_at,
      closed_by
    )
    select id, '', '', '', '', ok, outcome, attempts, verdict,
      case when ok is not null then now() end, started_at, case when fate = 2 then $1 end
    from locked
    where not known and (ok is not null or fate = 2)
      and (select true from rappel.instance where instance.id = locked.id)
    on conflict (id) do update
    set ok = coalesce(its.ok, excluded.ok),
      outcome = case when its.ok is null then excluded.outcome else its.outcome end,
      attempts = case when its.ok is null then excluded.attempts else its.attempts end,
      verdict = case when its.ok is null then excluded.verdict else its.verdict end,
      finished_at = coalesce(its.finished_at, excluded.finished_at),
      started_at = coalesce(its.started_at, excluded.started_at),
      closed_by = excluded.closed_by
    returning id, parent, parent_effect, ok, outcome, attempts, repairs
  )`,
  `told as (
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
  )`,
  ...["snapshot", "due", "inbox", "call"].map((table) =>
    `closed_${table} as (
    delete from rappel.${table} where instance_id = ${
      isOne ? `(${CLOSED})` : `any(array(${CLOSED}))`
    }
  )`
  )
]

export const TOLD_NOTICE = "exists (select from told)"

export const FINISHED_NOTICE =
  `select pg_notify('${CHANNEL}', case when length(ids) < ${NOTIFY_BYTES} then 'f' || ids else 'r' end)
    from (
      select string_agg(replace(id::text, '-', ''), '') as ids
      from locked
      where not known and ok is not null
    ) as finished
    where ids is not null`
