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
import { classesIn, decodeValue, encodeError, encodeValue } from "../value/Value.ts"
import type { ActionSource } from "./ActionSource.ts"
import { type CurrentCall, enterCall, ExecutingCall } from "./CurrentCall.ts"
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

/** What is told of executions. */
export interface Listener {
  /** Called for each heartbeat, and once at the end, unless the execution was interrupted before. */
  readonly report: (report: CallReport) => void
  /** Called once, when the function has really come to its end. */
  readonly ended: (id: number) => void
}

/**
 * Starts executions, and tells what comes of them later, never before it has answered.
 *
 * @category running
 */
export const makeExecutor =
  (options: ExecutorOptions, listener: Listener) => (call: CallRequest): Execution => {
    const running = new Running(options, listener, call)
    running.start()
    return running
  }

/**
 * One execution. What an action may ask for is made when it does: most ask for nothing. No
 * promise is made that is not needed, as each costs a turn, and what follows calls through
 * `await`s looks at every one.
 */
class Running implements Execution {
  readonly call: CallRequest
  private readonly options: ExecutorOptions
  private readonly listener: Listener
  private readonly startedAt: number
  private controller: AbortControllerLike | undefined
  private fiber: Fiber.RuntimeFiber<unknown, unknown> | undefined
  private interrupted: string | undefined
  private isEnded = false
  /** The value that a transactional action has ended with. */
  private settled: string | undefined

  constructor(options: ExecutorOptions, listener: Listener, call: CallRequest) {
    this.options = options
    this.listener = listener
    this.call = call
    this.startedAt = options.now()
  }

  start(): void {
    this.execute().then(
      (value) => this.end(this.success(value)),
      (thrown: unknown) => this.end(this.failure(thrown))
    )
  }

  interrupt(reason: string): void {
    if (this.interrupted !== undefined) return
    this.interrupted = reason
    this.abort(reason)
    this.fiber?.unsafeInterruptAsFork(this.fiber.id())
  }

  private execute(): Promise<unknown> {
    const found = this.options.source.resolve(this.call)
    if (!Exit.isExit(found) || Exit.isFailure(found)) return this.executeLater(found)
    try {
      const args = this.decodeNow()
      return args === undefined
        ? this.executeLater(found)
        : this.invoke(found.value as ActionInfo, args)
    } catch (refused) {
      return Promise.reject(refused)
    }
  }

  /** The action, or classes of its arguments, have to be looked for. */
  private async executeLater(found: Effect.Effect<ActionInfo, UnknownAction>): Promise<unknown> {
    const { runtime, source } = this.options
    const exit = await Runtime.runPromiseExit(runtime)(found)
    if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
    let args = this.decodeNow()
    if (args === undefined) {
      const classes = classesIn(this.call.args)
      await Runtime.runPromise(runtime)(source.load!(this.call, classes))
      args = this.argumentsOf(decodeValue(this.call.args, source.values))
    }
    if (this.interrupted !== undefined) throw new CallInterrupted("The call was interrupted")
    return await this.invoke(exit.value, args)
  }

  /** Undefined when they name classes that are not loaded: most arguments name none. */
  private decodeNow(): ReadonlyArray<unknown> | undefined {
    const { source } = this.options
    const text = this.bounded("The arguments", this.call.args)
    let isComplete = true
    try {
      return this.argumentsOf(decodeValue(text, {
        classOf: source.values.classOf,
        prototypeOf: (ref) => {
          const prototype = source.values.prototypeOf(ref)
          if (prototype === undefined) isComplete = false
          return prototype
        }
      }))
    } catch (refused) {
      if (isComplete || source.load === undefined) throw refused
      return undefined
    }
  }

  private argumentsOf(args: unknown): ReadonlyArray<unknown> {
    if (Array.isArray(args)) return args
    throw new TypeError(`The arguments of action ${this.call.action} are no array`)
  }

  private invoke(action: ActionInfo, args: ReadonlyArray<unknown>): Promise<unknown> {
    const current = new Current(this)
    return invoke(action, args, {
      runEffect: (effect) => this.runEffect(effect, current),
      enter: (body) => enterCall(current, body)
    })
  }

  private runEffect(
    effect: Effect.Effect<unknown, unknown>,
    current: CurrentCall
  ): Promise<Exit.Exit<unknown, unknown>> {
    const { runtime } = this.options
    return new Promise((resolve) => {
      // A scheduler of its own: a shared one runs fibers of several calls in one task, and
      // then `currentCall()` would answer for another.
      const fiber = enterCall(
        current,
        () =>
          Runtime.runFork(runtime, Effect.provideService(effect, ExecutingCall, current), {
            scheduler: new MixedScheduler(2048)
          })
      )
      this.fiber = fiber
      fiber.addObserver(resolve)
      if (this.interrupted !== undefined) fiber.unsafeInterruptAsFork(fiber.id())
    })
  }

  private success(value: unknown): CallReport {
    const { call } = this
    try {
      if (call.transactional === true && this.settled === undefined) {
        throw new TypeError(neverSettled(call.action))
      }
      const text = this.settled ??
        this.bounded("The result", encodeValue(value, this.options.source.values))
      return { id: call.id, kind: "succeeded", value: text, millis: this.millis() }
    } catch (refused) {
      return this.failure(refused)
    }
  }

  private failure(thrown: unknown): CallReport {
    const { id } = this.call
    let error: string
    try {
      error = this.bounded("The error", encodeError(thrown, this.options.source.values))
    } catch (refused) {
      error = encodeError(refused)
    }
    return { id, kind: "failed", error, millis: this.millis() }
  }

  private end(report: CallReport): void {
    this.isEnded = true
    if (this.interrupted === undefined) this.listener.report(report)
    this.listener.ended(this.call.id)
  }

  private millis(): number {
    return this.options.now() - this.startedAt
  }

  private bounded(what: string, text: string): string {
    const { maxValueLength = MAX_VALUE_LENGTH } = this.options
    return text.length <= maxValueLength
      ? text
      : within(`${what} of action ${this.call.action}`, text, maxValueLength)
  }

  private abort(reason: string): void {
    this.controller?.abort(new CallInterrupted(`The call was interrupted: ${reason}`))
  }

  signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController()
      if (this.interrupted !== undefined) this.abort(this.interrupted)
    }
    return this.controller.signal
  }

  details(): unknown {
    const { details } = this.call
    return details === undefined ? undefined : decodeValue(details, this.options.source.values)
  }

  heartbeat(details: unknown): void {
    const encoded = encodeValue(details, this.options.source.values)
    const text = this.bounded("The details of a heartbeat", encoded)
    if (this.interrupted !== undefined || this.isEnded) return
    this.listener.report({ id: this.call.id, kind: "heartbeat", details: text })
  }

  async settle(tx: Transaction, value: unknown): Promise<void> {
    const { action, slot, transactional } = this.call
    if (transactional !== true) throw new TypeError(notTransactional(action))
    if (this.settled !== undefined) {
      throw new TypeError(`Action ${action} has called settleIn(tx, value) twice`)
    }
    const text = this.bounded("The result", encodeValue(value, this.options.source.values))
    this.settled = text
    if (slot !== undefined && !(await tx.settle(slot, `+${text}`))) throw new AttemptOver()
  }
}

/** What an action sees of its execution. */
class Current implements CurrentCall {
  readonly instanceId: string
  readonly effect: number
  readonly attempt: number
  readonly #running: Running

  constructor(running: Running) {
    const { attempt, effect, instanceId } = running.call
    this.instanceId = instanceId
    this.effect = effect
    this.attempt = attempt
    this.#running = running
  }

  get signal(): AbortSignal {
    return this.#running.signal()
  }

  get details(): unknown {
    return this.#running.details()
  }

  get heartbeat(): CurrentCall["heartbeat"] {
    return (details) => this.#running.heartbeat(details)
  }

  get settle(): NonNullable<CurrentCall["settle"]> {
    return (tx, value) => this.#running.settle(tx, value)
  }
}
