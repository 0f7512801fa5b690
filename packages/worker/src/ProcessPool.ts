/**
 * Executes calls in worker processes.
 *
 * The pool keeps as many processes as it was told to: one that dies is replaced at once, and
 * after a growing wait when its successors die young; what it held is reported lost.
 * Calls are assigned by plain synchronous code and leave in one message per worker and turn
 * of the event loop. A fiber per process reads its reports and waits for its end.
 *
 * @since 0.1.0
 */
import { MAX_VALUE_LENGTH, ValueTooLarge } from "@rappel/core/value/limits"
import { encodeError } from "@rappel/core/value/Value"
import { type CallReport, type CallRequest, WorkerPool } from "@rappel/core/worker/WorkerPool"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import type * as Scope from "effect/Scope"
import {
  aloneMember,
  leastLoaded,
  make as makeMember,
  type Member,
  type Seat,
  takesCalls
} from "./PoolMember.ts"
import { readyLimit, waitAfter } from "./startLimits.ts"
import { WorkerPoolFailed } from "./WorkerPoolError.ts"
import * as WorkerProcess from "./WorkerProcess.ts"
import { WorkerProcesses } from "./WorkerProcesses.ts"
import { PROTOCOL_VERSION, type WorkerReport } from "./WorkerProtocol.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface ProcessPoolOptions {
  /** How many processes. */
  readonly workers: number
  /** Calls that one process executes at the same time; 10 unless given. */
  readonly concurrency?: number
  /** Where the files of actions are found, and the paths of `userModules` begin. */
  readonly projectRoot: string
  /** Paths or package names of modules that each worker imports before its first call. */
  readonly userModules?: ReadonlyArray<string>
  /** The generated module that registers the actions of a built project. */
  readonly manifest?: string
  /** A process is replaced after this many calls; never unless given. */
  readonly maxActions?: number
  /** Added to the environment of the processes. */
  readonly env?: Readonly<Record<string, string>>
  /** Where `console.log` of an action goes; "inherit" unless given. */
  readonly stdout?: "inherit" | "stderr"
  /** What running calls get when the pool closes; 5 seconds unless given. */
  readonly grace?: Duration.DurationInput
  /** An interrupted action that goes on for longer costs its process; 10 seconds unless given. */
  readonly interruptGrace?: Duration.DurationInput
}

/** A worker that lives this long has no trouble of its own. */
const SETTLED_MILLIS = 10_000

/** So many failed starts in a row, before any worker was ready, fail the layer. */
const FIRST_STARTS = 3

/** From the end of a process to the end of what it wrote. */
const LAST_REPORTS = Duration.seconds(1)

/** How long a blocked process may wait for its successor to get ready. */
const SUCCESSOR_LIMIT = Duration.seconds(10)

const make = (
  options: ProcessPoolOptions
): Effect.Effect<
  Context.Context<WorkerPool | WorkerProcesses>,
  WorkerPoolFailed,
  Scope.Scope
> =>
  Effect.gen(function*() {
    const concurrency = options.concurrency ?? 10
    const grace = Duration.decode(options.grace ?? "5 seconds")
    const interruptGrace = Duration.decode(options.interruptGrace ?? "10 seconds")
    const maxActions = options.maxActions ?? Infinity
    const spawnOptions: WorkerProcess.SpawnOptions = {
      env: options.env ?? {},
      stdout: options.stdout ?? "inherit",
      settings: {
        protocol: PROTOCOL_VERSION,
        projectRoot: options.projectRoot,
        userModules: options.userModules ?? [],
        manifest: options.manifest ?? null,
        maxValueLength: MAX_VALUE_LENGTH
      }
    }

    const reports = yield* Mailbox.make<CallReport>()
    const ready = yield* Deferred.make<void, WorkerPoolFailed>()
    const members = new Set<Member>()
    /** In the order of arrival. */
    const waiting = new Map<number, CallRequest>()
    const holders = new Map<number, Member>()
    let isClosing = false
    let onSlots = () => {}

    // Runs members and all that outlives a message; its fibers end with the scope.
    const fibers = yield* FiberSet.make<void>()
    const fork = yield* Effect.interruptible(FiberSet.runtime(fibers)())

    const flush = (member: Member) => {
      const calls = member.outbox
      member.outbox = []
      if (calls.length > 0) member.process.submit(calls)
    }

    /** A call that had the member for itself, or waited for it, needs it no more. */
    const free = (member: Member, id: number) => {
      if (member.alone === id) member.alone = null
    }

    const pump = () => {
      for (const [id, call] of waiting) {
        const member = call.alone === true
          ? aloneMember(members, id)
          : leastLoaded(members, concurrency)
        if (member === undefined) {
          if (call.alone === true) continue
          return
        }
        waiting.delete(id)
        holders.set(id, member)
        member.live.set(id, call)
        if (member.outbox.length === 0) setImmediate(flush, member)
        member.outbox.push(call)
        if (++member.given >= maxActions) replace(member)
      }
    }

    /** Starts a successor; the member serves until that one is ready. */
    const replace = (member: Member) => {
      if (member.stage !== "serving" || isClosing) return
      member.stage = "replaced"
      fork(run(member.seat, () => leave(member)))
    }

    /** No more calls for this one; it is stopped when it has none left. */
    const leave = (member: Member) => {
      if (member.stage === "serving") replace(member)
      if (member.stage === "replaced") member.stage = "leaving"
      stopIfIdle(member)
    }

    const stopIfIdle = (member: Member) => {
      if (member.stage !== "leaving" || member.live.size > 0) return
      member.stage = "stopping"
      fork(member.process.stop(Duration.zero))
    }

    const take = (member: Member, batch: Iterable<WorkerReport>) => {
      const settled: Array<CallReport> = []
      for (const report of batch) {
        if (report.kind === "leaving") leave(member)
        else if (report.kind === "released") member.unreleased.delete(report.id)
        else if (report.kind === "heartbeat") {
          if (member.live.has(report.id)) settled.push(report)
        } else if (member.live.delete(report.id)) {
          free(member, report.id)
          holders.delete(report.id)
          settled.push(report)
        } else member.unreleased.delete(report.id)
      }
      reports.unsafeOfferAll(settled)
      pump()
      stopIfIdle(member)
    }

    const lose = (member: Member, reason: string) => {
      // Of several executions nobody knows which one it was, and an end that was asked for is
      // the fault of none.
      const isCrash = !isClosing && takesCalls(member) &&
        member.live.size + member.unreleased.size === 1
      const lost = Array.from(
        member.live.keys(),
        (id) => ({ id, kind: "lost", reason, ...(isCrash ? { isCrash } : {}) }) as const
      )
      for (const { id } of lost) holders.delete(id)
      member.live.clear()
      reports.unsafeOfferAll(lost)
    }

    const join = (member: Member) => {
      members.add(member)
      Deferred.unsafeDone(ready, Exit.void)
      pump()
      onSlots()
    }

    const read = (member: Member) =>
      Effect.gen(function*() {
        for (let ended = false; !ended;) {
          const next = yield* Effect.exit(member.process.reports.takeAll)
          if (Exit.isFailure(next)) return
          take(member, next.value[0])
          ended = next.value[1]
        }
      })

    /** Reads until the connection and the process have ended, and says how that came. */
    const serve = (member: Member) =>
      Effect.gen(function*() {
        const { exited } = member.process
        // The connection ends last, unless something that an action started holds it.
        yield* Effect.raceFirst(read(member), Effect.zipRight(exited, Effect.sleep(LAST_REPORTS)))
        // A worker that has closed its connection is of no use, whatever it does now.
        return yield* Effect.timeoutTo(exited, {
          duration: grace,
          onSuccess: (how) => how,
          onTimeout: () => "closed its connection and had to be killed"
        })
      })

    /** The life of one process in a seat, and then of its successor if nobody else starts one. */
    const run = (seat: Seat, onReady: () => void): Effect.Effect<void> =>
      Effect.gen(function*() {
        yield* Effect.sleep(waitAfter(seat.troubles))
        const startedAt = yield* Clock.currentTimeMillis
        const started = yield* Effect.either(
          Effect.scoped(Effect.gen(function*() {
            const process = yield* WorkerProcess.start(spawnOptions, readyLimit(seat.troubles))
            const member = makeMember(process, seat)
            join(member)
            onReady()
            const how = yield* serve(member)
            members.delete(member)
            lose(member, `worker process ${process.pid} ${how}`)
            return member
          }))
        )
        if (isClosing) return
        const livedMillis = (yield* Clock.currentTimeMillis) - startedAt

        if (started._tag === "Left") {
          seat.troubles++
          const { output, reason, retryable } = started.left
          if (!retryable || seat.troubles >= FIRST_STARTS) {
            yield* Deferred.fail(
              ready,
              new WorkerPoolFailed({ reason, output, starts: seat.troubles })
            )
          }
          yield* Effect.logWarning("A worker process could not be started").pipe(
            Effect.annotateLogs({ reason, starts: seat.troubles })
          )
          return yield* run(seat, onReady)
        }
        if (started.right.stage !== "serving") return
        seat.troubles = livedMillis >= SETTLED_MILLIS ? 1 : seat.troubles + 1
        yield* Effect.logWarning("A worker process died and is replaced").pipe(
          Effect.annotateLogs({ pid: started.right.process.pid, deaths: seat.troubles })
        )
        return yield* run(seat, () => {})
      })

    /**
     * Ends a process that hears nothing, with whatever else it executes; its successor is there
     * first, if it gets ready at all.
     */
    const killBlocked = (member: Member) =>
      Effect.gen(function*() {
        if (takesCalls(member)) {
          const isReplaced = member.stage === "replaced"
          member.stage = "leaving"
          const ready = yield* Deferred.make<void>()
          if (!isReplaced) {
            fork(run(member.seat, () => Deferred.unsafeDone(ready, Exit.void)))
            yield* Effect.timeoutOption(Deferred.await(ready), SUCCESSOR_LIMIT)
          }
        }
        yield* member.process.kill
      })

    /** Sees to it that interrupted executions end, with their process if need be. */
    const enforce = (member: Member, ids: ReadonlyArray<number>, reason: string) =>
      Effect.gen(function*() {
        const noticed = yield* Effect.timeoutOption(
          Effect.either(member.process.interrupt(ids, reason)),
          interruptGrace
        )
        if (noticed._tag === "None") {
          yield* Effect.logWarning("A worker process is killed: an action blocks its event loop")
            .pipe(Effect.annotateLogs({ pid: member.process.pid, reason }))
          return yield* killBlocked(member)
        }
        yield* Effect.sleep(interruptGrace)
        if (ids.some((id) => member.unreleased.has(id)) && takesCalls(member)) {
          yield* Effect.logWarning("A worker process is replaced: an action ignores its signal")
            .pipe(Effect.annotateLogs({ pid: member.process.pid, reason }))
          leave(member)
        }
      })

    const interrupt = (ids: ReadonlyArray<number>, reason: string) => {
      const byMember = new Map<Member, Array<number>>()
      for (const id of ids) {
        if (waiting.delete(id)) { for (const member of members) free(member, id) }
        const member = holders.get(id)
        if (member === undefined) continue
        holders.delete(id)
        member.live.delete(id)
        free(member, id)
        member.unreleased.add(id)
        const held = byMember.get(member)
        if (held === undefined) byMember.set(member, [id])
        else held.push(id)
      }
      for (const [member, held] of byMember) {
        // The worker must hear of a call before it hears of its end.
        flush(member)
        fork(enforce(member, held, reason))
        stopIfIdle(member)
      }
      pump()
    }

    yield* Effect.addFinalizer(() =>
      Effect.gen(function*() {
        isClosing = true
        for (const id of waiting.keys()) {
          reports.unsafeOffer({ id, kind: "lost", reason: "the pool closed" })
        }
        waiting.clear()
        yield* Effect.forEach(members, (member) => {
          flush(member)
          return member.process.stop(grace)
        }, { concurrency: "unbounded", discard: true })
        for (const member of members) lose(member, "the pool closed")
        reports.unsafeDone(Exit.void)
      })
    )

    // The first alone, and the others when it is ready: on two cores they would hold each other
    // up, and a command that needs one worker would wait for all.
    fork(run({ troubles: 0 }, () => {}))
    yield* Deferred.await(ready)
    for (let i = 1; i < options.workers; i++) fork(run({ troubles: 0 }, () => {}))

    const pool = WorkerPool.of({
      slots: () => {
        let count = 0
        for (const member of members) if (takesCalls(member)) count += concurrency
        return count
      },
      onSlots: (listener) => {
        onSlots = listener
      },
      submit: (calls) => {
        for (const call of calls) {
          if (call.args.length <= MAX_VALUE_LENGTH) waiting.set(call.id, call)
          else {
            const error = encodeError(
              new ValueTooLarge(
                `The arguments of action ${call.action}`,
                call.args.length,
                MAX_VALUE_LENGTH
              )
            )
            reports.unsafeOffer({ id: call.id, kind: "failed", error, millis: 0 })
          }
        }
        pump()
      },
      interrupt,
      reports
    })
    const processes = WorkerProcesses.of({
      list: () =>
        Array.from(members, ({ live, process, stage }) => ({
          pid: process.pid,
          busy: live.size,
          startedAt: process.startedAt,
          leaving: stage === "leaving" || stage === "stopping"
        }))
    })
    return Context.make(WorkerPool, pool).pipe(Context.add(WorkerProcesses, processes))
  })

/**
 * A pool of worker processes. It is there once the first of them can execute calls.
 *
 * **Errors** `WorkerPoolFailed` when a module that should be loaded first cannot be imported,
 * or when three starts in a row come to nothing.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: ProcessPoolOptions
): Layer.Layer<WorkerPool | WorkerProcesses, WorkerPoolFailed> => Layer.scopedContext(make(options))
