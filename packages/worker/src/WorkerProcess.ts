/**
 * One worker process, as its pool sees it: started, spoken to, and brought to its end.
 *
 * @since 0.1.0
 */
import * as RpcClient from "@effect/rpc/RpcClient"
import type { CallRequest } from "@rappel/core/worker/WorkerPool"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { ChildProcess } from "node:child_process"
import type { Socket } from "node:net"
import { spawnWorker } from "../bin/spawn.mjs"
import { callFrames, decodeReports } from "./Batches.ts"
import * as ChildOutput from "./ChildOutput.ts"
import { clientProtocol } from "./Wire.ts"
import { type ActionName, type Settings, type WorkerReport, WorkerRpcs } from "./WorkerProtocol.ts"

/** What each step of the way out gets: aborting takes a second at most, delivering another. */
const LEAVE_GRACE = Duration.seconds(3)

export interface SpawnOptions {
  readonly settings: Settings
  /** Added to the environment of this process. */
  readonly env: Readonly<Record<string, string>>
  /** Where stdout of the workers goes: that of this process, or its stderr. */
  readonly stdout: "inherit" | "stderr"
}

/** It ended, or never got ready. `retryable` tells what a second start may mend. */
export class StartFailed extends Schema.TaggedError<StartFailed>(
  "@rappel/worker/WorkerProcess/StartFailed"
)("StartFailed", { reason: Schema.String, output: Schema.String, retryable: Schema.Boolean }) {}

export interface WorkerProcess {
  readonly pid: number
  readonly startedAt: number
  /** Waits for the end of the connection, after which there are no more reports. */
  readonly closed: Effect.Effect<void>
  readonly submit: (calls: ReadonlyArray<CallRequest>) => void
  /** Has it load an action that calls may ask for. */
  readonly prepare: (name: ActionName) => void
  /** Succeeds when the worker has taken notice. */
  readonly interrupt: (ids: ReadonlyArray<number>, reason: string) => Effect.Effect<void, unknown>
  /** Asks for the end, then insists: the grace, SIGTERM, SIGKILL. */
  readonly stop: (grace: Duration.Duration) => Effect.Effect<void>
  readonly kill: Effect.Effect<void>
  /** Waits for the end and says how it came: "was killed by SIGKILL", "exited with code 1". */
  readonly exited: Effect.Effect<string>
}

const describeExit = (code: number | null, signal: string | null): string =>
  signal !== null ? `was killed by ${signal}` : `exited with code ${code}`

/** stderr, the protocol, and the stream whose end is the end of this process. */
const streamsOf = ({ stdio }: ChildProcess) =>
  stdio.slice(2) as unknown as readonly [Socket, Socket, Socket]

/** Started before this module was loaded, for the first pool that can use it. */
let ahead: ChildProcess | undefined

/** Has the first pool of this process begin with a worker process that was started already. */
export const startedAhead = (child: ChildProcess): void => {
  ahead = child
}

/** The one that was started ahead, if it still runs and is what the pool would have started. */
const takeAhead = ({ env, stdout }: SpawnOptions): ChildProcess | undefined => {
  if (ahead === undefined || stdout === "stderr" || Object.keys(env).length > 0) return undefined
  const child = ahead
  ahead = undefined
  if (child.pid === undefined || (child.exitCode ?? child.signalCode) !== null) return undefined
  child.ref()
  for (const stream of streamsOf(child)) stream.ref()
  return child
}

/**
 * Starts a process and waits until it is ready; it is killed when the scope closes. It reports
 * nothing before it is ready.
 */
export const start = (
  options: SpawnOptions,
  limit: Duration.Duration,
  onReports: (reports: ReadonlyArray<WorkerReport>) => void
): Effect.Effect<WorkerProcess, StartFailed, Scope.Scope> =>
  Effect.gen(function*() {
    const runtime = yield* Effect.interruptible(Effect.runtime<never>())
    const exit = yield* Deferred.make<string>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const child = takeAhead(options) ??
          spawnWorker(options.stdout === "stderr" ? 2 : 1, options.env)
        child.on("error", (error) => {
          Effect.runSync(Deferred.succeed(exit, `could not be spawned: ${error.message}`))
        })
        child.on("exit", (code, signal) => {
          Effect.runSync(Deferred.succeed(exit, describeExit(code, signal)))
        })
        return child
      }),
      (child) =>
        Effect.suspend(() => {
          child.kill("SIGKILL")
          return Effect.asVoid(Deferred.await(exit))
        })
    )
    const [stderr, socket, lifeline] = streamsOf(child)
    const output = ChildOutput.follow(stderr, (chunk) => process.stderr.write(chunk))
    lifeline.on("error", () => {})
    lifeline.resume()
    // What an action left running may hold the other ends; they must not hold this process.
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const stream of [stderr, socket, lifeline]) stream.destroy()
      })
    )

    const { closed, protocol, wire } = yield* clientProtocol(
      socket,
      (body) => onReports(decodeReports(body))
    )
    const client = yield* RpcClient.make(WorkerRpcs, { disableTracing: true }).pipe(
      Effect.provideService(RpcClient.Protocol, protocol)
    )

    const failed = (reason: string, retryable: boolean) =>
      new StartFailed({ reason, output: output(), retryable })
    const died = Effect.flatMap(
      Deferred.await(exit),
      (how) => Effect.fail(failed(`the process ${how} before it was ready`, true))
    )
    const { pid } = yield* client.Hello(options.settings).pipe(
      Effect.catchTag("WorkerNotReady", ({ reason }) => Effect.fail(failed(reason, false))),
      // The socket closes a moment before the exit is known, and the exit says more.
      Effect.catchTag("RpcClientError", () => Effect.never),
      Effect.raceFirst(died),
      Effect.timeoutFail({
        duration: limit,
        onTimeout: () =>
          failed(
            `the process did not get ready within ${Duration.format(limit)}; ` +
              "a module of yours may wait for something at its top level",
            true
          )
      })
    )
    const run = Runtime.runFork(runtime)
    // It is awaited with a limit in finalizers too, where nothing is interruptible by itself.
    const exited = Effect.interruptible(Deferred.await(exit))
    const send = (signal: NodeJS.Signals) => Effect.sync(() => child.kill(signal))

    return {
      pid,
      startedAt: yield* Clock.currentTimeMillis,
      closed: Effect.interruptible(closed),
      exited,
      // Calls of a worker that is gone are lost, and reported so.
      submit: (calls) => wire.write(callFrames(calls)),
      prepare: (name) => {
        run(Effect.ignore(client.Prepare({ name }, { discard: true })))
      },
      interrupt: (ids, reason) => client.Interrupt({ ids, reason }),
      kill: send("SIGKILL"),
      stop: (grace) =>
        Effect.gen(function*() {
          let isHeard = false
          yield* client.Drain({ graceMillis: Duration.toMillis(grace) }).pipe(
            Effect.tap(() => Effect.sync(() => isHeard = true)),
            Effect.ignore,
            Effect.forkDaemon
          )
          // The worker gets the grace for its calls, and some more to leave in order.
          const drained = yield* Effect.timeoutOption(exited, Duration.sum(grace, LEAVE_GRACE))
          if (Option.isSome(drained)) return
          // An event loop that did not hear of the end does not hear a signal either.
          if (isHeard) {
            yield* send("SIGTERM")
            const stopped = yield* Effect.timeoutOption(exited, LEAVE_GRACE)
            if (Option.isSome(stopped)) return
          }
          yield* send("SIGKILL")
          yield* exited
        })
    }
  })
