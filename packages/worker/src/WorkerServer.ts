/**
 * The worker's side of `WorkerProtocol`: executes what is submitted and tells what came of it.
 *
 * @since 0.1.0
 */
import * as RpcServer from "@effect/rpc/RpcServer"
import type { ActionSource } from "@rappel/core/worker/ActionSource"
import { type Execution, makeExecutor } from "@rappel/core/worker/execute"
import type { CallRequest } from "@rappel/core/worker/WorkerPool"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { Duplex } from "node:stream"
import * as ActionModules from "./ActionModules.ts"
import { decodeCalls } from "./Batches.ts"
import * as Heartbeats from "./Heartbeats.ts"
import * as Outbox from "./Outbox.ts"
import { serverProtocol } from "./Wire.ts"
import { PROTOCOL_VERSION, WorkerNotReady, WorkerRpcs } from "./WorkerProtocol.ts"

/** What aborted actions get to come to an end, once the grace of a drain is over. */
const ABORT_MILLIS = 1000

export interface WorkerServer {
  /** Waits for the pool to ask for the end, and answers the grace that it gives. */
  readonly asked: Effect.Effect<number>
  /** Asks the pool to give no more calls, and then to ask for the end. */
  readonly leave: Effect.Effect<void>
  /** Ends when the pool is gone. */
  readonly closed: Effect.Effect<void>
  /** Waits for what runs within the grace, aborts the rest and delivers what there is to tell. */
  readonly finish: (graceMillis: number) => Effect.Effect<void>
  /** Aborts everything: nobody waits for it any more. */
  readonly abort: (reason: string) => void
  /** Delivers what there is to tell, as far as the pool still listens. */
  readonly flush: Effect.Effect<void>
}

/**
 * Serves one pool over a duplex stream, until the scope closes.
 *
 * @category constructors
 */
export const make = (
  duplex: Duplex,
  prepare: () => Promise<unknown>
): Effect.Effect<WorkerServer, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const runtime = yield* Effect.interruptible(Effect.runtime<never>())
    const { closed, protocol, wire } = yield* serverProtocol(
      duplex,
      (body) => submit(decodeCalls(body))
    )
    const outbox = Outbox.make(wire)
    const heartbeats = Heartbeats.make(outbox.put)
    const asked = yield* Deferred.make<number>()
    const running = new Map<number, Execution>()
    /** Interrupted, but not at their end. */
    const unreleased = new Set<number>()
    const idle = new Set<() => void>()
    let start: ReturnType<typeof makeExecutor> | undefined
    let find: ActionSource["Type"]["resolve"] | undefined

    const whenIdle = Effect.async<void>((resume) => {
      const done = () => resume(Effect.void)
      if (running.size === 0) return done()
      idle.add(done)
      return Effect.sync(() => idle.delete(done))
    })

    const left = () => {
      if (running.size > 0) return
      for (const done of idle) done()
      idle.clear()
    }

    const interrupt = (ids: Iterable<number>, reason: string) => {
      for (const id of ids) {
        const execution = running.get(id)
        running.delete(id)
        if (execution === undefined) outbox.put({ kind: "released", id })
        else {
          unreleased.add(id)
          execution.interrupt(reason)
        }
      }
      left()
    }

    /** The pool gives calls once `Hello` was answered. */
    const submit = (calls: ReadonlyArray<CallRequest>) => {
      for (const call of calls) running.set(call.id, start!(call))
    }

    const handlers = WorkerRpcs.toLayer({
      Hello: (settings) =>
        Effect.gen(function*() {
          if (settings.protocol !== PROTOCOL_VERSION) {
            return yield* new WorkerNotReady({
              reason: `The pool speaks version ${settings.protocol} of the worker protocol, ` +
                `rappel-worker version ${PROTOCOL_VERSION}; install the same release of both`
            })
          }
          const source = yield* Scope.extend(ActionModules.make({ ...settings, prepare }), scope)
          // Calls are there soon, and their modules with them; the pool need not wait for it.
          yield* Effect.forkIn(Effect.ignore(Effect.tryPromise(prepare)), scope)
          find = source.resolve
          start = makeExecutor({
            source,
            runtime,
            now: () => performance.now(),
            maxValueLength: settings.maxValueLength
          }, {
            report: (report) => {
              if (report.kind === "heartbeat") return heartbeats.put(report)
              running.delete(report.id)
              heartbeats.flush(report.id)
              if (running.size > 0) return outbox.put(report)
              outbox.putLast(report)
              left()
            },
            ended: (id) => {
              if (unreleased.delete(id)) outbox.put({ kind: "released", id })
            }
          })
          return { pid: process.pid, node: process.version }
        }),
      Prepare: ({ name }) => Effect.asVoid(Effect.forkIn(Effect.ignore(find!(name)), scope)),
      Interrupt: ({ ids, reason }) => Effect.sync(() => interrupt(ids, reason)),
      Drain: ({ graceMillis }) => Effect.asVoid(Deferred.succeed(asked, graceMillis))
    })

    yield* RpcServer.make(WorkerRpcs, { disableTracing: true, disableFatalDefects: true }).pipe(
      Effect.provideService(RpcServer.Protocol, protocol),
      Effect.provide(handlers),
      Effect.forkScoped
    )

    const abort = (reason: string) => interrupt(Array.from(running.keys()), reason)
    const flush = Effect.raceFirst(outbox.flush, closed)

    return {
      asked: Deferred.await(asked),
      leave: Effect.sync(() => outbox.put({ kind: "leaving" })),
      closed,
      abort,
      flush,
      finish: (graceMillis) =>
        Effect.gen(function*() {
          yield* Effect.timeoutOption(whenIdle, graceMillis)
          const late = running.size > 0
          abort("shutdown")
          // Cleaning up takes turns of the event loop, and nobody tells when it is done.
          if (late) yield* Effect.sleep(ABORT_MILLIS)
          yield* Effect.timeoutOption(flush, ABORT_MILLIS)
        })
    }
  })
