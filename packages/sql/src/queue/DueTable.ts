/**
 * `rappel.due`: taking instances, reading them, giving them back.
 *
 * Ownership is (owner, epoch). Whoever changes the owner raises the epoch or clears the
 * owner; only `commit.ts` moves an instance on. A claim locks and is committed before
 * anything is read (R1): an event that is committed between a statement's snapshot and
 * its row lock would be missed otherwise.
 *
 * @since 0.1.0
 */
import type { CallKey } from "@rappel/core/queue/Calls"
import { type Claimed, type Loaded, SUSPECT_CLAIMS } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import type { Row, Run } from "../statement/Statements.ts"
import { fromStorable } from "../statement/storable.ts"
import * as ClaimStatement from "./ClaimStatement.ts"
import { reasonOf } from "./commit/leavesPart.ts"
import * as EventTable from "./EventTable.ts"
import * as InboxTable from "./InboxTable.ts"
import { CHANNEL } from "./PgWakes.ts"

export const make = (run: Run) => {
  const events = EventTable.make(run)
  const inbox = InboxTable.make(run)
  const { claim, claimedBy } = ClaimStatement.make(run)

  /**
   * Reads what is owned at these epochs. Indexes: primary keys. Takes no locks: the events
   * read are those up to the `last_seq` that was read with the row, so the answer is whole
   * even when the instance is lost in between.
   */
  const load = (
    dispatcher: string,
    claimed: ReadonlyArray<Claimed>
  ): Effect.Effect<ReadonlyArray<Loaded>, unknown> =>
    Effect.gen(function*() {
      const rows = yield* run({ name: "due_load", text: LOAD }, [
        dispatcher,
        claimed.map(({ id }) => id),
        claimed.map(({ epoch }) => epoch)
      ])
      const loaded = rows.map(loadedOf)
      const wanted = loaded
        .map(({ id, lastSeq, snapshot }) => ({ id, after: snapshot?.seq ?? 0, upTo: lastSeq }))
        .filter(({ after, upTo }) => upTo > after)
      const called = loaded.filter((_, i) => rows[i]!["hasMessages"] as boolean)
      if (wanted.length === 0 && called.length === 0) return loaded
      const stretches = wanted.length === 0 ? new Map() : yield* events.stretches(wanted)
      const messages = called.length === 0 ? [] : yield* inbox.poll(dispatcher, called)
      return loaded.map((one) => ({
        ...one,
        events: stretches.get(one.id) ?? [],
        inbox: messages.filter(({ instanceId }) => instanceId === one.id)
      }))
    })

  /** Index: `due_pkey`. Rows that are not owned at their epoch any more are left alone. */
  const giveBack = (
    dispatcher: string,
    claimed: ReadonlyArray<Claimed>
  ): Effect.Effect<void, unknown> =>
    Effect.asVoid(run({ name: "due_give_back", text: GIVE_BACK }, [
      dispatcher,
      claimed.map(({ id }) => id),
      claimed.map(({ epoch }) => epoch)
    ]))

  /** Index: `due_pkey`. A row that is not owned at its epoch any more is left alone. */
  const countClaim = (
    dispatcher: string,
    { epoch, id }: Claimed,
    claims: number
  ): Effect.Effect<void, unknown> =>
    Effect.asVoid(run({
      name: "due_count_claim",
      text: `
        update rappel.due
        set claims = $4
        where instance_id = $2 and owner = $1 and epoch = $3`
    }, [dispatcher, id, epoch, claims]))

  /**
   * Index: `due_pkey`. Whoever is aside has no owner and is never claimed, so that nobody
   * else touches these rows.
   */
  const resume = (ids: ReadonlyArray<string>): Effect.Effect<ReadonlySet<string>, unknown> =>
    Effect.map(
      run({ name: "due_resume", text: RESUME }, [ids]),
      ([row]) => new Set((row!["ids"] as string | null)?.split(",") ?? [])
    )

  /** Takes an instance out of circulation: nobody claims it until an operator acts. */
  const setAside = (
    dispatcher: string,
    { epoch, id }: Claimed,
    reason: string
  ): Effect.Effect<void, unknown> =>
    Effect.asVoid(run({
      name: "due_set_aside",
      text: `
        update rappel.due
        set owner = null, due_at = null, aside = $4
        where instance_id = $2 and owner = $1 and epoch = $3`
    }, [dispatcher, id, epoch, reasonOf(reason)]))

  return { claim, claimedBy, load, giveBack, countClaim, setAside, resume } as const
}

/*
 * `is not distinct from` is `=` here, and keeps the planner from looking up everything that
 * the dispatcher owns, once for each row. No table is joined, as in `CommitStatement.ts`.
 */
const LOAD = `
  select due.instance_id as id, due.epoch, due.last_seq as "lastSeq", due.claims,
    floor(extract(epoch from due.started_at) * 1000)::float8 as "startedAt",
    instance.name, instance.program, instance.input, instance.seed, instance.entry, due.aside,
    instance.ok is not null as completed,
    snapshot.seq as "snapshotSeq", snapshot.body as snapshot,
    (select true from rappel.inbox where inbox.instance_id = due.instance_id limit 1) is not null
      as "hasMessages",
    (
      select string_agg(effect || ':' || attempt, ',')
      from rappel.call
      where call.instance_id = due.instance_id
    ) as offered
  from unnest($2::uuid[], $3::integer[]) as claimed (id, epoch)
  cross join lateral (
    select *
    from rappel.due
    where due.instance_id = claimed.id and due.owner is not distinct from $1
      and due.epoch = claimed.epoch
    offset 0
  ) as due
  cross join lateral (
    select name, program, input, seed, entry, ok
    from rappel.instance
    where instance.id = due.instance_id
    offset 0
  ) as instance
  left join lateral (
    select seq, body
    from rappel.snapshot
    where snapshot.instance_id = due.instance_id
    offset 0
  ) as snapshot on true`

const IS_CLAIMED = `
          due.instance_id = any($2::uuid[]) and due.owner is not distinct from $1
          and ((due.instance_id, due.epoch) in (
            select * from unnest($2::uuid[], $3::integer[])
          )) is true`

const GIVE_BACK = `
  with given as (
    update rappel.due
    set owner = null, due_at = now(),
      claims = case when claims < ${SUSPECT_CLAIMS} then 0 else claims end
    where ${IS_CLAIMED}
    returning 1
  ), notice as (
    select pg_notify('${CHANNEL}', 'd') from given limit 1
  )
  select count(*) from notice`

const RESUME = `
  with resumed as (
    update rappel.due
    set aside = null, claims = 0, due_at = now()
    where instance_id = any($1::uuid[]) and aside is not null
    returning instance_id
  ), notice as (
    select pg_notify('${CHANNEL}', 'd') from resumed limit 1
  )
  select (select string_agg(instance_id::text, ',') from resumed) as ids,
    (select count(*) from notice) as notices`

const loadedOf = (row: Row): Loaded => ({
  id: row["id"] as string,
  epoch: row["epoch"] as number,
  name: fromStorable(row["name"] as string),
  program: row["program"] as string,
  input: fromStorable(row["input"] as string),
  seed: row["seed"] as string,
  entry: row["entry"] as string | null,
  aside: row["aside"] as string | null,
  startedAt: Number(row["startedAt"]),
  lastSeq: row["lastSeq"] as number,
  claims: row["claims"] as number,
  completed: row["completed"] as boolean,
  snapshot: row["snapshot"] === null
    ? null
    : { seq: row["snapshotSeq"] as number, body: fromStorable(row["snapshot"] as string) },
  events: [],
  inbox: [],
  offered: offeredOf(row["id"] as string, row["offered"] as string | null)
})

const offeredOf = (instanceId: string, text: string | null): ReadonlyArray<CallKey> =>
  text === null ? [] : text.split(",").map((one) => {
    const [effect, attempt] = one.split(":").map(Number)
    return { instanceId, effect: effect!, attempt: attempt! }
  })
