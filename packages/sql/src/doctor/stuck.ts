/**
 * Finds instances that nobody moves.
 *
 * Each question is a row with a count and the first ids. `$1` is how long something may take
 * in milliseconds before it counts: longer than a lease, as until then a dead owner is a
 * matter of course.
 */
import type { Finding } from "./Finding.ts"

interface Question {
  readonly code: string
  readonly level: Finding["level"]
  /** Answers `count` and `examples` (an array of texts). */
  readonly text: string
  readonly message: (count: number, seconds: number) => string
  readonly remedy: string
}

/** Ids that are shown of each kind. */
const SHOWN = 5

const counted = (rows: string): string => `
  with patience as (
    select $1::float8 * interval '1 millisecond' as span
  ), found as materialized (${rows})
  select (select count(*) from found)::integer as count,
    array(select text from found order by since limit ${SHOWN}) as examples`

const nameOf = `(select name from rappel.instance where instance.id = due.instance_id)`

export const QUESTIONS: ReadonlyArray<Question> = [
  {
    code: "unclaimed",
    level: "problem",
    text: counted(`
      select due_at as since,
        concat(instance_id, ' ', ${nameOf}, ', due ', due_at) as text
      from rappel.due
      where owner is null and aside is null
        and due_at < now() - (select span from patience)`),
    message: (count, seconds) => `${count} instances are due for over ${seconds} s, unclaimed`,
    remedy:
      "Start a dispatcher (rappel start-workers), or raise RAPPEL_MAX_CONCURRENT_INSTANCES; a row that another session locks is passed over."
  },
  {
    code: "orphaned",
    level: "problem",
    text: counted(`
      select coalesce(died_at, now()) as since,
        concat(instance_id, ' ', ${nameOf}, ', owner ', owner) as text
      from rappel.due left join rappel.dispatcher on dispatcher.id = due.owner
      where owner is not null and (dispatcher.id is null or died_at is not null)`),
    message: (count) => `${count} instances belong to a dispatcher that is dead`,
    remedy: "Please report it with the output of --json: the death of a dispatcher frees them."
  },
  {
    code: "silent-dispatcher",
    level: "problem",
    text: counted(`
      select beat_at as since, concat(id, ' on ', host, ', process ', pid, ', last beat ', beat_at) as text
      from rappel.dispatcher
      where died_at is null and beat_at < now() - (select span from patience)`),
    message: (count, seconds) => `${count} dispatchers have not beaten for over ${seconds} s`,
    remedy: "Their instances wait until another dispatcher lives, which declares them dead."
  },
  {
    code: "set-aside",
    level: "problem",
    text: counted(`
      select started_at as since, concat(instance_id, ' ', ${nameOf}, ': ', left(aside, 200)) as text
      from rappel.due
      where aside is not null`),
    message: (count) => `${count} instances were set aside`,
    remedy: "See the reason, mend it, and let them go on with rappel instances resume."
  },
  {
    code: "unread",
    level: "problem",
    text: counted(`
      select min(inbox.created_at) as since,
        concat(inbox.instance_id, ', ', count(*), ' messages since ', min(inbox.created_at)) as text
      from rappel.inbox left join rappel.due on due.instance_id = inbox.instance_id
      where inbox.created_at < now() - (select span from patience) and due.aside is null
      group by inbox.instance_id`),
    message: (count, seconds) => `${count} instances have messages unread for over ${seconds} s`,
    remedy: "Look whether their dispatcher gets on; one without an instance was never accepted."
  },
  {
    code: "locked",
    level: "problem",
    text: counted(`
      select xact_start as since,
        concat('process ', pid, ' (', application_name, ', ', state, ') since ', xact_start) as text
      from pg_stat_activity
      where xact_start < now() - (select span from patience) and pid <> pg_backend_pid()
        and pid in (
          select pid
          from pg_locks
          where granted and mode <> 'AccessShareLock' and database = (
              select oid from pg_database where datname = current_database()
            )
            and relation in ('rappel.due'::regclass, 'rappel.dispatcher'::regclass)
        )`),
    message: (count, seconds) =>
      `${count} sessions have had locks on rappel's rows for over ${seconds} s`,
    remedy: "End those transactions: the instances that they lock stand still meanwhile."
  },
  {
    code: "quiet",
    level: "warning",
    text: counted(`
      select to_timestamp(last.at / 1000) as since,
        concat(due.instance_id, ' ', ${nameOf}, ', last event ', to_timestamp(last.at / 1000)) as text
      from rappel.due
      cross join lateral (
        select at
        from rappel.event
        where event.instance_id = due.instance_id
        order by seq desc
        limit 1
      ) as last
      where owner is not null and to_timestamp(last.at / 1000) < now() - interval '10 minutes'`),
    message: (count) => `${count} instances are in memory and had no event for ten minutes`,
    remedy: "An action may run that long; else see the log of their dispatcher."
  }
]
