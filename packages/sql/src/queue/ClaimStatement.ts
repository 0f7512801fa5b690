/**
 * The claim: takes instances from `rappel.due`, in one statement.
 *
 * @since 0.1.0
 */
import { PRIORITY_STEP_MILLIS } from "@rappel/core/queue/Calls"
import { type Claimed, type Claims, SUSPECT_CLAIMS } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import type { Run } from "../statement/Statements.ts"

/** Instances with messages that one claim looks at; far more than one dispatcher holds. */
const HOPS = 5000

/** A claim that is given up may have been carried out: its id says later what it gave. */
const CLAIM_MILLIS = 5_000

export interface ClaimAnswer extends Claims {
  /** A dead dispatcher takes nothing, whatever is due. */
  readonly isAlive: boolean
  /** The due time at which a full batch ended; null for a batch with room left. */
  readonly lastDueAt: number | null
}

export const make = (run: Run) => {
  /**
   * Takes up to `limit` instances: those that are due, by rank, and those that have
   * messages and no owner, by turns. Tells which instances of this dispatcher have messages.
   *
   * Indexes: `due_owner_idx`, `inbox_instance_idx`, `due_pkey`. Locks: the rows it takes; rows that another claim has locked
   * are passed over. The dispatcher's own row is locked first, so that nobody declares it
   * dead before this claim can be seen (R5); a dead dispatcher takes nothing.
   */
  const claim = (
    dispatcher: string,
    limit: number,
    claimId: string,
    /** Whoever was due before this time is left to a claim that looks further back; null looks at all. */
    since: number | null
  ): Effect.Effect<ClaimAnswer, unknown> =>
    Effect.map(
      run({ name: "due_claim", text: CLAIM, limitMillis: CLAIM_MILLIS }, [
        dispatcher,
        limit,
        claimId,
        since
      ]),
      (
        [row]
      ) => ({
        isAlive: row!["isAlive"] as boolean,
        lastDueAt: row!["lastDueAt"] === null ? null : Number(row!["lastDueAt"]),
        claimed: claimedOf(row!["claimed"] as string | null),
        nextDueAt: row!["nextDueAt"] === null ? null : Number(row!["nextDueAt"]),
        arrived: (row!["arrived"] as string | null)?.split(",") ?? [],
        now: Number(row!["now"])
      })
    )

  /** What the requests of these ids gave to the dispatcher. Index: `due_owner_idx`. */
  const claimedBy = (
    dispatcher: string,
    claimIds: ReadonlyArray<string>
  ): Effect.Effect<ReadonlyArray<Claimed>, unknown> =>
    Effect.map(
      run({
        name: "due_claimed_by",
        text: `
          select string_agg(instance_id || ':' || epoch, ',') as claimed
          from rappel.due
          where owner = $1 and claim_id = any($2::uuid[])`
      }, [dispatcher, claimIds]),
      ([row]) => claimedOf(row!["claimed"] as string | null)
    )

  return { claim, claimedBy } as const
}

/** All that there are: each has its own stretch of the index. */
const PRIORITIES = `'{${Array.from({ length: 19 }, (_, i) => 9 - i).join()}}'::smallint[]`

/** Of the priority of a row with this name; looked at first, and locked afterwards. */
const dueOf = (row: string) => `
      select instance_id, due_at
      from rappel.due
      where owner is null and priority = ${row}.priority and due_at <= now()
        and due_at >= coalesce(to_timestamp($4::float8 / 1000), '-infinity')
      order by owner, priority, due_at`

/*
 * An instance's rank is its due time less a second a point of priority: who waits long enough
 * comes before whoever came later, so nothing starves. No index has that order, as the rank
 * of what is not due yet would stand among it; so the first of each priority are looked at
 * (`candidate`), and then as many of each are locked as there are of it among the first by rank.
 * The entries of rows that were claimed stay at the front of the index for as long as some
 * transaction may see them, and every claim would read them all again: `$4` leads it past
 * them. It is a hint only (R23): `ClaimWindow` looks back again and again.
 * The order names `owner` and `priority`, which are the same in every row, so that it is the
 * index's order.
 * The updates find their rows by an array, which the planner always takes from the index; as
 * a join it would read the whole table once the limit looks large.
 * `(owner is null) is true` keeps it from the index of owners, which it prefers once the table was
 * empty when it was vacuumed: that would go over the entries of all rows that nobody owns any more.
 * The next due time: with a full batch, of whatever is left; else of the future only, as
 * what is due and was passed over is being claimed by somebody else.
 *
 * `hop` goes through the inbox from instance to instance by its index, so that it costs as
 * much for one message of an instance as for a thousand. An instance that is set aside wakes
 * for its termination only, and one whose time has not come for its end only. Messages of an instance without a row in `due` were sent while it was being closed:
 * nobody will take them, and the claim removes them.
 */
const CLAIM = `
  with recursive host as materialized (
    select id
    from rappel.dispatcher
    where id = $1 and died_at is null
    for share
  ), hop (instance_id) as (
    (select instance_id from rappel.inbox order by instance_id limit 1)
    union all
    select (
      select inbox.instance_id
      from rappel.inbox
      where inbox.instance_id > hop.instance_id
      order by inbox.instance_id
      limit 1
    )
    from hop
    where hop.instance_id is not null
  ), addressed as materialized (
    select hop.instance_id, due.owner, due.instance_id is null as is_closed,
      due.owner is null and case
        when due.aside is not null then ends.terminate
        else due.epoch > 0 or due.due_at <= now() or ends.cancel or ends.terminate
      end as is_woken
    from (select instance_id from hop where instance_id is not null limit ${HOPS}) as hop
    left join lateral (
      select instance_id, owner, aside, epoch, due_at
      from rappel.due
      where due.instance_id = hop.instance_id
      offset 0
    ) as due on true
    left join lateral (
      select coalesce(bool_or(kind = 'cancel'), false) as cancel,
        coalesce(bool_or(kind = 'terminate'), false) as terminate
      from rappel.inbox
      where due.owner is null and (due.aside is not null or due.epoch = 0)
        and inbox.instance_id = hop.instance_id
    ) as ends on true
  ), left_over as (
    delete from rappel.inbox
    where instance_id = any(array(select instance_id from addressed where is_closed))
  ), candidate as materialized (
    select due.instance_id, due.due_at, class.priority,
      row_number() over (
        order by due.due_at - class.priority * interval '${PRIORITY_STEP_MILLIS} ms'
      ) as nth
    from unnest(${PRIORITIES}) as class (priority)
    cross join lateral (${dueOf("class")}
      limit $2 + 1
    ) as due
  ), share as materialized (
    select priority, count(*) as count
    from candidate
    where nth <= $2 and exists (select from host)
    group by priority
  ), ready as materialized (
    select due.instance_id, due.due_at,
      due.due_at - share.priority * interval '${PRIORITY_STEP_MILLIS} ms' as rank
    from share
    cross join lateral (${dueOf("share")}
      limit share.count
      for no key update skip locked
    ) as due
  ), woken as materialized (
    select instance_id
    from rappel.due
    where instance_id = any(array(
        select instance_id from addressed where is_woken
      ))
      and (owner is null) is true and exists (select from host)
    limit $2
    for no key update skip locked
  ), chosen as materialized (
    select instance_id
    from (
      select instance_id, row_number() over (order by rank) as nth from ready
      union all
      select instance_id, row_number() over () as nth from woken
    ) as turn
    group by instance_id
    order by min(nth)
    limit $2
  ), claimed as (
    update rappel.due
    set owner = $1, claim_id = $3, epoch = epoch + 1,
      claims = claims + (claims < ${SUSPECT_CLAIMS})::integer,
      started_at = coalesce(started_at, now())
    where instance_id = any(array(select instance_id from chosen))
    returning instance_id, epoch, due_at - priority * interval '${PRIORITY_STEP_MILLIS} ms' as rank
  ), next as (
    select min(due_at) as due_at
    from (
      select due.due_at
      from unnest(${PRIORITIES}) as class (priority)
      cross join lateral (
        select due_at
        from rappel.due
        where owner is null and priority = class.priority and due_at > now()
          and (instance_id in (select instance_id from chosen)) is not true
        order by owner, priority, due_at
        limit 1
      ) as due
      union all
      select due_at
      from candidate
      where (select count(*) from chosen) >= $2
        and (instance_id in (select instance_id from chosen)) is not true
    ) as waiting
  )
  select
    (select string_agg(instance_id || ':' || epoch, ',' order by rank, instance_id) from claimed)
      as claimed,
    (select string_agg(instance_id::text, ',') from addressed where owner = $1) as arrived,
    ceil(extract(epoch from (select due_at from next)) * 1000)::float8 as "nextDueAt",
    (
      select floor(
        extract(epoch from coalesce(
          min(due_at) filter (where (instance_id in (select instance_id from chosen)) is not true),
          max(due_at)
        )) * 1000
      )::float8
      from candidate
      having count(*) >= $2
    ) as "lastDueAt",
    exists (select from host) as "isAlive",
    floor(extract(epoch from now()) * 1000)::float8 as now`

const claimedOf = (text: string | null): ReadonlyArray<Claimed> =>
  text === null
    ? []
    : text.split(",").map((one) => ({ id: one.slice(0, 36), epoch: Number(one.slice(37)) }))
