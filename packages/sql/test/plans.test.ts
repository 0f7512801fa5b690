/**
 * The plans of the hot statements: on tables of 100,000 rows, and on empty ones, as prepared
 * statements keep their plans while the tables grow.
 *
 * They are taken as they are for prepared statements, whatever the values are. On the
 * version that is tested by default they are compared with `plans/<statement>.txt`
 * (UPDATE_FIXTURES=1 rewrites these); on every version no large table is read as a whole.
 */
import { assert, describe, it } from "@effect/vitest"
import * as CallTable from "@rappel/sql/queue/CallTable"
import * as CommitStatement from "@rappel/sql/queue/CommitStatement"
import * as DispatcherTable from "@rappel/sql/queue/DispatcherTable"
import * as DueTable from "@rappel/sql/queue/DueTable"
import * as EventTable from "@rappel/sql/queue/EventTable"
import * as InboxTable from "@rappel/sql/queue/InboxTable"
import * as InstanceTable from "@rappel/sql/queue/InstanceTable"
import * as ScheduleTable from "@rappel/sql/schedule/ScheduleTable"
import type { Statement } from "@rappel/sql/statement/Statements"
import * as Postgres from "@rappel/test/kit/Postgres"
import { messageOf, newId, requestOf } from "@rappel/test/kit/suites/queue/samples"
import * as Effect from "effect/Effect"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Session from "./session.ts"

const folder = join(import.meta.dirname, "plans")
const isReference = Postgres.version === 17

/** Every statement that runs per batch, as the modules send it. */
const hotStatements = Effect.gen(function*() {
  const statements: Array<Statement> = []
  const run = (statement: Statement) => {
    statements.push(statement)
    return Effect.fail("recorded" as const)
  }
  const id = newId()
  const due = DueTable.make(run)
  const events = EventTable.make(run)
  const inbox = InboxTable.make(run)
  const calls = CallTable.make(run)
  const instances = InstanceTable.make(run)
  const schedules = ScheduleTable.make(run)
  const dispatchers = DispatcherTable.make(run)
  const key = { instanceId: id, effect: 1, attempt: 1 }
  const sent: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
    due.claim(id, 1, id, null),
    due.claimedBy(id, [id]),
    due.giveBack(id, [{ id, epoch: 1 }]),
    due.load(id, [{ id, epoch: 1 }]),
    inbox.deliver([messageOf(id)]),
    inbox.poll(id, [{ id, epoch: 1 }]),
    events.stretches([{ id, after: 0, upTo: 1 }]),
    instances.find([id]),
    instances.insert([requestOf()], { owner: id, claimId: id, soonMillis: 0 }),
    instances.insert([requestOf(), requestOf()], { owner: id, claimId: id, soonMillis: 0 }),
    instances.holders([requestOf()]),
    calls.report(id, [{ ...key, verdict: { kind: "timeout" } }]),
    calls.giveBack(id, [key]),
    calls.held(id),
    dispatchers.beat(id),
    instances.releaseRuns,
    instances.cancelOverdue,
    schedules.peek,
    schedules.due,
    schedules.fire({ name: "", at: 0, revision: 1, nextAt: null, missed: 0, run: null })
  ]
  yield* Effect.forEach(sent, Effect.ignore)
  return [...statements, ...CommitStatement.allStatements()]
})

/** Statistics that do not depend on when the server analyzes, nor on a sample of the rows. */
const STEADY = [
  "set plan_cache_mode = force_generic_plan",
  "set default_statistics_target = 1000",
  // Where one begins decides the order in which copied rows lie, and that a plan.
  "set synchronize_seqscans = off",
  ...["instance", "due", "event", "snapshot", "inbox", "call", "permit", "dispatcher"].map((
    table
  ) => `alter table rappel.${table} set (autovacuum_enabled = off)`)
]

const FILL = [
  // For a few rows a bitmap costs what an index scan does, and now this is chosen, now that.
  "set enable_bitmapscan = off",
  `insert into rappel.instance (id, name, program, seed, key, input)
   select md5(n::text)::uuid, 'n' || n % 10, 'p', '', case when n % 2 = 0 then 'k' || n end, '[]'
   from generate_series(1, 100000) as n`,
  `insert into rappel.due (instance_id, due_at, owner, epoch)
   select id, now() + (nth - 50000) * interval '36 ms',
     case when nth % 25 = 0 then '00000000-0000-7000-8000-000000000001'::uuid end, 1
   from (select id, row_number() over (order by id) as nth from rappel.instance) as instance`,
  `insert into rappel.event (instance_id, at, seq, effect, machine, digest, kind)
   select id, 0, 1, 1, 1, 0, 'settled' from rappel.instance`,
  `insert into rappel.snapshot (instance_id, seq, body)
   select id, 1, 's' from rappel.instance limit 50000`,
  `insert into rappel.inbox (id, instance_id, kind)
   select md5('m' || n)::uuid, md5((n % 20000)::text)::uuid, 'signal'
   from generate_series(1, 100000) as n`,
  `insert into rappel.call (
     id, instance_id, taker, rank, effect, attempt, priority, alone, queue, lane, action, file,
     export_name, args
   )
   select md5('c' || n)::uuid, md5((n / 10)::text)::uuid,
     case when n % 10 = 0 then '00000000-0000-7000-8000-000000000001'::uuid end, now(),
     n % 10, 1, 0, false, 'q' || n % 10, 'l' || n % 100, '', '', '', '[]'
   from generate_series(1, 100000) as n`,
  `insert into rappel.permit (call_id, taker, queue, lane)
   select id, taker, queue, lane from rappel.call where taker is not null`,
  `vacuum analyze rappel.instance, rappel.due, rappel.event, rappel.snapshot, rappel.inbox,
     rappel.call, rappel.permit`
]

const planOf = (session: Session.Session, { name, text }: Statement) =>
  Effect.gen(function*() {
    yield* session.run(`prepare ${name} as ${text}`)
    const [prepared] = yield* session.run(
      "select cardinality(parameter_types) as count from pg_prepared_statements where name = $1",
      [name]
    )
    const nulls = Array.from({ length: prepared!["count"] as number }, () => "null").join(", ")
    const rows = yield* session.run(
      `explain (costs off) execute ${name}${nulls === "" ? "" : `(${nulls})`}`
    )
    yield* session.run(`deallocate ${name}`)
    return rows.map((row) => row["QUERY PLAN"]).join("\n") + "\n"
  })

const DRAIN = [
  "reset enable_bitmapscan",
  "delete from rappel.instance",
  "delete from rappel.due",
  "delete from rappel.event",
  "delete from rappel.snapshot",
  "delete from rappel.inbox",
  "delete from rappel.call",
  "delete from rappel.permit",
  `vacuum analyze rappel.instance, rappel.due, rappel.event, rappel.snapshot, rappel.inbox,
     rappel.call, rappel.permit`
]

/**
 * Scans that read a whole index: as the inner side of a join, once for each row of the batch.
 * One in the index's order under a limit ends early, and two indexes have no rows but those that
 * wait for the run before.
 */
const wholeScans = (plan: string): ReadonlyArray<string> => {
  const lines = plan.split("\n")
  return lines.filter((line, i) =>
    /Index .*Scan using (?!due_waiting_idx|instance_run_idx).* on (due|instance|event|snapshot|inbox|call|permit)\b/
      .test(line) &&
    !/^ *Index Cond:/.test(lines[i + 1]!) && !/\bLimit$/.test(lines[i - 1]!)
  )
}

/**
 * Scans of all that has no owner: the entries of claimed rows stay among it for as long as an old
 * transaction may see them.
 */
const UNOWNED = /\bdue_owner_idx\b.*\n *Index Cond: \(owner IS NULL\)\n/

/** Of the many commits, those of events alone: of a batch, and of a single one. */
const EVENTS_ALONE = new Set(
  [false, true].map((isOne) => CommitStatement.statementOf([], false, isOne))
)
const isKept = (statement: Statement): boolean =>
  !statement.name!.startsWith("commit_") || EVENTS_ALONE.has(statement)

const STATES = [["new", []], ["full", FILL], ["drained", DRAIN]] as const

describe("hot statements", () => {
  it.scopedLive("find their rows by an index", () =>
    Effect.gen(function*() {
      const session = yield* Session.make(yield* Effect.promise(Postgres.url))
      for (const step of STEADY) yield* session.run(step)

      for (const [state, steps] of STATES) {
        for (const step of steps) yield* session.run(step)
        for (const statement of yield* hotStatements) {
          const plan = yield* planOf(session, statement)

          const what = `${statement.name} on tables that are ${state}`
          assert.notMatch(
            plan,
            /Seq Scan on (due|instance|event|snapshot|inbox|call|permit)\b/,
            what
          )
          assert.deepStrictEqual(wholeScans(plan), [], what)
          assert.notMatch(plan, UNOWNED, what)
          if (!isReference || state !== "full" || !isKept(statement)) continue
          const file = join(folder, `${statement.name}.txt`)
          if (process.env["UPDATE_FIXTURES"] === "1") writeFileSync(file, plan)
          assert.isTrue(existsSync(file), `${file}: run with UPDATE_FIXTURES=1`)
          assert.strictEqual(plan, readFileSync(file, "utf8"), what)
        }
      }
    }).pipe(Effect.provide(Postgres.layer)), 120_000)
})
