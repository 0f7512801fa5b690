/**
 * The lives of a pool's processes: who is started, who takes whose place, and who has to end.
 *
 * A seat has one process after another. One process more than serve may be kept ready, so that a
 * death costs its calls no start: it takes the place at once, and the successor becomes the
 * next spare one.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { WorkerPoolFailed } from "../WorkerPoolError.ts"
import * as WorkerProcess from "../WorkerProcess.ts"
import type { ActionName } from "../WorkerProtocol.ts"
import type { Assignments } from "./Assignments.ts"
import {
  idleSpare,
  isExpectedToLive,
  make as makeMember,
  type Member,
  type Seat,
  takesCalls
} from "./Member.ts"
import { readyLimit, troublesAfter, waitAfter } from "./startLimits.ts"

/** So many failed starts in a row, before any worker was ready, fail the layer. */
const FIRST_STARTS = 3

/** From the end of a process to the end of what it wrote. */
const LAST_REPORTS = Duration.seconds(1)

/** What waited for the first workers has the host to itself for so long. */
const SPARE_DELAY = Duration.seconds(1)

/** How long a blocked process may wait for its successor to get ready. */
const SUCCESSOR_LIMIT = Duration.seconds(10)

export interface LivesOptions {
  readonly assignments: Assignments
  /** How many processes serve. */
  readonly workers: number
  /** How many more are kept ready. */
  readonly spares: number
  readonly spawn: WorkerProcess.SpawnOptions
  readonly grace: Duration.Duration
  readonly interruptGrace: Duration.Duration
  /** Runs what outlives a message; it ends with the pool. */
  readonly fork: (effect: Effect.Effect<void>) => unknown
  /** Told when there may be more slots. */
  readonly onSlots: () => void
}

export interface Lives {
  /** Starts the processes; ends when the first of them can execute calls. */
  readonly begin: Effect.Effect<void, WorkerPoolFailed>
  /** Asks all for their end, and waits for it. */
  readonly end: Effect.Effect<void>
  /** A successor is started; the member serves until somebody has taken its place. */
  readonly replace: (member: Member) => void
  /** No more calls for this one; it is stopped when it has none left. */
  readonly leave: (member: Member) => void
  /** Calls of it ended: it stops if it should, or takes a place that is free. */
  readonly eased: (member: Member) => void
  /** Sees to it that interrupted executions end, with their process if need be. */
  readonly enforce: (
    member: Member,
    ids: ReadonlyArray<number>,
    reason: string
  ) => Effect.Effect<void>
  /** Has spare workers load an action before they are needed. */
  readonly prepare: (name: ActionName) => void
}

export const make = (options: LivesOptions): Effect.Effect<Lives> =>
  Effect.gen(function*() {
    const { assignments, fork, grace, interruptGrace, onSlots, spares, spawn, workers } = options
    const { members } = assignments
    const first = yield* Deferred.make<void, WorkerPoolFailed>()
    const complete = yield* Deferred.make<void>()
    let isClosing = false

    /** Fills places that are free with spare workers. */
    const promote = () => {
      let serving = 0
      for (const member of members) if (takesCalls(member)) serving++
      let joined = false
      for (; serving < workers; serving++) {
        const member = idleSpare(members)
        if (member === undefined) break
        member.stage = "serving"
        joined = true
      }
      if (serving >= workers) Deferred.unsafeDone(complete, Exit.void)
      if (!joined || isClosing) return
      assignments.pump()
      onSlots()
    }

    const join = (member: Member) => {
      members.add(member)
      Deferred.unsafeDone(first, Exit.void)
      promote()
      if (member.stage !== "spare") return
      for (const name of assignments.known.values()) member.process.prepare(name)
      // Calls that are to run alone have waited for it.
      assignments.pump()
    }

    const replace = (member: Member) => {
      if (member.stage !== "serving" || isClosing) return
      member.stage = "replaced"
      const isThere = idleSpare(members) !== undefined
      fork(run(member.seat, () => leave(member)))
      if (isThere) leave(member)
    }

    const leave = (member: Member) => {
      if (member.stage === "serving") replace(member)
      if (member.stage === "replaced") {
        member.stage = "leaving"
        promote()
      }
      if (member.stage === "spare") {
        member.stage = "leaving"
        if (!isClosing) fork(run(member.seat, () => {}))
      }
      stopIfIdle(member)
    }

    const stopIfIdle = (member: Member) => {
      if (member.stage !== "leaving" || member.live.size > 0) return
      member.stage = "stopping"
      fork(member.process.stop(Duration.zero))
    }

    /** Waits until the connection and the process have ended, and says how that came. */
    const serve = (member: Member) =>
      Effect.gen(function*() {
        const { closed, exited } = member.process
        // The connection ends last, unless something that an action started holds it.
        yield* Effect.raceFirst(closed, Effect.zipRight(exited, Effect.sleep(LAST_REPORTS)))
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
            const process = yield* WorkerProcess.start(
              spawn,
              readyLimit(seat.troubles),
              (reports) => assignments.take(member, reports)
            )
            const member = makeMember(process, seat)
            join(member)
            onReady()
            const how = yield* serve(member)
            members.delete(member)
            assignments.lose(member, `worker process ${process.pid} ${how}`, isClosing)
            promote()
            return member
          }))
        )
        if (isClosing) return
        const millis = (yield* Clock.currentTimeMillis) - startedAt

        if (started._tag === "Left") {
          seat.troubles++
          const { output, reason, retryable } = started.left
          if (!retryable || seat.troubles >= FIRST_STARTS) {
            yield* Deferred.fail(
              first,
              new WorkerPoolFailed({ reason, output, starts: seat.troubles })
            )
          }
          yield* Effect.logWarning("A worker process could not be started").pipe(
            Effect.annotateLogs({ reason, starts: seat.troubles })
          )
          return yield* run(seat, onReady)
        }
        const member = started.right
        if (member.stage !== "serving" && member.stage !== "spare") return
        seat.troubles = troublesAfter(seat.troubles, { millis, ended: member.ended })
        yield* Effect.logWarning("A worker process died and is replaced").pipe(
          Effect.annotateLogs({ pid: member.process.pid, deaths: seat.troubles })
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
          const isThere = idleSpare(members) !== undefined
          const ready = yield* Deferred.make<void>()
          member.stage = "leaving"
          promote()
          if (!isReplaced) {
            fork(run(member.seat, () => Deferred.unsafeDone(ready, Exit.void)))
            if (!isThere) yield* Effect.timeoutOption(Deferred.await(ready), SUCCESSOR_LIMIT)
          }
        }
        yield* member.process.kill
      })

    const enforce: Lives["enforce"] = (member, ids, reason) =>
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
        if (ids.some((id) => member.unreleased.has(id)) && isExpectedToLive(member)) {
          yield* Effect.logWarning("A worker process is replaced: an action ignores its signal")
            .pipe(Effect.annotateLogs({ pid: member.process.pid, reason }))
          leave(member)
        }
      })

    return {
      // The first alone, then the others, then those that are kept ready: on two cores they would
      // hold each other up, and a command that needs one worker would wait for all.
      begin: Effect.gen(function*() {
        fork(run({ troubles: 0 }, () => {}))
        yield* Deferred.await(first)
        for (let i = 1; i < workers; i++) fork(run({ troubles: 0 }, () => {}))
        for (let i = 0; i < spares; i++) {
          fork(
            Deferred.await(complete).pipe(
              Effect.zipRight(Effect.sleep(SPARE_DELAY)),
              Effect.zipRight(run({ troubles: 0 }, () => {}))
            )
          )
        }
      }),
      end: Effect.gen(function*() {
        isClosing = true
        assignments.loseWaiting("the pool closed")
        yield* Effect.forEach(members, (member) => {
          assignments.flush(member)
          return member.process.stop(grace)
        }, { concurrency: "unbounded", discard: true })
        for (const member of members) assignments.lose(member, "the pool closed", true)
      }),
      replace,
      leave,
      eased: (member) => {
        stopIfIdle(member)
        if (member.stage === "spare") promote()
      },
      enforce,
      prepare: (name) => {
        for (const member of members) if (member.stage === "spare") member.process.prepare(name)
      }
    }
  })
