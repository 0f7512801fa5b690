/**
 * The schedules of an audit: dispatchers fire them while they are being killed.
 */
import { type Overlap, type ScheduleRecord, Schedules } from "@rappel/core/schedule/Schedules"
import { nextTick, type Timing } from "@rappel/core/schedule/Timing"
import { layerPg } from "@rappel/sql/layer"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Retry from "effect/Schedule"
import pg from "pg"

export interface Fired {
  readonly record: ScheduleRecord
  readonly timing: Timing
  /** The tick from which on it fires. */
  readonly firstAt: number
}

interface Plan {
  readonly name: string
  readonly workflow: string
  readonly n: number
  readonly everyMillis: number
  readonly overlap: Overlap
}

const PLANS: ReadonlyArray<Plan> = [
  { name: "each second", workflow: "chain", n: 5, everyMillis: 1000, overlap: "allow" },
  { name: "with children", workflow: "family", n: 7, everyMillis: 3000, overlap: "allow" },
  { name: "one at a time", workflow: "timers", n: 9, everyMillis: 2000, overlap: "skip" }
]

/** Longer than any audit: whatever happens, no tick is given up. */
const CATCH_UP_MILLIS = 86_400_000

const timingOf = ({ everyMillis }: Plan): Timing => ({ kind: "every", everyMillis })

/** Postgres may be about to come back. */
const run = <A>(url: string, effect: Effect.Effect<A, unknown, Schedules>): Promise<A> =>
  effect.pipe(
    Effect.provide(layerPg({ url: Redacted.make(url), maxConnections: 1, listen: false })),
    Effect.retry({ schedule: Retry.spaced("200 millis"), times: 50 }),
    Effect.orDie,
    Effect.runPromise
  )

/** Answers from which tick on each of them fires. */
export const begin = (url: string): Promise<ReadonlyMap<string, number>> =>
  run(
    url,
    Effect.gen(function*() {
      const { now, put } = yield* Schedules
      const firsts = new Map<string, number>()
      const from = yield* now
      for (const plan of PLANS) {
        const { n, name, overlap, workflow } = plan
        const timing = timingOf(plan)
        const firstAt = nextTick(timing, from)!
        firsts.set(name, firstAt)
        yield* put({
          name,
          timing,
          overlap,
          workflow,
          jitterMillis: 0,
          catchUpMillis: CATCH_UP_MILLIS,
          program: null,
          input: JSON.stringify([n]),
          terms: {}
        }, firstAt)
      }
      return firsts
    })
  )

/** How often it is asked whether each has fired: a short audit may be over before. */
const FIRST_TICKS = { schedule: Retry.spaced("200 millis"), times: 300 }

/** Lets each fire once at least; no tick is fired after it. */
export const end = (
  url: string,
  firsts: ReadonlyMap<string, number>
): Promise<ReadonlyArray<Fired>> =>
  run(
    url,
    Effect.gen(function*() {
      const { list, setPaused } = yield* Schedules
      const haveFired = Effect.map(list(), (records) => records.every(({ fired }) => fired > 0))
      yield* Effect.retry(Effect.filterOrFail(haveFired, (have) => have), FIRST_TICKS).pipe(
        Effect.ignore
      )
      for (const { name } of PLANS) yield* setPaused(name, true, null)
      const records = yield* list()
      return PLANS.map((plan): Fired => ({
        record: records.find(({ name }) => name === plan.name)!,
        timing: timingOf(plan),
        firstAt: firsts.get(plan.name)!
      }))
    })
  )

/** Whether all runs have ended; false as well while nobody says. */
export const areOver = async (url: string): Promise<boolean> => {
  const client = new pg.Client({ connectionString: url })
  client.on("error", () => {})
  try {
    await client.connect()
    const { rows: [row] } = await client.query(
      `select exists (
         select from rappel.instance where schedule is not null and finished_at is null
       ) as "isOpen"`
    )
    return row.isOpen === false
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}
