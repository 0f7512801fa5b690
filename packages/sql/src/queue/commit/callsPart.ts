/**
 * The part of a commit that concerns offered calls: what is offered, and what was taken back.
 *
 * @since 0.1.0
 */
import { PRIORITY_STEP_MILLIS } from "@rappel/core/queue/Calls"
import { toStorable, toStorableOrNull } from "../../statement/storable.ts"
import { callIdOf } from "../callIdOf.ts"
import { CHANNEL } from "../PgWakes.ts"
import { isMoved, type Parameter, type Part } from "./Part.ts"

const none: ReadonlyArray<never> = []

export const calls: Part = {
  isNeeded: ({ offers = none, withdrawn = none }) => offers.length > 0 || withdrawn.length > 0,
  isOfMany: true,
  types: [
    "uuid",
    "integer",
    "integer",
    "text",
    "text",
    "integer",
    "integer",
    "float8",
    "integer",
    "text",
    "text",
    "text",
    "text",
    "float8",
    "boolean",
    "text",
    "float8",
    "text",
    "boolean",
    "uuid",
    "integer",
    "integer"
  ],
  values: (entries) => {
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
      offers.map((offer) => offer.heartbeatMillis),
      offers.map(({ details }) => toStorableOrNull(details)),
      offers.map((offer) => offer.transactional),
      withdrawn.map(({ instanceId }) => instanceId),
      withdrawn.map(({ effect }) => effect),
      withdrawn.map(({ attempt }) => attempt)
    ]
  }
}

const OFFER = `instance_id, effect, attempt, queue, lane, concurrency, rate_count, rate_period,
      priority, action, file, export_name, args, timeout, alone, step, heartbeat, details,
      transactional`

/** Instances of which a withdrawn attempt's transactional action has committed. */
export const SETTLED = "(id in (select instance_id from called where settled)) is true"

/** Those of which it is about to commit, perhaps: they are busy. */
export const SETTLING = "(id in (select instance_id from settling)) is true"

const WITHDRAWN = ($: Parameter): string =>
  `transactional and id = any(array(
      select ${callIdOf("withdrawn")}
      from unnest(${$(19)}, ${$(20)}, ${$(21)}) as withdrawn (instance_id, effect, attempt)
    ))`

/**
 * Looked at first, as nothing else may be done for an instance of which one of these is settled.
 * Rows that are locked are passed over (R2): an action that has settled its call keeps the lock
 * until its transaction ends, which the other instances of the batch do not wait for.
 */
export const calledText = ($: Parameter): ReadonlyArray<string> => [
  `called as materialized (
    select id, instance_id, settled
    from rappel.call
    where ${WITHDRAWN($)}
    order by id
    for update skip locked
  )`,
  `settling as materialized (
    select instance_id
    from rappel.call
    where ${WITHDRAWN($)} and (id in (select id from called)) is not true
  )`
]

/**
 * Locks: waits for a take that sets itself on a row at this moment, which takes no lock that a
 * commit holds.
 */
export const callsText = ($: Parameter): ReadonlyArray<string> => [
  `offered as (
    insert into rappel.call (id, ${OFFER}, rank)
    select ${callIdOf("offer")}, ${OFFER},
      now() - priority * interval '${PRIORITY_STEP_MILLIS} ms'
    from unnest(${Array.from({ length: 19 }, (_, nth) => $(nth)).join(", ")}) as offer (${OFFER})
    where ${isMoved("offer.instance_id")}
    on conflict (id) do nothing
    returning 1
  )`,
  `taken_back as (
    delete from rappel.call
    where id = any(array(
      select ${callIdOf("withdrawn")}
      from unnest(${$(19)}, ${$(20)}, ${$(21)}) as withdrawn (instance_id, effect, attempt)
      where ${isMoved("withdrawn.instance_id")}
    ))
  )`
]

/** Tells those with free slots. */
export const CALL_NOTICE =
  `select pg_notify('${CHANNEL}', 'c') from (select from offered limit 1) as new`
