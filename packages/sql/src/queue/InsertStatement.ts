/**
 * The start of a batch: inserts the instances whose id and key are free, in one statement.
 *
 * A single one has the same text without arrays (`statement/sentRows.ts`): that is what a client
 * starts which awaits one instance after another.
 *
 * @since 0.1.0
 */
import type { StartRequest } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import type { ElementType } from "../statement/binaryArray.ts"
import * as SentRows from "../statement/sentRows.ts"
import type { Run, Statement } from "../statement/Statements.ts"
import { toStorable, toStorableOrNull } from "../statement/storable.ts"
import { CHANNEL } from "./PgWakes.ts"
import { termsOf } from "./startOne.ts"

/** Whose request was inserted, and when those due at once were claimed for the owner; null for not. */
export interface Inserted {
  readonly ids: ReadonlySet<string>
  readonly startedAt: number | null
}

export interface InsertOptions {
  readonly owner: string | undefined
  /** Names this request, for when its answer is lost. */
  readonly claimId: string
  /** Whoever waits for a time looks again this often; no hint is needed beyond. */
  readonly soonMillis: number
}

/**
 * Inserts the instances whose id and key are free, and answers their ids. With `owner`,
 * and if that is alive, those due at once are its own from the start.
 *
 * Locks: waits for a transaction that is inserting the same key; in the order of keys,
 * so that two batches cannot wait for each other. The dispatcher's row is locked after
 * that wait, and until the end, so that nobody declares it dead in between (R5).
 */
export const make = (run: Run) =>
(
  batch: ReadonlyArray<StartRequest>,
  options: InsertOptions
): Effect.Effect<Inserted, unknown> => {
  const isOne = batch.length === 1
  return Effect.map(
    run(isOne ? INSERT_ONE : INSERT_MANY, [
      ...SentRows.argumentsOf({ types, isOne }, columnsOf(batch)),
      options.owner ?? null,
      options.claimId,
      options.soonMillis
    ]),
    ([row]) => {
      const ids = row?.["ids"] as string | null | undefined
      const startedAt = row?.["startedAt"] ?? null
      return {
        ids: new Set(ids ? ids.split(",") : []),
        startedAt: startedAt === null ? null : Number(startedAt)
      }
    }
  )
}

const REQUEST = ["id", "name", "program", "seed", "key", "input", "delay", "terms"]

const types: ReadonlyArray<ElementType> = [
  "uuid",
  "text",
  "text",
  "text",
  "text",
  "text",
  "float8",
  "jsonb"
]

const columnsOf = (batch: ReadonlyArray<StartRequest>): ReadonlyArray<ReadonlyArray<unknown>> => [
  batch.map((request) => request.id),
  batch.map((request) => toStorable(request.name)),
  batch.map((request) => request.program),
  batch.map((request) => request.seed),
  batch.map((request) => toStorableOrNull(request.key ?? null)),
  batch.map((request) => toStorable(request.input)),
  batch.map((request) => request.delayMillis ?? 0),
  batch.map(termsOf)
]

/*
 * `… is true` around an `in` keeps it a hashed lookup. Left bare it becomes a join, and as
 * the planner takes an array for ten elements, a nested one: 250,000 comparisons for 500 rows.
 */
const textOf = (isOne: boolean): string => {
  const $ = SentRows.parameterOf({ types, isOne }, 1)
  const parameters = REQUEST.map((_, nth) => $(nth))
  return `
  with request as ${isOne ? "not materialized" : "materialized"} (
    select * from ${SentRows.rowsText("request", REQUEST, parameters, isOne, "nth")}
  ), inserted as (
    insert into rappel.instance (
      id, name, program, seed, key, input, priority, deadline_at, tick_at, schedule, tags, memo
    )
    select id, name, program, seed, key, input,
      (terms ->> 'priority')::smallint,
      coalesce(
        to_timestamp((terms ->> 'deadlineAt')::float8 / 1000),
        now() + (terms ->> 'deadlineMillis')::float8 * interval '1 ms'
      ),
      to_timestamp((terms #>> '{tick,at}')::float8 / 1000),
      terms #>> '{tick,schedule}',
      case when terms -> 'tags' is not null
        then array(select jsonb_array_elements_text(terms -> 'tags')) end,
      terms ->> 'memo'
    from request
    ${isOne ? "" : `order by key collate "C", nth`}
    on conflict do nothing
    returning id
  ), host as materialized (
    select id
    from rappel.dispatcher
    where id = $9 and died_at is null
      and (select count(*) from inserted) > 0
    for share
  ), placed as (
    insert into rappel.due (
      instance_id, due_at, priority, owner, claim_id, started_at, epoch, claims
    )
    select request.id,
      case when request.terms #> '{tick,waits}' is null then greatest(
        now() + greatest(request.delay, 0) * interval '1 ms',
        to_timestamp((request.terms ->> 'dueAt')::float8 / 1000)
      ) end,
      coalesce((request.terms ->> 'priority')::smallint, 0), host.id, $10,
      case when host.id is not null then now() end,
      case when host.id is not null then 1 else 0 end,
      case when host.id is not null then 1 else 0 end
    from request left join host
      on request.delay <= 0 and request.terms ->> 'dueAt' is null
        and request.terms #> '{tick,waits}' is null
    where ${
    isOne ? "exists (select from inserted)" : "(request.id in (select id from inserted)) is true"
  }
    on conflict do nothing
    returning owner, due_at
  ), notice as (
    select pg_notify('${CHANNEL}', 'd')
    from placed
    where owner is null and due_at <= now() + $11::float8 * interval '1 ms'
    limit 1
  )
  select (select string_agg(id::text, ',') from inserted) as ids,
    -- As a load reads it from the row.
    (select floor(extract(epoch from now()) * 1000)::float8 from host) as "startedAt",
    (select count(*) from notice)`
}

/** It waits for whoever inserts the same key, in a transaction that may be an app's. */
const INSERT_MILLIS = 60_000

const INSERT_MANY: Statement = {
  name: "instance_insert",
  text: textOf(false),
  limitMillis: INSERT_MILLIS
}

const INSERT_ONE: Statement = {
  name: "instance_insert_one",
  text: textOf(true),
  limitMillis: INSERT_MILLIS
}
