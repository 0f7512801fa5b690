/**
 * Schedules in this process's memory, over any queue: for tests, and for runs that need no
 * durability. Each method runs alone, which is what makes it atomic.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import { Entropy, uuidv7 } from "../entropy/Entropy.ts"
import { type InstanceRecord, Queue } from "../queue/Queue.ts"
import {
  type Fire,
  type Fired,
  MOST_WAITING,
  type ScheduleRecord,
  Schedules,
  type ScheduleSpec
} from "./Schedules.ts"

type Stored = { -readonly [K in keyof ScheduleRecord]: ScheduleRecord[K] }

const DUE = 100

const fresh = (spec: ScheduleSpec, nextAt: number | null): Stored => ({
  ...spec,
  revision: 1,
  isPaused: false,
  nextAt,
  lastAt: null,
  lastInstance: null,
  unfinished: 0,
  fired: 0,
  skipped: 0,
  missed: 0
})

/**
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Schedules["Type"], never, Queue | Scope.Scope> = Effect.gen(
  function*() {
    const queue = yield* Queue
    const clock = yield* Effect.clock
    const entropy = yield* Entropy
    const lock = yield* Effect.makeSemaphore(1)
    const stored = new Map<string, Stored>()
    const now = () => clock.unsafeCurrentTimeMillis()
    const bell = yield* PubSub.sliding<void>(1)
    // The end of a run may let another one begin, and a start may bring a deadline.
    yield* queue.listen(() => bell.unsafeOffer(undefined))
    const alone = <A, E>(effect: Effect.Effect<A, E>) =>
      Effect.zipLeft(lock.withPermits(1)(effect), PubSub.publish(bell, undefined))

    const unfinished = (name: string) =>
      Effect.map(
        queue.list({ search: { kind: "is", field: "schedule", value: name }, limit: Infinity }),
        (records) => records.filter(({ outcome }) => outcome === null)
      )

    const copyOf = (schedule: Stored): Effect.Effect<ScheduleRecord, never> =>
      Effect.map(
        Effect.orDie(unfinished(schedule.name)),
        (runs) => ({ ...schedule, unfinished: runs.length })
      )

    const cancelAll = (runs: ReadonlyArray<InstanceRecord>) =>
      queue.deliver(runs.map(({ id }) => ({
        id: uuidv7(entropy, now()),
        instanceId: id,
        kind: "cancel",
        effect: 0,
        name: null,
        payload: null
      })))

    const fire = ({ at, missed, name, nextAt, revision, run }: Fire) =>
      Effect.gen(function*() {
        const schedule = stored.get(name)
        if (
          schedule === undefined || schedule.nextAt !== at || schedule.revision !== revision ||
          schedule.isPaused
        ) return "lost" satisfies Fired
        schedule.nextAt = nextAt
        schedule.missed += missed
        schedule.lastAt = at
        if (run === null) return "missed" satisfies Fired
        const runs = yield* unfinished(name)
        const { overlap } = schedule
        const waits = overlap !== "allow" && runs.length > 0
        if (waits && (overlap === "skip" || runs.length > MOST_WAITING)) {
          schedule.skipped++
          return "skipped" satisfies Fired
        }
        // A run has no key that could be taken.
        yield* Effect.catchTag(
          queue.start([waits ? { ...run, tick: { ...run.tick!, waits } } : run]),
          "KeyTaken",
          Effect.die
        )
        schedule.fired++
        schedule.lastInstance = run.id
        if (!waits) return "started" satisfies Fired
        if (overlap === "replace") yield* cancelAll(runs)
        return "waiting" satisfies Fired
      })

    return Schedules.of({
      now: Effect.sync(now),
      put: (spec, nextAt) =>
        alone(Effect.sync(() => {
          const old = stored.get(spec.name)
          if (old === undefined) return stored.set(spec.name, fresh(spec, nextAt))
          const isSameTiming = JSON.stringify(old.timing) === JSON.stringify(spec.timing)
          return Object.assign(old, spec, {
            revision: old.revision + 1,
            nextAt: isSameTiming ? old.nextAt : nextAt
          })
        })),
      list: (names) =>
        lock.withPermits(1)(Effect.forEach(
          Array.from(stored.values())
            .filter(({ name }) => names === undefined || names.includes(name))
            .sort((a, b) => a.name < b.name ? -1 : 1),
          copyOf
        )),
      setPaused: (name, isPaused, nextAt) =>
        alone(Effect.sync(() => {
          const schedule = stored.get(name)
          if (schedule === undefined) return false
          if (schedule.isPaused !== isPaused) {
            schedule.isPaused = isPaused
            if (!isPaused) schedule.nextAt = nextAt
          }
          return true
        })),
      remove: (name) => lock.withPermits(1)(Effect.sync(() => stored.delete(name))),
      look: lock.withPermits(1)(Effect.gen(function*() {
        yield* queue.releaseRuns
        const deadlineAt = yield* queue.cancelOverdue
        const at = now()
        const waiting = Array.from(stored.values())
          .filter(({ isPaused, nextAt }) => !isPaused && nextAt !== null)
          .sort((a, b) => a.nextAt! - b.nextAt!)
        const due = waiting.filter(({ nextAt }) => nextAt! <= at).slice(0, DUE)
        return {
          now: at,
          nextAt: waiting[0]?.nextAt ?? null,
          deadlineAt,
          due: yield* Effect.forEach(due, copyOf)
        }
      })),
      fire: (one) => lock.withPermits(1)(fire(one)),
      changes: PubSub.subscribe(bell),
      pollMillis: Infinity
    })
  }
)

/**
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Schedules, never, Queue> = Layer.scoped(Schedules, make)
