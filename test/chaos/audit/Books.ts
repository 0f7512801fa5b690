/**
 * Reads what rappel has recorded, with the moment at which each event became durable.
 */
import type { ProgramFile } from "@rappel/core/program/Program"
import type { StoredEvent } from "@rappel/core/queue/Queue"
import { Queue } from "@rappel/core/queue/Queue"
import { layerPg } from "@rappel/sql/layer"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import pg from "pg"

export interface Recorded extends StoredEvent {
  /** Milliseconds with fractions, on the server's clock, which is this machine's. */
  readonly durableAt: number
}

export interface Instance {
  readonly id: string
  /** Null for a child. */
  readonly key: string | null
  /** Which instance started it, for which of its effects; null for none. */
  readonly parent: string | null
  readonly parentEffect: number | null
  /** The schedule whose run it is, and the tick; null for none. */
  readonly schedule: string | null
  readonly tickAt: number | null
  /** Which workflow of its program it runs; null for the first. */
  readonly entry: string | null
  readonly name: string
  readonly program: string
  readonly input: string
  readonly seed: string
  readonly createdAt: number
  readonly startedAt: number | null
  readonly finishedAt: number | null
  readonly ok: boolean | null
  readonly outcome: string | null
  /** Why it was set aside; null for none. */
  readonly aside: string | null
  readonly isOpen: boolean
  readonly events: Array<Recorded>
}

export interface Books {
  readonly instances: ReadonlyMap<string, Instance>
  readonly programs: ReadonlyMap<string, ProgramFile>
}

const MILLIS = (column: string) => `floor(extract(epoch from ${column}) * 1000)::float8`

const INSTANCES = `
  select instance.id, key, parent, parent_effect as "parentEffect", entry, schedule, name, program, input, seed, ok, outcome, aside,
    due.instance_id is not null as "isOpen",
    ${MILLIS("tick_at")} as "tickAt",
    ${MILLIS("created_at")} as "createdAt",
    ${MILLIS("coalesce(instance.started_at, due.started_at)")} as "startedAt",
    ${MILLIS("finished_at")} as "finishedAt"
  from rappel.instance left join rappel.due on due.instance_id = instance.id`

const EVENTS = `
  select instance_id as id, seq, kind, effect, at, payload, machine, digest, message,
    extract(epoch from pg_xact_commit_timestamp(xmin))::float8 * 1000 as "durableAt"
  from rappel.event
  where instance_id = any($1::uuid[])
  order by instance_id, seq`

/** Instances whose events are read at once. */
const BATCH = 500

export const read = async (url: string): Promise<Books> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const instances = new Map<string, Instance>()
    for (const row of (await client.query(INSTANCES)).rows) {
      instances.set(row.id, { ...row, events: [] })
    }
    const ids = [...instances.keys()]
    for (let i = 0; i < ids.length; i += BATCH) {
      const { rows } = await client.query(EVENTS, [ids.slice(i, i + BATCH)])
      for (const { id, ...event } of rows) instances.get(id)!.events.push(event)
    }
    const hashes = [...new Set([...instances.values()].map(({ program }) => program))]
    return { instances, programs: await programsOf(url, hashes) }
  } finally {
    await client.end()
  }
}

const programsOf = (
  url: string,
  hashes: ReadonlyArray<string>
): Promise<ReadonlyMap<string, ProgramFile>> =>
  Effect.runPromise(
    Effect.map(
      Effect.flatMap(Queue, (queue) => queue.getPrograms(hashes)),
      (files) => new Map(files.map((file) => [file.hash, file]))
    ).pipe(
      Effect.provide(layerPg({ url: Redacted.make(url), maxConnections: 1, listen: false }))
    )
  )
