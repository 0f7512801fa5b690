/**
 * A program as a value with the types of its workflow, and as an `Effect`.
 *
 * The Effect is the durable run itself: it needs the queue, the scheduler, the retry
 * schedules, the timeouts and the worker pool from its context, and replacing any of them
 * changes the run.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { globalValue } from "effect/GlobalValue"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as ProgramSource from "../client/ProgramSource.ts"
import * as RappelClient from "../client/RappelClient.ts"
import * as Dispatcher from "../dispatcher/Dispatcher.ts"
import { LocalDispatcher } from "../dispatcher/LocalDispatcher.ts"
import type { Queue } from "../queue/Queue.ts"
import type { QueueUnavailable, SchemaTooNew } from "../queue/QueueError.ts"
import type { RetrySchedules } from "../retry/RetrySchedules.ts"
import type { Timeouts } from "../retry/Timeouts.ts"
import type { Scheduler } from "../scheduler/Scheduler.ts"
import { WorkerPool } from "../worker/WorkerPool.ts"
import type { ProgramFile } from "./Program.ts"

/**
 * @since 0.1.0
 * @category models
 */
export interface ProgramGraph<Args extends ReadonlyArray<unknown>, A> {
  readonly file: ProgramFile
  /** Only in the types: what the workflow takes and returns. */
  readonly "~types"?: (...args: Args) => A
}

/** What a workflow value or class takes. */
export type WorkflowArgs<W> = W extends (...args: infer Args) => unknown ? Args
  : W extends new() => { run(...args: infer Args): unknown } ? Args
  : ReadonlyArray<unknown>

/** What a workflow value or class returns, awaited. */
export type WorkflowResult<W> = W extends (...args: ReadonlyArray<any>) => infer R ? Awaited<R>
  : W extends new() => { run(...args: ReadonlyArray<any>): infer R } ? Awaited<R>
  : unknown

/**
 * A graph with the types of workflow `W`, from its program or the program's JSON.
 *
 * @since 0.1.0
 * @category constructors
 */
export const of = <W>(
  program: ProgramFile | string
): ProgramGraph<WorkflowArgs<W>, WorkflowResult<W>> => ({
  file: typeof program === "string" ? JSON.parse(program) as ProgramFile : program
})

/** What a graph needs to run. */
export type Services = Queue | Scheduler | RetrySchedules | Timeouts | WorkerPool

interface Engine {
  users: number
  readonly scope: Scope.CloseableScope
  readonly client: Deferred.Deferred<RappelClient.RappelClient["Type"], EngineError>
}

/** Why a run can fail. */
export type ToEffectError = RappelClient.StartError | RappelClient.ResultError | SchemaTooNew

type EngineError = QueueUnavailable | SchemaTooNew

/** One dispatcher per pool, as a pool has one reader of its reports. */
const engines = globalValue(
  Symbol.for("@rappel/core/program/ProgramGraph/engines"),
  () => new WeakMap<WorkerPool["Type"], Engine>()
)

const layerClient = Layer.provide(
  RappelClient.layer,
  Layer.sync(ProgramSource.ProgramSource, () => ProgramSource.make({}))
)

/** Claims nothing, as others may run in the same queue, and so must keep what it has. */
const layerOwnDispatcher = Layer.provide(
  layerClient,
  Dispatcher.layer({ claimBatch: 0, parkAfterMillis: Infinity })
)

const enter = (pool: WorkerPool["Type"]): Effect.Effect<Engine, never, Services> =>
  Effect.gen(function*() {
    const running = engines.get(pool)
    if (running !== undefined) {
      running.users++
      return running
    }
    const engine: Engine = {
      users: 1,
      scope: yield* Scope.make(),
      client: yield* Deferred.make<RappelClient.RappelClient["Type"], EngineError>()
    }
    engines.set(pool, engine)
    // A dispatcher in the context reads the pool's reports already.
    const given = yield* Effect.serviceOption(LocalDispatcher)
    const layer: Layer.Layer<RappelClient.RappelClient, EngineError, Services> =
      Option.isSome(given) ? layerClient : layerOwnDispatcher
    // Not by this fiber: what it forks here could not be interrupted, and others wait too.
    yield* Layer.buildWithScope(layer, engine.scope).pipe(
      Effect.map(Context.get(RappelClient.RappelClient)),
      Effect.interruptible,
      Effect.intoDeferred(engine.client),
      Effect.forkDaemon
    )
    return engine
  })

const leave = (pool: WorkerPool["Type"], engine: Engine): Effect.Effect<void> =>
  Effect.suspend(() => {
    engine.users--
    if (engine.users > 0) return Effect.void
    if (engines.get(pool) === engine) engines.delete(pool)
    return Scope.close(engine.scope, Exit.void)
  })

/**
 * The effect that a program is: starts an instance on the queue, runs it with a dispatcher
 * of its own, and answers what the workflow returned.
 *
 * It is not a second way to run: queue, scheduler, retry schedules, timeouts and worker pool
 * are what it needs and nothing else. Runs of the same pool share a dispatcher, which lives
 * as long as one of them. When a run is interrupted, its instance stays in the queue.
 *
 * **Errors** `WorkflowFailure` with the workflow's own error as its cause; the other cases
 * are those of starting and awaiting.
 *
 * @since 0.1.0
 * @category running
 */
export function toEffect<Args extends ReadonlyArray<unknown>, A>(
  graph: ProgramGraph<Args, A>
): (...args: Args) => Effect.Effect<A, ToEffectError, Services>
export function toEffect(
  file: ProgramFile
): (...args: ReadonlyArray<unknown>) => Effect.Effect<unknown, ToEffectError, Services>
export function toEffect(
  what: ProgramGraph<ReadonlyArray<unknown>, unknown> | ProgramFile
): (...args: ReadonlyArray<unknown>) => Effect.Effect<unknown, ToEffectError, Services> {
  const file = "file" in what ? what.file : what
  const execute = (engine: Engine, args: ReadonlyArray<unknown>) =>
    Effect.flatMap(
      Deferred.await(engine.client),
      (client) => client.execute({ kind: "program", file }, args)
    )
  return (...args) =>
    Effect.flatMap(WorkerPool, (pool) =>
      Effect.acquireUseRelease(
        enter(pool),
        (engine) => execute(engine, args),
        (engine) => leave(pool, engine)
      ))
}
