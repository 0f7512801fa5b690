/**
 * Repairs: closed instances go on, and others are made of them.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    alter table rappel.instance
      add column repairs integer,
      add column origin uuid`
  yield* sql`
    comment on column rappel.instance.repairs is
      'How often it went on after its end; names what it tells its parent each time.'`
  yield* sql`
    comment on column rappel.instance.origin is
      'The instance that a repair made it of.'`
  yield* sql`alter table rappel.event drop constraint event_kind`
  // Not validated: all rows that are there obey the narrower one, and a large table is not read.
  yield* sql`
    alter table rappel.event add constraint event_kind check (kind in (
      'settled', 'fired', 'received', 'cancelled', 'terminated', 'attempt', 'lost',
      'failed', 'heartbeat', 'patched', 'repaired'
    )) not valid`
})
