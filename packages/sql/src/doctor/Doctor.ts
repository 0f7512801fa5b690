/**
 * Examines a database: instances that nobody moves, dispatchers, settings.
 *
 * It only reads, takes no lock that anybody waits for, and needs no dispatcher.
 *
 * @since 0.1.0
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import type { QueueUnavailable, SchemaTooNew } from "@rappel/core/queue/QueueError"
import * as Effect from "effect/Effect"
import { KNOWN } from "../migrations/all.ts"
import * as Migrator from "../migrations/Migrator.ts"
import { toUnavailable } from "../statement/failure.ts"
import type { Dispatcher, Examination, Facts, Finding } from "./Finding.ts"
import { judge, SETTINGS, type Settings } from "./settings.ts"
import { QUESTIONS } from "./stuck.ts"

export type { Dispatcher, Examination, Facts, Finding } from "./Finding.ts"

/** Six leases: whoever died was noticed, and what was freed was claimed, long before. */
const PATIENCE_MILLIS = 30_000

const DISPATCHERS = `
  select id, host, pid,
    round(extract(epoch from now() - beat_at) * 1000)::float8 as "beatMillisAgo",
    (select count(*) from rappel.due where owner = dispatcher.id)::integer as owned
  from rappel.dispatcher
  where died_at is null
  order by registered_at`

const INSTANCES = `
  select
    count(*) filter (where owner is null and aside is null and due_at <= now())::integer as due,
    count(*) filter (where owner is null and aside is null and (due_at > now()) is not false)::integer
      as waiting,
    count(*) filter (where owner is not null)::integer as running,
    count(*) filter (where aside is not null)::integer as aside
  from rappel.due`

/**
 * What is wrong with a database, and what is so.
 *
 * **Units** `patienceMillis` is how long something may stand still before it counts; 30,000
 * when absent.
 *
 * **Errors** `QueueUnavailable` when the database cannot be reached or was not migrated;
 * `SchemaTooNew` when a newer release migrated it.
 *
 * @since 0.1.0
 * @category running
 */
export const examine = (
  patienceMillis = PATIENCE_MILLIS
): Effect.Effect<Examination, QueueUnavailable | SchemaTooNew, PgClient.PgClient> =>
  Effect.gen(function*() {
    yield* Migrator.check
    const sql = (yield* PgClient.PgClient).withoutTransforms()
    const [settings] = yield* sql.unsafe<Settings>(SETTINGS)
    const dispatchers = yield* sql.unsafe<Dispatcher>(DISPATCHERS)
    const [instances] = yield* sql.unsafe<Facts["instances"]>(INSTANCES)

    const findings: Array<Finding> = []
    for (const { code, level, message, remedy, text } of QUESTIONS) {
      const [row] = yield* sql.unsafe<{
        readonly count: number
        readonly examples: ReadonlyArray<string>
      }>(text, [patienceMillis])
      if (row!.count === 0) continue
      const seconds = Math.round(patienceMillis / 1000)
      findings.push({
        code,
        level,
        message: message(row!.count, seconds),
        remedy,
        examples: row!.examples
      })
    }
    if (dispatchers.length === 0) {
      findings.push({
        code: "no-dispatcher",
        level: instances!.due + instances!.waiting > 0 ? "problem" : "warning",
        message: "no dispatcher is alive",
        remedy: "Run rappel start-workers; without one, instances wait.",
        examples: []
      })
    }
    findings.push(...judge(settings!))
    return {
      findings,
      facts: {
        postgres: settings!.version.split(" ").slice(0, 2).join(" "),
        schema: KNOWN,
        dispatchers,
        instances: instances!,
        connections: { used: settings!.connections, most: settings!.mostConnections }
      }
    }
  }).pipe(
    Effect.catchTag("SqlError", (cause) => toUnavailable("examine the database", cause))
  )
