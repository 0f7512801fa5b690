/**
 * Executes calls in worker processes.
 *
 * The pool keeps as many processes as it was told to: one that dies is replaced at once, and
 * after a growing wait when its successors die young; what it held is reported lost.
 * Calls are assigned by plain synchronous code (`pool/Assignments.ts`). A fiber per process
 * reads its reports and waits for its end (`pool/Lives.ts`).
 *
 * @since 0.1.0
 */
import { MAX_VALUE_LENGTH, ValueTooLarge } from "@rappel/core/value/limits"
import { encodeError } from "@rappel/core/value/Value"
import { type CallReport, WorkerPool } from "@rappel/core/worker/WorkerPool"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import type * as Scope from "effect/Scope"
import { Assignments } from "./pool/Assignments.ts"
import * as Lives from "./pool/Lives.ts"
import { takesCalls } from "./pool/Member.ts"
import type { WorkerPoolFailed } from "./WorkerPoolError.ts"
import { WorkerProcesses } from "./WorkerProcesses.ts"
import { PROTOCOL_VERSION } from "./WorkerProtocol.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface ProcessPoolOptions {
  /** How many processes execute calls. */
  readonly workers: number
  /**
   * How many more are kept ready, to take the place of one that dies without the time of a
   * start, and for calls that are to run alone. None unless given: each costs the memory of a
   * worker that has loaded the actions.
   */
  readonly spares?: number
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

const make = (
  options: ProcessPoolOptions
): Effect.Effect<
  Context.Context<WorkerPool | WorkerProcesses>,
  WorkerPoolFailed,
  Scope.Scope
> =>
  Effect.gen(function*() {
    const concurrency = options.concurrency ?? 10
    const reports = yield* Mailbox.make<CallReport>()
    let onSlots = () => {}

    // Runs members and all that outlives a message; its fibers end with the scope.
    const fibers = yield* FiberSet.make<void>()
    const fork = yield* Effect.interruptible(FiberSet.runtime(fibers)())

    const assignments = new Assignments(concurrency, options.maxActions ?? Infinity, {
      report: (all) => reports.unsafeOfferAll(all),
      worn: (member) => lives.replace(member),
      leaving: (member) => lives.leave(member),
      eased: (member) => lives.eased(member),
      learned: (name) => lives.prepare(name)
    })
    const { members } = assignments
    const lives = yield* Lives.make({
      assignments,
      workers: options.workers,
      spares: options.spares ?? 0,
      grace: Duration.decode(options.grace ?? "5 seconds"),
      interruptGrace: Duration.decode(options.interruptGrace ?? "10 seconds"),
      spawn: {
        env: options.env ?? {},
        stdout: options.stdout ?? "inherit",
        settings: {
          protocol: PROTOCOL_VERSION,
          projectRoot: options.projectRoot,
          userModules: options.userModules ?? [],
          manifest: options.manifest ?? null,
          maxValueLength: MAX_VALUE_LENGTH
        }
      },
      fork,
      onSlots: () => onSlots()
    })
    yield* Effect.addFinalizer(() =>
      Effect.zipRight(lives.end, Effect.sync(() => reports.unsafeDone(Exit.void)))
    )
    yield* lives.begin

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
          if (call.args.length <= MAX_VALUE_LENGTH) assignments.add(call)
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
        assignments.pump()
      },
      interrupt: (ids, reason) => {
        for (const [member, held] of assignments.interrupt(ids)) {
          fork(lives.enforce(member, held, reason))
          lives.eased(member)
        }
        assignments.pump()
      },
      reports
    })
    const processes = WorkerProcesses.of({
      list: () =>
        Array.from(members, ({ live, process, stage }) => ({
          pid: process.pid,
          busy: live.size,
          startedAt: process.startedAt,
          leaving: stage === "leaving" || stage === "stopping",
          spare: stage === "spare"
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
