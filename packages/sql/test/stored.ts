/**
 * What the tables hold, for comparing what two ways of writing leave.
 */
import * as Effect from "effect/Effect"
import type * as Session from "./session.ts"

const TABLES = [
  "instance",
  "due",
  "event",
  "snapshot",
  "inbox",
  "call",
  "log",
  "reply",
  "published"
]

/** All rows but those of an id named "beside", with names for what differs by nature: ids and times. */
export const stored = (
  session: Session.Session,
  names: ReadonlyMap<string, string>
): Effect.Effect<unknown> =>
  Effect.forEach(
    TABLES,
    (table) =>
      Effect.map(
        session.run(`select to_jsonb(t)::text as row from rappel.${table} as t`),
        (rows) => ({
          table,
          rows: rows.map(({ row }) =>
            (row as string)
              .replaceAll(/"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"/g, (id) =>
                `"${names.get(id.slice(1, -1)) ?? "made there"}"`)
              .replaceAll(/"2096-[^"]*"/g, `"later"`)
              .replaceAll(/"20\d\d-[^"]*"/g, `"now"`)
              .replaceAll(/"(nth|id)": \d+/g, `"$1": 0`)
          ).filter((row) =>
            !row.includes("beside")
          ).sort()
        })
      )
  )
