/**
 * Instances that sleep, a million of them if asked: what one weighs in the database and in the
 * memory of a dispatcher, and how late those wake whose time comes.
 *
 * One instance is run until it sleeps; the others are copies of its rows under ids of their own.
 *
 * Run: `node scripts/with-sources.mjs test/scale/sleepers.ts --instances 1000000 --waking 20000`
 */
import { compileFile } from "@rappel/compiler"
import * as Dispatcher from "@rappel/core/dispatcher/Dispatcher"
import { Queue } from "@rappel/core/queue/Queue"
import * as Rappel from "@rappel/core/Rappel"
import { encodeValue } from "@rappel/core/value/Value"
import { layerInline } from "@rappel/core/worker/WorkerPoolInline"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { parseArgs } from "node:util"
import pg from "pg"
import * as Postgres from "../kit/Postgres.ts"
import { newId } from "../kit/suites/queue/samples.ts"

export interface SleepersOptions {
  readonly instances: number
  /** How many of them wake while this runs. */
  readonly waking: number
  /** How many of these are due in a second. */
  readonly perSecond: number
}

export interface SleepersCost extends SleepersOptions {
  /** Of tables and indexes, of an instance that sleeps. */
  readonly bytesPerInstance: number
  /** Of this process, before a dispatcher runs in it and at its most. */
  readonly rssMiB: { readonly before: number; readonly most: number }
  /** From the time at which an instance was due to the commit of its result. */
  readonly latenessMillis: { readonly p50: number; readonly p99: number; readonly most: number }
  /** None, or something is wrong. */
  readonly early: number
}

const root = new URL(".", import.meta.url).pathname.replace(/\/$/, "")

const dispatcher = Dispatcher.layer({ parkAfterMillis: 100 }).pipe(
  Layer.provide(Layer.merge(Rappel.layerDecisions, layerInline({ resolve: () => undefined })))
)

const eventually = <A, E>(look: Effect.Effect<A, E>, isThere: (value: A) => boolean) =>
  Effect.repeat(look, { until: isThere, schedule: Schedule.spaced("200 millis") })

/** An instance that sleeps and has no owner. */
const asleep = Effect.gen(function*() {
  const queue = yield* Queue
  const { workflows } = compileFile({ file: `${root}/flows.ts`, projectRoot: root, strict: true })
  const file = workflows.find((one) => one.export === "sleeper")!.program!
  const id = newId()
  yield* queue.putPrograms([file])
  yield* queue.start([{
    id,
    name: "sleeper",
    program: file.hash,
    input: encodeValue([3000]),
    seed: "0".repeat(32)
  }])
  yield* Effect.scoped(Effect.zipRight(
    Layer.build(dispatcher),
    eventually(
      queue.find([id]),
      ([record]) => record!.startedAt !== null && record!.status === "waiting"
    )
  ))
  return id
})

/** Copies the rows of the instance. */
const COPY = `
  create table public.sleeper as
    select n, md5(n::text)::uuid as id, now() + interval '1 year' as due_at
    from generate_series(1, $1) as n;
  create unique index on public.sleeper (id);
  insert into rappel.instance
    select (jsonb_populate_record(row, jsonb_build_object('id', sleeper.id))).*
    from rappel.instance as row, public.sleeper where row.id = $2;
  insert into rappel.snapshot
    select (jsonb_populate_record(row, jsonb_build_object(
      'instance_id', sleeper.id, 'body', replace(row.body, $2::text, sleeper.id::text)))).*
    from rappel.snapshot as row, public.sleeper where row.instance_id = $2;
  insert into rappel.due
    select (jsonb_populate_record(row, jsonb_build_object(
      'instance_id', sleeper.id, 'due_at', sleeper.due_at))).*
    from rappel.due as row, public.sleeper where row.instance_id = $2`

/** The first `waking` are due one after the other, from a moment on when a dispatcher looks. */
const WAKE = `
  update public.sleeper
  set due_at = clock_timestamp() + interval '3 seconds' + n * interval '1 second' / $2
  where n <= $1;
  update rappel.due
  set due_at = sleeper.due_at
  from public.sleeper
  where due.instance_id = sleeper.id and n <= $1`

const LATENESS = `
  select percentile_disc(0.5) within group (order by late) as p50,
    percentile_disc(0.99) within group (order by late) as p99,
    max(late) as most, count(*) filter (where late < 0)::float8 as early
  from (
    select extract(epoch from finished_at - due_at)::float8 * 1000 as late
    from public.sleeper join rappel.instance using (id)
    where finished_at is not null
  ) as ended`

const FINISHED = `
  select count(*)::float8 as n
  from public.sleeper join rappel.instance using (id)
  where finished_at is not null`

const TABLES =
  "('rappel.instance'::regclass), ('rappel.due'::regclass), ('rappel.snapshot'::regclass)"

/** Several statements at once have no parameters. */
const filled = (text: string, values: ReadonlyArray<string | number>) =>
  text.replaceAll(/\$(\d)/g, (_, nth) => String(values[Number(nth) - 1]))

const rss = () => process.memoryUsage().rss / 2 ** 20

export const measure = async (options: SleepersOptions): Promise<SleepersCost> => {
  const url = await Postgres.freshUrl()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const number = async (text: string) => Number((await client.query(text)).rows[0].n)
  const bytes = () =>
    number(`select sum(pg_total_relation_size(t))::float8 as n from (values ${TABLES}) as v (t)`)
  const run = Effect.gen(function*() {
    const template = yield* asleep
    const copied = yield* Effect.promise(async () => {
      const before = await bytes()
      await client.query(filled(COPY, [options.instances, `'${template}'`]))
      await client.query("analyze")
      return (await bytes()) - before
    })
    yield* Effect.promise(() => client.query(filled(WAKE, [options.waking, options.perSecond])))
    const before = rss()
    let most = before
    yield* Effect.scoped(Effect.zipRight(
      Layer.build(dispatcher),
      eventually(
        Effect.promise(() => {
          most = Math.max(most, rss())
          return number(FINISHED)
        }),
        (finished) => finished >= options.waking
      )
    ))
    const { rows: [late] } = yield* Effect.promise(() => client.query(LATENESS))
    return {
      ...options,
      bytesPerInstance: Math.round(copied / options.instances),
      rssMiB: { before: Math.round(before), most: Math.round(most) },
      latenessMillis: { p50: late.p50, p99: late.p99, most: late.most },
      early: late.early
    }
  })
  const cost = await Effect.runPromise(Effect.provide(run, Postgres.layerOf(url)))
  await client.end()
  return cost
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const { values } = parseArgs({
    options: {
      instances: { type: "string", default: "1000000" },
      waking: { type: "string", default: "20000" },
      "per-second": { type: "string", default: "500" }
    }
  })
  const cost = await measure({
    instances: Number(values.instances),
    waking: Number(values.waking),
    perSecond: Number(values["per-second"])
  })
  process.stdout.write(`${JSON.stringify(cost)}\n`)
  process.exit(0)
}
