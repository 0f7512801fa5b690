/**
 * Starts instances of workflows and awaits their results.
 *
 * A client runs no step and no action: it writes what is to be run and reads what became
 * of it. Several clients may await the same instance, also after the one that started it
 * is gone.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { Entropy, seed, uuidNow, uuidv7 } from "../entropy/Entropy.ts"
import type { ProgramFile } from "../program/Program.ts"
import {
  type InstanceFilter,
  type InstanceRecord,
  Queue,
  type Started,
  type StartRequest,
  type StoredEvent
} from "../queue/Queue.ts"
import { KeyTaken, QueueUnavailable } from "../queue/QueueError.ts"
import type { Repairs } from "../repair/Repaired.ts"
import { make as makeRepairs } from "../repair/Repairs.ts"
import { make as makeRecorder, type Recorder } from "../replay/Recorder.ts"
import { within } from "../value/limits.ts"
import { encodeValue } from "../value/Value.ts"
import type { Signal, SignalSchemaMismatch, Update } from "../workflow/Signal.ts"
import { type CallCounts, callCounts } from "./callCounts.ts"
import { hostOfArguments } from "./classes.ts"
import {
  ArgumentsNotStorable,
  type InstanceFinished,
  type InstanceNotFound,
  InvalidStartOption,
  type ProgramError,
  ProgramNotFound,
  type UpdateRejected
} from "./ClientError.ts"
import * as Messages from "./Messages.ts"
import { type ProgramRef, ProgramSource } from "./ProgramSource.ts"
import { recordOf } from "./recordOf.ts"
import { make as makeResults, type OnResult, type ResultError } from "./Results.ts"
import * as ScheduleClient from "./ScheduleClient.ts"
import * as Starter from "./Starter.ts"
import { type StartOptions, termsOf } from "./StartOptions.ts"
import type { Transaction } from "./Transaction.ts"
import * as Waiter from "./Waiter.ts"

export type { OnResult, ResultError } from "./Results.ts"

/** In one call of `startMany`; they travel to the database in one piece. */
export const MOST_STARTS = 20_000

/** What is started: a workflow of this process, a program, or the newest program of a name. */
export type Startable =
  | ProgramRef
  | { readonly kind: "program"; readonly file: ProgramFile }
  | { readonly kind: "name"; readonly name: string }

/** One of many starts of the same workflow. */
export interface StartItem {
  readonly args: ReadonlyArray<unknown>
  readonly options?: StartOptions
}

/** Why a start can fail. */
export type StartError =
  | ProgramError
  | ArgumentsNotStorable
  | InvalidStartOption
  | QueueUnavailable
  | KeyTaken

/** A channel by its declaration, or by its name alone. */
export type Channel = Signal<any> | Update<any, any> | string

export interface SignalOptions {
  /** A UUID that names this message; made up when absent. */
  readonly messageId?: string
}

/** Why a message cannot be delivered. */
export type MessageError = InstanceNotFound | InstanceFinished | QueueUnavailable

export type SignalError = MessageError | SignalSchemaMismatch | ArgumentsNotStorable

/**
 * @since 0.1.0
 * @category services
 */
export class RappelClient extends Context.Tag("@rappel/core/client/RappelClient")<RappelClient, {
  /** Stores an instance and answers its id; repeating it after a failure is safe with an id or key. */
  readonly start: (
    what: Startable,
    args: ReadonlyArray<unknown>,
    options?: StartOptions
  ) => Effect.Effect<string, StartError>
  /**
   * Stores many instances with one statement, all or none, and answers their ids in order. At most
   * `MOST_STARTS` at once.
   */
  readonly startMany: (
    what: Startable,
    items: ReadonlyArray<StartItem>
  ) => Effect.Effect<ReadonlyArray<string>, StartError>
  /**
   * Stores an instance in a transaction of the caller's own and answers its id. It is not run
   * before that commits; a failure of `KeyTaken` leaves the transaction as it was.
   */
  readonly startIn: (
    tx: Transaction,
    what: Startable,
    args: ReadonlyArray<unknown>,
    options?: StartOptions
  ) => Effect.Effect<string, StartError>
  /** Awaits what an instance returned; an unknown id fails at once. */
  readonly result: (id: string) => Effect.Effect<unknown, ResultError>
  /**
   * Awaits what many returned, and tells of each when it has ended, with its index in the list:
   * one fiber for all. Ends when all were told; what the callback throws is a defect.
   */
  readonly results: (
    ids: ReadonlyArray<string>,
    onResult: OnResult
  ) => Effect.Effect<void>
  /** Awaits the end of an instance, completed or failed, without decoding its outcome. */
  readonly finished: (
    id: string
  ) => Effect.Effect<InstanceRecord, InstanceNotFound | QueueUnavailable>
  /** Starts and awaits. Interrupting it leaves the instance running. */
  readonly execute: (
    what: Startable,
    args: ReadonlyArray<unknown>,
    options?: StartOptions
  ) => Effect.Effect<unknown, StartError | ResultError>
  readonly find: (
    id: string
  ) => Effect.Effect<InstanceRecord, InstanceNotFound | QueueUnavailable>
  /** Newest first. */
  readonly list: (
    filter: InstanceFilter
  ) => Effect.Effect<ReadonlyArray<InstanceRecord>, QueueUnavailable>
  readonly history: (id: string) => Effect.Effect<ReadonlyArray<StoredEvent>, QueueUnavailable>
  /** The calls of which an execution failed, timed out or was lost, with a count of each. */
  readonly calls: (id: string) => Effect.Effect<ReadonlyArray<CallCounts>, QueueUnavailable>
  /**
   * Asks an instance to cancel: what it waits for then is rejected with `Cancelled`, and its
   * `catch` and `finally` run durably. Asking again changes nothing.
   */
  readonly cancel: (id: string, reason?: string) => Effect.Effect<void, MessageError>
  /** Ends an instance, also one that is set aside, without running its code any further. */
  readonly terminate: (id: string, reason?: string) => Effect.Effect<void, MessageError>
  /** Delivers a value once, also when sending it is repeated with the same `messageId`. */
  readonly signal: (
    id: string,
    channel: Channel,
    value: unknown,
    options?: SignalOptions
  ) => Effect.Effect<void, SignalError>
  /** Delivers a value and awaits what the workflow answers; `UpdateRejected` has what it threw. */
  readonly update: (
    id: string,
    channel: Channel,
    value: unknown,
    options?: SignalOptions
  ) => Effect.Effect<unknown, SignalError | UpdateRejected>
  /** What the instance shows of itself with `publish`, by name. */
  readonly published: (
    id: string
  ) => Effect.Effect<Readonly<Record<string, unknown>>, InstanceNotFound | QueueUnavailable>
  /** Lets instances go on that were set aside, and answers which of these were. */
  readonly resume: (
    ids: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlySet<string>, QueueUnavailable>
  readonly schedules: ScheduleClient.ScheduleClient<Startable>
  /** Lets failed instances go on, and makes new ones of those that have finished. */
  readonly repairs: Repairs
  /** An instance as one file; of a live one, what is stored of it so far. */
  readonly record: Recorder["record"]
  /** What an instance waits for at this moment, at which lines, with which variables. */
  readonly look: Recorder["look"]
  /** The program that a start would use. */
  readonly programOf: (ref: ProgramRef) => Effect.Effect<ProgramFile, ProgramError>
}>() {}

const make: Effect.Effect<
  RappelClient["Type"],
  never,
  Queue | ProgramSource | Scope.Scope
> = Effect.gen(function*() {
  const queue = yield* Queue
  const programs = yield* ProgramSource
  const entropy = yield* Entropy
  const starter = yield* Starter.make
  const waiter = yield* Waiter.make
  /** Programs that were started here, for the classes of their results. */
  const known = new Map<string, ProgramFile>()
  const { ended, results, valueOf } = yield* makeResults({
    waiter,
    localOf: (hash) => {
      const file = known.get(hash)
      const root = programs.rootOf(hash)
      return file === undefined || root === undefined ? undefined : { file, root }
    }
  })

  const resolve = (
    what: Startable
  ): Effect.Effect<
    { readonly name: string; readonly hash: string; readonly file: ProgramFile | undefined },
    ProgramError | QueueUnavailable
  > => {
    if (what.kind === "name") {
      const { name } = what
      return Effect.flatMap(queue.newestProgram(name), (hash) =>
        Option.isSome(hash)
          ? Effect.succeed({ name, hash: hash.value, file: undefined })
          : Effect.fail(
            new ProgramNotFound({
              workflow: name,
              reason: "no program of that name was ever stored"
            })
          ))
    }
    const file = what.kind === "program" ? Effect.succeed(what.file) : programs.programOf(what)
    return Effect.map(file, (file) => {
      known.set(file.hash, file)
      return { name: file.program.name, hash: file.hash, file }
    })
  }

  /** Throws `ArgumentsNotStorable`. */
  const encoded = (name: string, args: ReadonlyArray<unknown>): string => {
    try {
      return within("They", encodeValue(args, hostOfArguments))
    } catch (cause) {
      throw new ArgumentsNotStorable({ workflow: name, cause })
    }
  }

  const encode = (name: string, args: ReadonlyArray<unknown>) =>
    Effect.try({
      try: () => encoded(name, args),
      catch: (error) => error as ArgumentsNotStorable
    })

  const newId = uuidNow(entropy)

  /** All in one step: thousands may be started at once. */
  const requestsOf = (
    { hash, name }: { readonly name: string; readonly hash: string },
    items: ReadonlyArray<StartItem>
  ): Effect.Effect<ReadonlyArray<StartRequest>, ArgumentsNotStorable | InvalidStartOption> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.try({
        try: () =>
          items.map(({ args, options }) => ({
            id: options?.id ?? uuidv7(entropy, now),
            name,
            program: hash,
            ...(options === undefined ? undefined : termsOf(options)),
            input: encoded(name, args),
            seed: seed(entropy)
          })),
        catch: (error) => error as ArgumentsNotStorable | InvalidStartOption
      }))

  interface Prepared {
    readonly request: StartRequest
    readonly file: ProgramFile | undefined
  }

  const prepare = (
    what: Startable,
    args: ReadonlyArray<unknown>,
    options: StartOptions
  ): Effect.Effect<Prepared, StartError> =>
    Effect.flatMap(resolve(what), (program) =>
      Effect.map(
        requestsOf(program, [{ args, options }]),
        ([request]) => ({ request: request!, file: program.file })
      ))

  const begin = ({ file, request }: Prepared): Effect.Effect<Started, StartError> =>
    Effect.async((resume) => starter.start(request, file, resume))

  /** In one step of a fiber: as several, they cost more than all else that a client does. */
  const beginAndEnd = (
    { file, request }: Prepared
  ): Effect.Effect<Waiter.End, StartError | ResultError> =>
    Effect.async((resume) => {
      const wait = waiter.expect(request.id)
      starter.start(request, file, (stored) => {
        if (Exit.isSuccess(stored) && stored.value.id === request.id) {
          // One that was there already may have finished before this wait began.
          wait.confirm(!stored.value.created)
          wait.onEnd(resume)
        } else {
          wait.release()
          resume(Effect.flatMap(stored, ({ id }) => ended(id)))
        }
      })
      return Effect.sync(wait.release)
    })

  const result = (id: string) => Effect.flatMap(ended(id), (record) => valueOf(record))

  const repairs = yield* makeRepairs
  const schedules = yield* ScheduleClient.make<Startable>({ resolve, encode })

  return RappelClient.of({
    start: (what, args, options = {}) =>
      Effect.map(Effect.flatMap(prepare(what, args, options), begin), ({ id }) => id),
    startMany: (what, items) =>
      Effect.gen(function*() {
        if (items.length > MOST_STARTS) {
          return yield* new InvalidStartOption({
            option: "startMany",
            reason: `${items.length} starts are too many for one call; give at most ${MOST_STARTS}`
          })
        }
        const program = yield* resolve(what)
        const requests = yield* requestsOf(program, items)
        const started = yield* starter.startMany(requests, program.file)
        return started.map(({ id }) => id)
      }),
    startIn: (tx, what, args, options = {}) =>
      Effect.gen(function*() {
        const { file, request } = yield* prepare(what, args, options)
        const started = yield* Effect.tryPromise({
          try: () => tx.start(request, file, options.notify === true),
          catch: (cause) =>
            new QueueUnavailable({
              operation: "start an instance in this transaction",
              retryable: false,
              cause
            })
        })
        if (started.sameInput) return started.id
        const { key = "", name } = request
        return yield* new KeyTaken({ name, key, instanceId: started.id })
      }),
    result,
    results,
    finished: (id) => Effect.zipRight(ended(id), recordOf(queue, id)),
    execute: (what, args, options = {}) =>
      Effect.flatMap(
        Effect.flatMap(prepare(what, args, options), beginAndEnd),
        (record) => valueOf(record)
      ),
    find: (id) => recordOf(queue, id),
    list: queue.list,
    calls: (id) => Effect.map(queue.history(id), callCounts),
    history: queue.history,
    ...Messages.make({ queue, newId, decode: valueOf }),
    resume: queue.resume,
    schedules,
    repairs,
    ...makeRecorder(queue),
    programOf: programs.programOf
  })
})

/**
 * A client over a queue. When a dispatcher lives in the same process and stands in the
 * context, starts are claimed for it at once.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<RappelClient, never, Queue | ProgramSource> = Layer.scoped(
  RappelClient,
  make
)
