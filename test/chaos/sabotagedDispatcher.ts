/**
 * `rappel start-workers` with promises broken on purpose, to see that the audit notices.
 *
 * The parts are the same; what breaks is a layer around the queue, or the text of a statement
 * on its way to the driver. No product code knows of it.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as ProgramSource from "@rappel/core/client/ProgramSource"
import { type Commit, type Committed, Queue } from "@rappel/core/queue/Queue"
import { Schedules } from "@rappel/core/schedule/Schedules"
import { layerClient } from "@rappel/sql/layer"
import { PgPool } from "@rappel/sql/PgPool"
import * as PgQueue from "@rappel/sql/queue/PgQueue"
import * as PgSchedules from "@rappel/sql/schedule/PgSchedules"
import * as ProcessPool from "@rappel/worker/ProcessPool"
import { settingsOf } from "@rappel/worker/project/Environment"
import { projectRootOf } from "@rappel/worker/project/ProjectFiles"
import * as Engine from "@rappel/worker/runtime/Engine"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { randomUUID } from "node:crypto"
import type pg from "pg"
import type { Sabotage } from "./Options.ts"

const sabotages = process.argv.slice(2) as ReadonlyArray<Sabotage>
const settings = settingsOf(process.env)

/** What keeps others out, and what lets them in: the owner's lock, and the log's primary key. */
const FENCES = [
  [
    "(due.owner = $2 and due.epoch = entry.epoch and due.last_seq = entry.expected_seq)",
    "$2::uuid is not null"
  ],
  [
    "where (event.id in (select id from locked where not known)) is true",
    `where (event.id in (select id from locked where not known)) is true
     on conflict (instance_id, seq) do update
     set kind = excluded.kind, effect = excluded.effect, at = excluded.at,
       payload = excluded.payload, digest = excluded.digest`
  ]
] as const

/** Anybody may commit to any instance that is open. */
const withoutFence = (pool: pg.Pool): pg.Pool =>
  new Proxy(pool, {
    get: (target, name) => {
      if (name !== "query") {
        const value: unknown = Reflect.get(target, name)
        return typeof value === "function" ? value.bind(target) : value
      }
      return (query: { readonly name?: string; readonly text: string }, done: never) => {
        if (query.name?.startsWith("rappel_commit_") !== true) {
          return target.query(query as never, done)
        }
        const text = FENCES.reduce((text, [fence, hole]) => {
          if (!text.includes(fence)) {
            throw new Error(`the commit has no "${fence}"`)
          }
          return text.replace(fence, hole)
        }, query.text)
        return target.query({ ...query, text } as never, done)
      }
    }
  })

/** Answers before it has stored anything, and stores a moment later. */
const commitAfterSend = (queue: Queue["Type"]): Queue["Type"] => {
  let last: Promise<unknown> = Promise.resolve()
  return {
    ...queue,
    commit: (commit) =>
      Effect.sync((): Committed => {
        last = last.then(() => new Promise((resolve) => setTimeout(resolve, 60))).then(() =>
          Effect.runPromise(Effect.ignore(queue.commit(commit)))
        )
        return {
          accepted: new Set(commit.entries.map(({ id }) => id)),
          busy: new Set(),
          now: Date.now()
        }
      })
  }
}

/** Every hundredth outcome is stored a second time, under the next number. */
const doubleOutcome = (queue: Queue["Type"]): Queue["Type"] => {
  let count = 0
  const doubled = (commit: Commit): Commit => ({
    ...commit,
    entries: commit.entries.map((entry) => {
      const last = entry.events.at(-1)
      if (last?.kind !== "settled" || ++count % 100 !== 0) return entry
      return { ...entry, events: [...entry.events, { ...last, seq: last.seq + 1 }] }
    })
  })
  return { ...queue, commit: (commit) => queue.commit(doubled(commit)) }
}

/** Every tenth child is started a second time, under an id of its own. */
const doubleChild = (queue: Queue["Type"]): Queue["Type"] => {
  let count = 0
  const doubled = (commit: Commit): Commit => ({
    ...commit,
    entries: commit.entries.map((entry) => ({
      ...entry,
      children: (entry.children ?? []).flatMap((child) =>
        ++count % 10 === 0 ? [child, { ...child, id: randomUUID() }] : [child]
      )
    }))
  })
  return { ...queue, commit: (commit) => queue.commit(doubled(commit)) }
}

/** Every tick is fired a second time, as one that its schedule has not. */
const doubleTick = (schedules: Schedules["Type"], queue: Queue["Type"]): Schedules["Type"] => ({
  ...schedules,
  fire: (fire) =>
    Effect.tap(schedules.fire(fire), (fired) => {
      const { at, name, run } = fire
      if (fired !== "started" || run === null) return Effect.void
      const again = { ...run, id: randomUUID(), tick: { schedule: name, at: at + 1 } }
      return Effect.orDie(queue.start([again]))
    })
})

/** And nobody is told that it was declared dead. */
const withoutVerdict = (queue: Queue["Type"]): Queue["Type"] => ({
  ...queue,
  beat: (dispatcher) => Effect.map(queue.beat(dispatcher), (beat) => ({ ...beat, alive: true }))
})

const WRAPPERS: Readonly<Partial<Record<Sabotage, (queue: Queue["Type"]) => Queue["Type"]>>> = {
  "no-fence": withoutVerdict,
  "commit-after-send": commitAfterSend,
  "double-outcome": doubleOutcome,
  "double-child": doubleChild
}

const wrap = (queue: Queue["Type"]): Queue["Type"] =>
  sabotages.reduce((wrapped, sabotage) => WRAPPERS[sabotage]?.(wrapped) ?? wrapped, queue)

const wrapSchedules = Effect.gen(function*() {
  const schedules = yield* PgSchedules.make
  return sabotages.includes("double-tick") ? doubleTick(schedules, yield* Queue) : schedules
})

const layerQueue = Layer.effect(Schedules, wrapSchedules).pipe(
  Layer.provideMerge(Layer.effect(Queue, Effect.map(Queue, wrap))),
  Layer.provide(PgQueue.layerWith({})),
  Layer.provide(Layer.effect(
    PgPool,
    Effect.map(PgPool, (pool) => sabotages.includes("no-fence") ? withoutFence(pool) : pool)
  )),
  Layer.provide(layerClient({ url: settings.databaseUrl!, maxConnections: 4 }))
)

const engine = Engine.layer(Engine.dispatcherOptions(settings), settings).pipe(
  Layer.provide(Layer.mergeAll(
    layerQueue,
    ProcessPool.layer({
      workers: settings.workerCount,
      spares: settings.spareWorkers ?? 0,
      concurrency: settings.concurrentPerWorker,
      projectRoot: projectRootOf(process.cwd())
    }),
    Layer.succeed(ProgramSource.ProgramSource, ProgramSource.make({}))
  ))
)

NodeRuntime.runMain(Layer.launch(engine))
