/**
 * Executes calls in this process: for tests, and where one process is all there should be.
 *
 * Arguments and outcomes are encoded and decoded as on the way to another process, so an
 * action shares no object with its workflow, and what could not travel fails here too.
 * An action that blocks the event loop blocks the dispatcher; worker processes do not.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import type { ActionInfo } from "../action/Action.ts"
import { actionInfo, type ActionName, ActionSource, layerRegistry } from "./ActionSource.ts"
import { type Execution, makeExecutor } from "./execute.ts"
import { UnknownAction } from "./WorkerError.ts"
import { type CallReport, type CallRequest, WorkerPool } from "./WorkerPool.ts"

/** As many as one worker process runs by default. */
const DEFAULT_SLOTS = 10

export interface InlineOptions {
  /** Executions at the same time; 10 unless given. */
  readonly slots?: number
  /**
   * The action or function of a call, for tests that replace actions. Where it answers
   * `undefined`, and without it, the `ActionSource` in context is asked, else the registry.
   */
  readonly resolve?: (name: ActionName) => unknown
}

const makeSource = (options: InlineOptions): Effect.Effect<ActionSource["Type"]> =>
  Effect.gen(function*() {
    const given = yield* Effect.serviceOption(ActionSource)
    const source = Option.isSome(given)
      ? given.value
      : yield* Effect.provide(ActionSource, layerRegistry)
    const { resolve } = options
    if (resolve === undefined) return source
    return ActionSource.of({
      ...source,
      resolve: (name): Effect.Effect<ActionInfo, UnknownAction> => {
        const replacement = resolve(name)
        if (replacement === undefined) return source.resolve(name)
        const info = actionInfo(replacement, name.action)
        return info !== undefined
          ? Effect.succeed(info)
          : Effect.fail(
            new UnknownAction(name, "what replaces it is neither an action nor a function")
          )
      }
    })
  })

/**
 * A pool whose workers are this process. Waits follow the `Clock` that the layer is built
 * under, so `TestClock` moves them.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerInline = (options: InlineOptions = {}): Layer.Layer<WorkerPool> =>
  Layer.scoped(
    WorkerPool,
    Effect.gen(function*() {
      const slots = options.slots ?? DEFAULT_SLOTS
      const source = yield* makeSource(options)
      const clock = yield* Effect.clock
      const start = makeExecutor({
        source,
        // A layer may be built where nothing can be interrupted; actions can be.
        runtime: yield* Effect.interruptible(Effect.runtime<never>()),
        now: () => clock.unsafeCurrentTimeMillis()
      }, {
        report: (report) => {
          reports.unsafeOffer(report)
          if (report.kind === "heartbeat") return
          running.delete(report.id)
          pump()
        },
        ended: () => {}
      })
      const reports = yield* Mailbox.make<CallReport>()
      // A map keeps the order of arrival, and lets an interrupted call leave from the middle.
      const waiting = new Map<number, CallRequest>()
      const running = new Map<number, Execution>()

      const pump = () => {
        for (const [id, call] of waiting) {
          if (running.size >= slots) return
          waiting.delete(id)
          running.set(id, start(call))
        }
      }

      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          for (const id of [...running.keys(), ...waiting.keys()]) {
            reports.unsafeOffer({ id, kind: "lost", reason: "the pool closed" })
          }
          for (const execution of running.values()) execution.interrupt("shutdown")
          running.clear()
          waiting.clear()
          reports.unsafeDone(Exit.void)
        })
      )

      return WorkerPool.of({
        slots: () => slots,
        submit: (calls) => {
          for (const call of calls) waiting.set(call.id, call)
          pump()
        },
        interrupt: (ids, reason) => {
          for (const id of ids) {
            waiting.delete(id)
            running.get(id)?.interrupt(reason)
            running.delete(id)
          }
          pump()
        },
        reports
      })
    })
  )
