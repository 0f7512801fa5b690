/**
 * `rappel.event`: the statements that read it; `commit.ts` inserts.
 *
 * @since 0.1.0
 */
import type { StoredEvent } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import type { Row, Run } from "../statement/Statements.ts"
import { fromStorableOrNull } from "../statement/storable.ts"

/** The events of one instance with numbers above `after` up to `upTo`. */
export interface Stretch {
  readonly id: string
  readonly after: number
  readonly upTo: number
}

export const make = (run: Run) => {
  /** Index: `event_pkey`. */
  const history = (id: string): Effect.Effect<ReadonlyArray<StoredEvent>, unknown> =>
    Effect.map(
      run({
        name: "event_history",
        text: `
          select ${COLUMNS}
          from rappel.event
          where instance_id = $1
          order by seq`
      }, [id]),
      (rows) => rows.map(eventOf)
    )

  /** Index: `event_pkey`. Instances without events in their stretch are missing in the answer. */
  const stretches = (
    wanted: ReadonlyArray<Stretch>
  ): Effect.Effect<ReadonlyMap<string, ReadonlyArray<StoredEvent>>, unknown> =>
    Effect.map(
      run({
        name: "event_stretches",
        text: `
          select instance_id as "instanceId", ${COLUMNS}
          from unnest($1::uuid[], $2::integer[], $3::integer[]) as wanted (id, after, up_to)
          cross join lateral (
            select *
            from rappel.event
            where event.instance_id = wanted.id and event.seq > wanted.after
              and event.seq <= wanted.up_to
            offset 0
          ) as event
          order by instance_id, seq`
      }, [
        wanted.map((stretch) => stretch.id),
        wanted.map((stretch) => stretch.after),
        wanted.map((stretch) => stretch.upTo)
      ]),
      (rows) => {
        const events = new Map<string, Array<StoredEvent>>()
        for (const row of rows) {
          const id = row["instanceId"] as string
          const known = events.get(id)
          if (known === undefined) events.set(id, [eventOf(row)])
          else known.push(eventOf(row))
        }
        return events
      }
    )

  return { history, stretches } as const
}

const COLUMNS = "seq, kind, effect, at, payload, machine, digest, message"

const eventOf = (row: Row): StoredEvent => ({
  seq: row["seq"] as number,
  kind: row["kind"] as StoredEvent["kind"],
  effect: row["effect"] as number,
  at: Number(row["at"]),
  payload: fromStorableOrNull(row["payload"] as string | null),
  machine: row["machine"] as number,
  digest: row["digest"] as number,
  ...(row["message"] === null ? {} : { message: row["message"] as string })
})
