/**
 * The list of migrations, oldest first: a new one is a new file and a line here.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type * as Effect from "effect/Effect"
import m0001 from "./0001_instances.ts"
import m0002 from "./0002_inbox.ts"
import m0003 from "./0003_calls.ts"
import m0004 from "./0004_start_options.ts"
import m0005 from "./0005_start_functions.ts"
import m0006 from "./0006_retention.ts"
import m0010 from "./0010_expire.ts"
import m0012 from "./0012_messages_in_sql.ts"
import m0013 from "./0013_schedules.ts"
import m0014 from "./0014_policies.ts"
import m0015 from "./0015_repair.ts"
import m0016 from "./0016_priorities.ts"
import m0023 from "./0023_settled.ts"
import m0025 from "./0025_permits_of_offers.ts"
import m0026 from "./0026_room_for_updates.ts"

export interface Migration {
  /** Counts from 1; numbers grow in the list, and may leave some out. */
  readonly id: number
  readonly name: string
  /** Processes that do not know it cannot live with it. */
  readonly breaking: boolean
  readonly run: Effect.Effect<void, SqlError, SqlClient.SqlClient>
}

export const all: ReadonlyArray<Migration> = [
  { id: 1, name: "instances", breaking: true, run: m0001 },
  { id: 2, name: "inbox", breaking: true, run: m0002 },
  { id: 3, name: "calls", breaking: true, run: m0003 },
  { id: 4, name: "start options", breaking: true, run: m0004 },
  { id: 5, name: "start functions", breaking: true, run: m0005 },
  { id: 6, name: "retention", breaking: false, run: m0006 },
  { id: 10, name: "expire", breaking: true, run: m0010 },
  { id: 12, name: "messages in sql", breaking: true, run: m0012 },
  { id: 13, name: "schedules", breaking: true, run: m0013 },
  { id: 14, name: "policies", breaking: true, run: m0014 },
  // An older release would take a repair for a cancellation.
  { id: 15, name: "repair", breaking: true, run: m0015 },
  { id: 16, name: "priorities", breaking: false, run: m0016 },
  // An older release would withdraw calls whose actions have committed.
  { id: 23, name: "settled", breaking: true, run: m0023 },
  { id: 25, name: "permits of offers", breaking: false, run: m0025 },
  { id: 26, name: "room for updates", breaking: false, run: m0026 }
]

/** The schema that this release was written for. */
export const KNOWN = all.at(-1)!.id
