/**
 * The part of a commit that concerns offered calls: what is offered, and what goes as it was
 * taken back, was answered, or belongs to an instance that closes.
 *
 * @since 0.1.0
 */
import { PRIORITY_STEP_MILLIS } from "@rappel/core/queue/Calls"
import type { CommitEntry } from "@rappel/core/queue/Queue"
import { toStorable, toStorableOrNull } from "../statement/storable.ts"
import { callIdOf } from "./callIdOf.ts"
import { CHANNEL } from "./PgWakes.ts"

const none: ReadonlyArray<never> = []

/** The values of the parameters that `callParts` names, in their order. */
export const callValues = (
  entries: ReadonlyArray<CommitEntry>
): ReadonlyArray<ReadonlyArray<unknown>> => {
  const ids = entries.flatMap(({ id, offers = none }) => offers.map(() => id))
  const offers = entries.flatMap((entry) => entry.offers ?? none)
  const withdrawn = entries.flatMap((entry) => entry.withdrawn ?? none)
  return [
    ids,
    offers.map((offer) => offer.effect),
    offers.map((offer) => offer.attempt),
    offers.map((offer) => toStorable(offer.queue)),
    offers.map(({ limit }) => limit === null ? "" : toStorable(limit.lane)),
    offers.map(({ limit }) => limit?.concurrency ?? null),
    offers.map(({ limit }) => limit?.rate?.count ?? null),
    offers.map(({ limit }) => limit?.rate?.periodMillis ?? null),
    offers.map((offer) => offer.priority),
    offers.map((offer) => toStorable(offer.action)),
    offers.map((offer) => toStorable(offer.file)),
    offers.map((offer) => toStorable(offer.exportName)),
    offers.map((offer) => toStorable(offer.args)),
    offers.map((offer) => offer.timeoutMillis),
    offers.map((offer) => offer.alone),
    offers.map(({ step }) => step === undefined ? null : toStorable(JSON.stringify(step))),
    withdrawn.map(({ instanceId }) => instanceId),
    withdrawn.map(({ effect }) => effect),
    withdrawn.map(({ attempt }) => attempt),
    offers.map((offer) => offer.heartbeatMillis),
    offers.map(({ details }) => toStorableOrNull(details)),
    offers.map((offer) => offer.transactional)
  ]
}

/**
 * Parts of the statement's `with`, after `locked`; `first` is the number of their first
 * parameter. Locks: waits for a take that sets itself on a row at this moment, which takes no
 * lock that a commit holds.
 */
export const callParts = (first: number, consumed: string): string => {
  const $ = (nth: number): string => `$${first + nth}`
  return `
  offered as (
    insert into rappel.call (
      id, instance_id, effect, attempt, queue, lane, concurrency, rate_count, rate_period,
      priority, rank, action, file, export_name, args, timeout, alone, step, heartbeat, details,
      transactional
    )
    select ${callIdOf("offer")}, instance_id, effect, attempt, queue, lane, concurrency,
      rate_count, rate_period, priority,
      now() - priority * interval '${PRIORITY_STEP_MILLIS} ms',
      action, file, export_name, args, timeout, alone, step, heartbeat, details, transactional
    from unnest(
      ${$(0)}::uuid[], ${$(1)}::integer[], ${$(2)}::integer[], ${$(3)}::text[], ${$(4)}::text[],
      ${$(5)}::integer[], ${$(6)}::integer[], ${$(7)}::float8[], ${$(8)}::integer[],
      ${$(9)}::text[], ${$(10)}::text[], ${$(11)}::text[], ${$(12)}::text[], ${$(13)}::float8[],
      ${$(14)}::boolean[], ${$(15)}::text[], ${$(19)}::float8[], ${$(20)}::text[],
      ${$(21)}::boolean[]
    ) as offer (
      instance_id, effect, attempt, queue, lane, concurrency, rate_count, rate_period, priority,
      action, file, export_name, args, timeout, alone, step, heartbeat, details, transactional
    )
    where (offer.instance_id in (select id from locked where not known)) is true
    on conflict (id) do nothing
    returning 1
  ), taken_back as (
    delete from rappel.call
    where id = any(array(
      select ${callIdOf("withdrawn")}
      from unnest(${$(16)}::uuid[], ${$(17)}::integer[], ${$(18)}::integer[])
        as withdrawn (instance_id, effect, attempt)
      where (withdrawn.instance_id in (select id from locked where not known)) is true
      union all
      ${consumed}
    ))
  ), closed_calls as (
    delete from rappel.call
    where instance_id = any(array(select id from locked where not known and fate = 2))
  )`
}

/** Tells those with free slots. */
export const CALL_NOTICE =
  `select pg_notify('${CHANNEL}', 'c') from (select from offered limit 1) as new`
