/**
 * Executes calls in this process: finds the function, decodes the arguments, runs it, and
 * encodes what came of it. The inline pool and the worker processes share this.
 *
 * A call costs no fiber unless its action returns an Effect; forking one would take longer
 * than everything else here.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import { MixedScheduler } from "effect/Scheduler"
import type { ActionInfo } from "../action/Action.ts"
import { invoke } from "../action/invoke.ts"
import { AttemptOver } from "../action/settleIn.ts"
import type { Transaction } from "../client/Transaction.ts"
import { MAX_VALUE_LENGTH, within } from "../value/limits.ts"
import { classesIn, decodeValue, encodeError, encodeValue, type ValueHost } from "../value/Value.ts"
import type { ActionSource } from "./ActionSource.ts"
import { enterCall, ExecutingCall } from "./CurrentCall.ts"
import type { UnknownAction } from "./WorkerError.ts"
import type { CallReport, CallRequest } from "./WorkerPool.ts"

export interface ExecutorOptions {
  readonly source: ActionSource["Type"]
  /** Where Effects that actions return are run. */
  readonly runtime: Runtime.Runtime<never>
  /** Milliseconds, for the duration in reports. */
  readonly now: () => number
  readonly maxValueLength?: number
}

/** One execution that has not ended. */
export interface Execution {
  /** Fires the AbortSignal and interrupts a running Effect; nothing is reported after. */
  readonly interrupt: (reason: string) => void
}

interface AbortControllerLike {
  readonly signal: AbortSignal
  readonly abort: (reason: unknown) => void
}

const { AbortController } = globalThis as unknown as {
  readonly AbortController: new() => AbortControllerLike
}

const notTransactional = (action: string): string =>
  `Action ${action} calls settleIn(tx, value), but is not declared as transactional: ` +
  "action({ transactional: true }, …)"

const neverSettled = (action: string): string =>
  `Action ${action} is transactional, and ended without settleIn(tx, value): its work may be ` +
  "committed, and would be done again. Call it last in the transaction"

/** The `reason` of a signal that has fired, named like the platform's own. */
class CallInterrupted extends Error {
  override readonly name = "AbortError"
}

/**
 * Starts executions. `report` is called for each heartbeat, and once at the end, unless the
 * execution was interrupted before;
 * `ended` is called once, when the function has really come to its end.
 *
 * @category running
 */
export const makeExecutor = (options: ExecutorOptions) => {
  const { maxValueLength = MAX_VALUE_LENGTH, now, runtime, source } = options

  const bounded = (call: CallRequest, what: string, text: string): string =>
    within(`${what} of action ${call.action}`, text, maxValueLength)

  const decodeArguments = async (call: CallRequest): Promise<ReadonlyArray<unknown>> => {
    const text = bounded(call, "The arguments", call.args)
    let isComplete = true
    const host: ValueHost = {
      classOf: source.values.classOf,
      prototypeOf: (ref) => {
        const prototype = source.values.prototypeOf(ref)
        if (prototype === undefined) isComplete = false
        return prototype
      }
    }
    let args: unknown
    try {
      args = decodeValue(text, host)
    } catch (refused) {
      if (isComplete || source.load === undefined) throw refused
    }
    // Classes are looked for once something asks for them: most arguments name none.
    if (!isComplete && source.load !== undefined) {
      await Runtime.runPromise(runtime)(source.load(call, classesIn(text)))
      args = decodeValue(text, source.values)
    }
    if (!Array.isArray(args)) {
      throw new TypeError(`The arguments of action ${call.action} are no array`)
    }
    return args
  }

  return (
    call: CallRequest,
    report: (report: CallReport) => void,
    ended: () => void
  ): Execution => {
    const startedAt = now()
    let controller: AbortControllerLike | undefined
    let fiber: Fiber.RuntimeFiber<unknown, unknown> | undefined
    let interrupted: string | undefined
    let isEnded = false
    /** The value that a transactional action has ended with. */
    let settled: string | undefined

    const abort = (reason: string) => {
      controller?.abort(new CallInterrupted(`The call was interrupted: ${reason}`))
    }
    const current = {
      instanceId: call.instanceId,
      effect: call.effect,
      attempt: call.attempt,
      get details() {
        return call.details === undefined ? undefined : decodeValue(call.details, source.values)
      },
      heartbeat: (details: unknown) => {
        const text = bounded(
          call,
          "The details of a heartbeat",
          encodeValue(details, source.values)
        )
        if (interrupted === undefined && !isEnded) {
          report({ id: call.id, kind: "heartbeat", details: text })
        }
      },
      settle: async (tx: Transaction, value: unknown) => {
        if (call.transactional !== true) throw new TypeError(notTransactional(call.action))
        if (settled !== undefined) {
          throw new TypeError(`Action ${call.action} has called settleIn(tx, value) twice`)
        }
        const text = bounded(call, "The result", encodeValue(value, source.values))
        settled = text
        if (call.slot !== undefined && !(await tx.settle(call.slot, `+${text}`))) {
          throw new AttemptOver()
        }
      },
      // Most actions never ask for their signal.
      get signal() {
        if (controller === undefined) {
          controller = new AbortController()
          if (interrupted !== undefined) abort(interrupted)
        }
        return controller.signal
      }
    }

    const runEffect = (effect: Effect.Effect<unknown, unknown>) =>
      new Promise<Exit.Exit<unknown, unknown>>((resolve) => {
        // A scheduler of its own: a shared one runs fibers of several calls in one task, and
        // then `currentCall()` would answer for another.
        fiber = enterCall(
          current,
          () =>
            Runtime.runFork(runtime, Effect.provideService(effect, ExecutingCall, current), {
              scheduler: new MixedScheduler(2048)
            })
        )
        fiber.addObserver(resolve)
        if (interrupted !== undefined) fiber.unsafeInterruptAsFork(fiber.id())
      })

    const execute = async (): Promise<CallReport> => {
      try {
        const found = source.resolve(call)
        const exit = Exit.isExit(found)
          ? found as Exit.Exit<ActionInfo, UnknownAction>
          : await Runtime.runPromiseExit(runtime)(found)
        if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
        const args = await decodeArguments(call)
        if (interrupted !== undefined) throw new CallInterrupted("The call was interrupted")
        const value = await invoke(exit.value, args, {
          runEffect,
          enter: (body) => enterCall(current, body)
        })
        if (call.transactional === true && settled === undefined) {
          throw new TypeError(neverSettled(call.action))
        }
        const text = settled ?? bounded(call, "The result", encodeValue(value, source.values))
        return { id: call.id, kind: "succeeded", value: text, millis: now() - startedAt }
      } catch (thrown) {
        return { id: call.id, kind: "failed", error: failure(thrown), millis: now() - startedAt }
      }
    }

    const failure = (thrown: unknown): string => {
      try {
        return bounded(call, "The error", encodeError(thrown, source.values))
      } catch (refused) {
        return encodeError(refused)
      }
    }

    void execute().then((outcome) => {
      isEnded = true
      if (interrupted === undefined) report(outcome)
      ended()
    })

    return {
      interrupt: (reason) => {
        if (interrupted !== undefined) return
        interrupted = reason
        abort(reason)
        fiber?.unsafeInterruptAsFork(fiber.id())
      }
    }
  }
}
