/**
 * The process that executes actions: `rappel-worker`, as a pool starts it.
 *
 * It lives as long as its pool. SIGTERM (and SIGINT, which a terminal sends to all
 * processes of a command) asks the pool for the end: it gives no more calls, and those that
 * run come to their end first.
 *
 * @since 0.1.0
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { currentCall } from "@rappel/core/worker/CurrentCall"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { Socket } from "node:net"
import { inspect } from "node:util"
import { installCurrentCall } from "./AsyncCurrentCall.ts"
import * as WorkerServer from "./WorkerServer.ts"

/** How long a process that is about to die tries to deliver what it knows. */
const LAST_WORDS_MILLIS = 500

/**
 * Node ends a process whose error nobody caught, and so do we: its state is unknown. What
 * ended before is delivered; what runs is lost, and will be given to another worker.
 */
const dieOfUncaughtErrors = (server: WorkerServer.WorkerServer) =>
  Effect.sync(() => {
    let dying = false
    process.on("uncaughtException", (error, origin) => {
      const call = currentCall()
      const where = call === undefined ? "" : ` in call ${call.effect} of ${call.instanceId}`
      process.stderr.write(
        `rappel-worker ${process.pid} ends: ${origin}${where}: ${inspect(error)}\n`
      )
      if (dying) return
      dying = true
      Effect.runFork(
        server.flush.pipe(
          Effect.timeoutOption(LAST_WORDS_MILLIS),
          Effect.zipRight(Effect.sync(() => process.exit(1)))
        )
      )
    })
  })

const main = Effect.fn(function*(prepare: () => Promise<unknown>) {
  installCurrentCall()
  const socket = new Socket({ fd: 3, readable: true, writable: true })
  const server = yield* WorkerServer.make(socket, prepare)
  yield* dieOfUncaughtErrors(server)

  const orphaned = Effect.zipRight(
    server.closed,
    Effect.suspend(() => {
      server.abort("shutdown")
      return Effect.fail("orphaned" as const)
    })
  )
  const end = Effect.flatMap(Effect.raceFirst(server.asked, orphaned), server.finish)
  // A signal interrupts the wait; then the pool is told, and the end is the same.
  const endBySignal = Effect.zipRight(server.leave, end).pipe(
    Effect.interruptible,
    Effect.forkDaemon,
    Effect.flatMap(Fiber.await)
  )
  yield* Effect.onInterrupt(end, () => endBySignal)
})

/**
 * Serves the pool behind fd 3 until the end of this process.
 *
 * `prepare` lets this process load modules of the user's; it is called before the first of them.
 */
export const run = (prepare: () => Promise<unknown>): void =>
  NodeRuntime.runMain(Effect.scoped(main(prepare)), {
    disableErrorReporting: true,
    disablePrettyLogger: true,
    // Open handles of the user's modules (pools, timers) must not keep the process.
    teardown: (exit) => process.exit(Exit.isSuccess(exit) ? 0 : 1)
  })
