/**
 * Claims instances, steps them, commits what happened, feeds the worker pool.
 *
 * The decisions are `DispatcherCore`'s; here are its fibers: one that claims, one that
 * commits, one that reads the pool's reports, one that waits for timers, one that beats.
 * None of them runs per instance or per call.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as EffectQueue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { Entropy, uuidv7 } from "../entropy/Entropy.ts"
import type { Outcome } from "../machine/Model.ts"
import { SnapshotTooNew } from "../machine/snapshot/SnapshotTooNew.ts"
import { FORMAT, type ProgramFile } from "../program/Program.ts"
import { DEFAULT_QUEUE } from "../queue/Calls.ts"
import {
  type Claimed,
  type Commit,
  type CommitEntry,
  type Loaded,
  Queue,
  type StoredEvent,
  type Wake
} from "../queue/Queue.ts"
import type { QueueUnavailable, SchemaTooNew } from "../queue/QueueError.ts"
import { RetrySchedules } from "../retry/RetrySchedules.ts"
import { Timeouts } from "../retry/Timeouts.ts"
import { Scheduler } from "../scheduler/Scheduler.ts"
import { encodeError } from "../value/Value.ts"
import { WorkerPool } from "../worker/WorkerPool.ts"
import * as Bell from "./Bell.ts"
import { DispatcherCore, LONG_STEP_MILLIS } from "./DispatcherCore.ts"
import { messageOf } from "./DispatcherError.ts"
import { endedBy } from "./endedBy.ts"
import { LocalDispatcher } from "./LocalDispatcher.ts"
import { Routes } from "./offers.ts"
import * as Peers from "./Peers.ts"
import { TakenCalls } from "./TakenCalls.ts"
import * as Taker from "./Taker.ts"

/**
 * All fields have defaults; times are in milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface DispatcherOptions {
  /** What operators see; the layers of @rappel/worker fill it in. */
  readonly host?: string
  readonly pid?: number
  /** Names this process for others on its host, which can tell by it whether it has ended. */
  readonly place?: string
  /** Whether the process of this place is on this host and has ended, for certain. */
  readonly hasEnded?: (place: string) => boolean
  /** Instances in memory at the same time; parked ones don't count. 500. */
  readonly maxInstances?: number
  /** Instances claimed in one statement. 200. */
  readonly claimBatch?: number
  /** Instances in one commit. 500. */
  readonly commitEntries?: number
  /** An instance leaves memory when it waits for longer than this. 1000. */
  readonly parkAfterMillis?: number
  /** How often this dispatcher says that it lives. 1000, never for a queue in memory. */
  readonly beatMillis?: number
  /** Others take its instances when its beat stands still for this long. 5000. */
  readonly leaseMillis?: number
  /** Queues whose calls run here, of whichever dispatcher's instances. `default`. */
  readonly queues?: ReadonlyArray<string>
  /** How long a shutdown waits for calls that run. 5000. */
  readonly graceMillis?: number
}

/** A program of a newer release: look again later, by then a newer dispatcher may have it. */
const UNREADABLE_RETRY_MILLIS = 60_000

/** From so many claims without progress on an instance is taken on its own (PROTOCOL R13). */
const SUSPECT_CLAIMS = 2

/** At so many it is set aside. */
const POISON_CLAIMS = 5

const poisonReason = (claims: number): string =>
  `it was claimed ${claims} times and never got on: the processes that held it ended each time. ` +
  "Look at their logs for what it does, then resume it with `rappel instances resume`."
/** Instances whose inboxes are read in one statement. */
const POLL_BATCH = 100

/** After a beat that got no answer. */
const BEAT_AGAIN_MILLIS = 250
/** Whether a hint is about instances that this dispatcher could claim. */
const isForClaim = ({ kind }: Wake): boolean => kind === "due" || kind === "resync"

/** After a statement that failed. */
const PAUSE = "500 millis"

type Needs = Queue | Scheduler | RetrySchedules | Timeouts | WorkerPool

/**
 * Starts a dispatcher that runs until the scope closes; then it hands over what it owns.
 *
 * **Errors** `QueueUnavailable` when the queue cannot be reached at the start, `SchemaTooNew`
 * when a newer release migrated it. Later losses of the connection are ridden out.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: DispatcherOptions = {}
): Effect.Effect<
  LocalDispatcher["Type"],
  QueueUnavailable | SchemaTooNew,
  Needs | Scope.Scope
> =>
  Effect.gen(function*() {
    const queue = yield* Queue
    const pool = yield* WorkerPool
    const scheduler = yield* Scheduler
    const retries = yield* RetrySchedules
    const timeouts = yield* Timeouts
    const entropy = yield* Entropy
    const clock = yield* Effect.clock

    const {
      claimBatch = 200,
      commitEntries = 500,
      graceMillis = 5000,
      hasEnded = () => false,
      host = "local",
      leaseMillis = 5000,
      maxInstances = 500,
      parkAfterMillis = 1000,
      pid = 0,
      place = "",
      queues = [DEFAULT_QUEUE]
    } = options
    const takesOwnOnly = claimBatch === 0
    const beatMillis = options.beatMillis ?? (queue.pollMillis === Infinity ? Infinity : 1000)

    // The queue's clock as this process sees it: every answer that carries a time corrects it.
    let offsetMillis = 0
    const localNow = () => clock.unsafeCurrentTimeMillis()
    const now = () => localNow() + offsetMillis
    const sync = (queueNow: number) => {
      offsetMillis = queueNow - localNow()
    }

    let id = uuidv7(entropy, localNow())
    let stopping = false
    let beatenAt = localNow()
    /** Ownership is certain for a while after a beat that was answered. */
    const isCertain = () => beatMillis === Infinity || localNow() - beatenAt < leaseMillis * 0.7
    const programs = new Map<string, ProgramFile>()
    const faults = yield* Mailbox.make<{ readonly instanceId: string; readonly cause: unknown }>()
    const core = new DispatcherCore({ maxInstances, parkAfterMillis, commitEntries }, {
      now,
      commitId: () => uuidv7(entropy, localNow()),
      pool,
      scheduler,
      retries,
      timeouts,
      isCertain,
      routes: new Routes(queues),
      lent: () => taker.reserved(),
      onFault: (instanceId, cause) => {
        faults.unsafeOffer({ instanceId, cause })
      }
    })

    const taken = new TakenCalls({ now, nextExecutionId: () => core.nextExecutionId(), pool })

    const commitBell = Bell.make()
    const timerBell = Bell.make()
    const claimBell = Bell.make()
    const changeBell = Bell.make()
    let isFull = false
    const startedBox = yield* Mailbox.make<Claimed>()
    let armedAt = Infinity

    /** Wakes the fibers that have something to do after the core has moved. */
    const settle = () => {
      changeBell.ring()
      if (isFull && core.capacity() > 0) claimBell.ring()
      if (core.hasWork()) commitBell.ring()
      if (core.hasMissed()) claimBell.ring()
      if (nextWakeAt() < armedAt) timerBell.ring()
      taker.settle()
    }

    const nextWakeAt = () => Math.min(core.nextWakeAt(), taken.nextWakeAt())

    const register = Effect.gen(function*() {
      const registered = yield* queue.register({ id, host, pid, place })
      sync(registered.now)
    })

    const programOf = (hash: string) =>
      Effect.gen(function*() {
        const known = programs.get(hash)
        if (known !== undefined) return known
        const [file] = yield* queue.getPrograms([hash])
        if (file !== undefined && file.program.format <= FORMAT) programs.set(hash, file)
        return file
      })

    /** Ends this dispatcher's hold of an instance that it cannot, or need not, run. */
    const letGo = (
      loaded: Pick<Loaded, "id" | "epoch" | "lastSeq">,
      outcome: Outcome | null,
      then: CommitEntry["then"],
      events: ReadonlyArray<StoredEvent> = []
    ): Effect.Effect<void, QueueUnavailable> =>
      Effect.asVoid(queue.commit({
        id: uuidv7(entropy, localNow()),
        dispatcher: id,
        entries: [{
          id: loaded.id,
          epoch: loaded.epoch,
          expectedSeq: loaded.lastSeq,
          events,
          logs: [],
          consumed: [],
          outcome,
          snapshot: null,
          then
        }]
      }))

    const setAside = (loaded: Loaded, reason: string) =>
      Effect.logError("An instance is set aside").pipe(
        Effect.annotateLogs({ instanceId: loaded.id, workflow: loaded.name, reason }),
        Effect.zipRight(letGo(loaded, null, { kind: "aside", reason }))
      )

    /** Leaves an instance to a newer release, which may be here later. */
    const postpone = (loaded: Loaded, reason: string) =>
      Effect.logWarning("An instance waits for a dispatcher of a newer release").pipe(
        Effect.annotateLogs({ instanceId: loaded.id, workflow: loaded.name, reason }),
        Effect.zipRight(
          letGo(loaded, null, { kind: "release", dueAt: now() + UNREADABLE_RETRY_MILLIS })
        )
      )

    const take = (loaded: Loaded): Effect.Effect<void, QueueUnavailable> =>
      Effect.gen(function*() {
        const end = endedBy(loaded, now())
        if (end !== undefined) {
          return yield* letGo(loaded, end.outcome, { kind: "close" }, [end.event])
        }
        const file = yield* programOf(loaded.program)
        if (file === undefined) {
          return yield* setAside(loaded, `its program ${loaded.program} is not stored`)
        }
        if (file.program.format > FORMAT) {
          return yield* postpone(loaded, `its program has format ${file.program.format}`)
        }
        const adopted = yield* Effect.either(
          Effect.try({ try: () => core.adopt(loaded, file), catch: (cause) => cause })
        )
        if (Either.isLeft(adopted) && loaded.lastSeq === 0 && loaded.snapshot === null) {
          // Its input or its program is no good: nothing has run, and nothing ever will.
          return yield* letGo(loaded, { ok: false, error: encodeError(adopted.left) }, {
            kind: "close"
          })
        }
        if (Either.isLeft(adopted)) {
          if (adopted.left instanceof SnapshotTooNew) {
            return yield* postpone(loaded, adopted.left.message)
          }
          return yield* setAside(loaded, `it cannot be loaded: ${messageOf(adopted.left)}`)
        }
        if (Either.isRight(adopted.right)) return
        const refused = adopted.right.left
        yield* refused._tag === "NewerFormat"
          ? postpone(loaded, refused.message)
          : setAside(loaded, refused.message)
      })

    const until = (isDone: () => boolean) =>
      Effect.gen(function*() {
        for (;;) {
          changeBell.reset()
          if (isDone()) return
          yield* changeBell.wait(Infinity)
        }
      }).pipe(Effect.interruptible, Effect.timeoutOption(graceMillis))

    /**
     * Takes instances whose former hosts ended before they got on with them: one may be what
     * ended them. Each is taken only when the one before it has got on, and the others' claims
     * don't count meanwhile; so the guilty one is soon the only one that is counted (R13).
     */
    const takeOneByOne = (suspects: ReadonlyArray<Loaded>, untaken: Map<string, Claimed>) =>
      Effect.gen(function*() {
        yield* queue.countClaims(id, suspects, -1)
        for (const suspect of suspects) {
          yield* queue.countClaims(id, [suspect], 1)
          yield* take(suspect)
          untaken.delete(suspect.id)
          settle()
          yield* until(() => core.isDurable(suspect.id))
        }
      })

    /**
     * Takes what was claimed and is still this dispatcher's. What a failing statement leaves
     * in `untaken` is tried again: nobody else would ever look for it.
     */
    const takeAll = (untaken: Map<string, Claimed>) =>
      Effect.gen(function*() {
        const claimed = Array.from(untaken.values())
        const loaded = yield* queue.load(id, claimed.filter((one) => !core.holds(one)))
        const found = new Set(loaded.map((one) => one.id))
        for (const one of claimed) {
          if (!found.has(one.id) && untaken.get(one.id) === one) untaken.delete(one.id)
        }
        const suspects: Array<Loaded> = []
        let longAt = localNow() + LONG_STEP_MILLIS
        for (const one of loaded) {
          if (localNow() > longAt) {
            yield* giveWay
            longAt = localNow() + LONG_STEP_MILLIS
          }
          if (one.claims >= SUSPECT_CLAIMS && one.claims < POISON_CLAIMS) {
            suspects.push(one)
            continue
          }
          yield* one.claims < POISON_CLAIMS ? take(one) : setAside(one, poisonReason(one.claims))
          untaken.delete(one.id)
        }
        settle()
        if (suspects.length > 0) yield* takeOneByOne(suspects, untaken)
      })

    const pauseOnFailure = <A, E, R>(what: string, effect: Effect.Effect<A, E, R>) =>
      Effect.catchAllCause(effect, (cause) =>
        Cause.isInterruptedOnly(cause)
          ? Effect.failCause(cause as Cause.Cause<never>)
          : Effect.zipRight(Effect.logWarning(what, cause), Effect.sleep(PAUSE)))

    const taker = Taker.make({
      queue,
      taken,
      queues,
      id: () => id,
      now,
      slots: () => pool.slots(),
      running: () => core.runningCount(),
      mayTake: () => !stopping && isCertain() && (!takesOwnOnly || core.offeredCount() > 0),
      onChange: () => {
        core.confirmed()
        settle()
      },
      guard: pauseOnFailure
    })

    /** After long steps: time for a beat, for the answers that came meanwhile, and for commits. */
    const giveWay = Effect.suspend(() => {
      settle()
      return Effect.sleep(BEAT_AGAIN_MILLIS)
    })

    /** Reads the inboxes of instances that are here. */
    const pollAll = (arrived: ReadonlyArray<string>) =>
      Effect.gen(function*() {
        for (let at = 0; at < arrived.length; at += POLL_BATCH) {
          const polled = core.pollable(arrived.slice(at, at + POLL_BATCH))
          core.receive(polled, yield* queue.poll(id, polled))
          settle()
        }
      })

    /** What this dispatcher claimed, or a commit refused, and is not in memory. */
    const claimedHere = new Map<string, Claimed>()

    /** Claims once, and answers how long to wait before the next time without a hint. */
    const claimOnce = Effect.gen(function*() {
      if (claimedHere.size > 0) yield* takeAll(claimedHere)
      const limit = Math.max(Math.min(core.capacity(), claimBatch), 0)
      isFull = limit === 0
      if (isFull) {
        core.makeRoom()
        settle()
      }
      const { arrived, claimed, nextDueAt, now: queueNow } = yield* queue.claim(id, limit)
      sync(queueNow)
      for (const one of claimed) claimedHere.set(one.id, one)
      if (claimed.length > 0) yield* takeAll(claimedHere)
      if (arrived.length > 0) yield* pollAll(arrived)
      if (isFull) return queue.pollMillis
      if (claimed.length === limit) return 0
      const untilDue = nextDueAt === null ? Infinity : Math.max(nextDueAt - queueNow, 0)
      return Math.min(queue.pollMillis, untilDue)
    })

    const claimer = Effect.forever(pauseOnFailure(
      "Could not claim instances",
      Effect.gen(function*() {
        claimBell.reset()
        const waitMillis = yield* claimOnce
        if (waitMillis > 0) yield* claimBell.wait(waitMillis)
      })
    ))

    const startedHere = new Map<string, Claimed>()
    const starter = Effect.forever(pauseOnFailure(
      "Could not load instances that were started here",
      Effect.gen(function*() {
        if (startedHere.size === 0) {
          const [claimed] = yield* startedBox.takeAll
          for (const one of claimed) startedHere.set(one.id, one)
        }
        yield* takeAll(startedHere)
      })
    ))

    /** Since when a commit waits for its answer; Infinity when none does. */
    let committingSince = Infinity
    /** A host whose commits get no answer must not say that it lives, or nobody takes over (R5). */
    const isStuck = () => localNow() - committingSince > leaseMillis / 2

    /** Sends a batch until it is answered: the same batch, so that a lost answer does no harm. */
    const send = (commit: Commit): Effect.Effect<void> =>
      queue.commit(commit).pipe(
        Effect.tap((committed) =>
          Effect.sync(() => {
            sync(committed.now)
            const lost = core.committed(committed)
            if (lost.length === 0) return
            for (const one of lost) claimedHere.set(one.id, one)
            claimBell.ring()
          })
        ),
        Effect.asVoid,
        Effect.catchAll((error) =>
          Effect.logWarning("Could not commit; the batch is sent again", error).pipe(
            Effect.zipRight(Effect.sleep(PAUSE)),
            Effect.zipRight(Effect.suspend(() => send(commit)))
          )
        )
      )

    const commitAll: Effect.Effect<void> = Effect.gen(function*() {
      for (let commit = core.takeCommit(id); commit !== undefined; commit = core.takeCommit(id)) {
        committingSince = localNow()
        yield* send(commit)
        committingSince = Infinity
        settle()
      }
    })

    const committer = Effect.forever(Effect.gen(function*() {
      commitBell.reset()
      // Reports that are in the same turn of the event loop join the batch.
      yield* Effect.yieldNow()
      yield* commitAll
      if (!core.hasWork()) yield* commitBell.wait(Infinity)
    }))

    const reporter = Effect.forever(Effect.gen(function*() {
      const [reports] = yield* pool.reports.takeAll
      const all = Array.from(reports)
      taken.reports(all)
      for (let at = core.reports(all); at < all.length; at = core.reports(all, at)) {
        yield* giveWay
      }
      settle()
    }))

    const faultLogger = Effect.forever(Effect.gen(function*() {
      const { cause, instanceId } = yield* faults.take
      yield* Effect.annotateLogs(
        Effect.logError("An instance is set aside: stepping it failed", Cause.fail(cause)),
        { instanceId }
      )
    }))

    const timekeeper = Effect.forever(Effect.gen(function*() {
      timerBell.reset()
      armedAt = nextWakeAt()
      const waitMillis = armedAt - now()
      if (waitMillis > 0) yield* timerBell.wait(waitMillis)
      if (nextWakeAt() <= now()) {
        core.tick()
        taken.tick()
        settle()
      }
    }))

    const peers = Peers.make(leaseMillis)

    const beatOnce = Effect.gen(function*() {
      const sentAt = localNow()
      const beat = yield* queue.beat(id, { slots: takesOwnOnly ? 0 : pool.slots(), queues })
      sync(beat.now)
      if (stopping) return
      if (!beat.alive) {
        yield* Effect.logWarning("This dispatcher was declared dead; it drops all and starts anew")
        core.dropAll()
        taken.dropAll()
        id = uuidv7(entropy, localNow())
        yield* register
      }
      beatenAt = sentAt
      core.setRoutes(beat.hosts, beat.limited)
      if (taken.count() > 0) taker.compare()
      const dead = peers.seen(beat.peers, localNow(), hasEnded)
      if (dead.length > 0 && (yield* queue.expire(dead)) > 0) claimBell.ring()
    })

    const beater = Effect.gen(function*() {
      let waitMillis = beatMillis
      for (;;) {
        yield* Effect.sleep(waitMillis)
        const startedAt = localNow()
        const isBeaten = isStuck() ? false : yield* beatOnce.pipe(
          Effect.as(true),
          Effect.catchAllCause((cause) =>
            Effect.as(Effect.logWarning("Could not beat", cause), false)
          )
        )
        // An observer that was cut off itself has seen nothing.
        if (!isBeaten) peers.forget()
        // Nothing is given out before the next beat, so that one comes soon.
        // Counted from when it was sent: a long step may have kept the answer waiting.
        waitMillis = isBeaten
          ? Math.max(0, beatMillis - (localNow() - startedAt))
          : Math.min(beatMillis, BEAT_AGAIN_MILLIS)
        core.confirmed()
        settle()
      }
    })

    const listener = Effect.gen(function*() {
      const wakes = yield* queue.wakes
      return yield* Effect.forever(Effect.gen(function*() {
        const wake = yield* EffectQueue.take(wakes)
        if (wake.kind === "offered" || wake.kind === "resync") taker.hint()
        if (wake.kind === "arrived" ? wake.dispatcher === id : isForClaim(wake)) claimBell.ring()
      }))
    })

    /** Hands over: what runs may end within the grace, everything else is given away at once. */
    const shutdown = Effect.gen(function*() {
      stopping = true
      core.drain()
      settle()
      yield* until(() => core.runningCount() + taken.count() === 0)
      core.interruptAll()
      taken.interruptAll()
      settle()
      yield* until(() => core.owned.size === 0)
      yield* queue.leave(id)
    }).pipe(
      Effect.catchAllCause((cause) => Effect.logWarning("Could not hand over at the end", cause)),
      // Real time, also where a test has stopped the clock.
      Effect.withClock(Clock.make())
    )

    yield* register
    if (!stopping) {
      yield* Effect.catchAll(beatOnce, (error) => Effect.logWarning("Could not beat", error))
    }
    const loops = [
      ...taker.fibers,
      claimer,
      starter,
      committer,
      reporter,
      faultLogger,
      timekeeper,
      listener
    ]
    if (beatMillis !== Infinity) loops.push(beater)
    for (const loop of loops) yield* Effect.forkScoped(loop)
    // Added last, so that it runs first, while the loops still do their work.
    yield* Effect.addFinalizer(() => shutdown)

    return LocalDispatcher.of({
      id: () => id,
      started: (ids) => {
        if (stopping) return
        for (const instance of ids) startedBox.unsafeOffer({ id: instance, epoch: 1 })
      },
      status: () => ({
        id,
        instances: core.owned.size,
        runningCalls: core.runningCount() + taken.count(),
        waitingCalls: core.waitingCount(),
        offeredCalls: core.offeredCount(),
        commits: core.counts.commits,
        events: core.counts.events,
        executions: core.counts.executions
      })
    })
  })

/**
 * A dispatcher for the life of the layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options?: DispatcherOptions
): Layer.Layer<LocalDispatcher, QueueUnavailable | SchemaTooNew, Needs> =>
  Layer.scoped(LocalDispatcher, make(options))
