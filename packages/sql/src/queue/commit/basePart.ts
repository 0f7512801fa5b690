/**
 * The part that is in every commit: which rows it expects, and the events.
 *
 * @since 0.1.0
 */
import type { CommitEntry, StoredEvent } from "@rappel/core/queue/Queue"
import { rowsText } from "../../statement/sentRows.ts"
import { toStorableOrNull } from "../../statement/storable.ts"
import { isMoved, type Parameter, type Part } from "./Part.ts"

export const FATE = { keep: 0, release: 1, close: 2, aside: 3 } as const

export const base: Part = {
  isNeeded: () => true,
  isOfMany: false,
  types: [
    "uuid",
    "integer",
    "integer",
    "integer",
    "integer",
    "uuid",
    "integer",
    "text",
    "integer",
    "float8",
    "text",
    "integer",
    "integer",
    "uuid"
  ],
  values: (entries) => {
    const { id, of } = eventColumns(entries)
    return [
      entries.map((entry) => entry.id),
      entries.map((entry) => entry.epoch),
      entries.map((entry) => entry.expectedSeq),
      entries.map((entry) => entry.expectedSeq + entry.events.length),
      entries.map((entry) => FATE[entry.then.kind]),
      id,
      of.map((event) => event.seq),
      of.map((event) => event.kind),
      of.map((event) => event.effect),
      of.map((event) => event.at),
      of.map((event) => toStorableOrNull(event.payload)),
      of.map((event) => event.machine),
      of.map((event) => event.digest),
      of.map((event) => event.message ?? null)
    ]
  }
}

const eventColumns = (entries: ReadonlyArray<CommitEntry>) => {
  const id: Array<string> = []
  const of: Array<StoredEvent> = []
  for (const entry of entries) {
    for (const event of entry.events) {
      id.push(entry.id)
      of.push(event)
    }
  }
  return { id, of } as const
}

const ENTRY = ["id", "epoch", "expected_seq", "last_seq", "fate"]

const EVENT = ["id", "seq", "kind", "effect", "at", "payload", "machine", "digest", "message"]

/** Columns of `entry` that other parts add, and where they come from. */
export interface Columns {
  readonly names: ReadonlyArray<string>
  readonly parameters: ReadonlyArray<string>
  /** Which entries are not looked at; undefined for none. */
  readonly passedOver: string | undefined
}

const candidates = (passedOver: string | undefined): string =>
  `select * from entry${passedOver === undefined ? "" : ` where not ${passedOver}`} order by id`

const entryRows = ($: Parameter, { names, parameters }: Columns, isOne: boolean): string => {
  const own = ENTRY.map((_, nth) => $(nth))
  return rowsText("entry", [...ENTRY, ...names], [...own, ...parameters], isOne)
}

/*
 * A single entry is looked at where it is used: storing it first costs as much as all its values.
 *
 * `known` are rows that this very commit has moved already (R4): they are accepted and not
 * written again. `is not distinct from` is `=` here, and keeps the planner from the index of
 * owners.
 */
export const baseText = (
  $: Parameter,
  columns: Columns,
  isOne: boolean
): ReadonlyArray<string> => [
  `entry as ${isOne ? "not materialized" : "materialized"} (
    select * from ${entryRows($, columns, isOne)}
  )`,
  `locked as materialized (
    select entry.*, held.started_at, held.known
    from (${candidates(columns.passedOver)}) as entry cross join lateral (
      select due.started_at, due.commit_id is not distinct from $1 as known
      from rappel.due
      where due.instance_id = entry.id and (
        due.commit_id = $1
        or (due.owner = $2 and due.epoch = entry.epoch and due.last_seq = entry.expected_seq)
      )
      for no key update skip locked
    ) as held
  )`,
  `event as (
    insert into rappel.event (instance_id, seq, kind, effect, at, payload, machine, digest, message)
    select event.*
    from ${rowsText("event", EVENT, EVENT.map((_, nth) => $(ENTRY.length + nth)), isOne)}
    where ${isOne ? "exists (select from locked where not known)" : isMoved("event.id")}
  )`
]

/** The rows go on with their owner. */
export const kept = `moved as (
    insert into rappel.due as its (instance_id, last_seq)
    select id, last_seq
    from locked
    where not known and fate <> 2
    on conflict (instance_id) do update
    set last_seq = excluded.last_seq, commit_id = $1, claims = 0
  )`
