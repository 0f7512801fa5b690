/**
 * The outermost edge of the background process: the only reader of its environment.
 *
 * @since 0.1.0
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { settingsOf, variablesOf } from "../project/Environment.ts"
import { serve } from "./Background.ts"

/** After the last app has gone: an app that is started again soon finds it running. */
const IDLE_MILLIS = 5_000

const projectRoot = process.argv[2] ?? process.cwd()

const main = Effect.suspend(() =>
  serve({
    projectRoot,
    settings: settingsOf(variablesOf(process.env, projectRoot)),
    idleMillis: IDLE_MILLIS
  })
)

// The terminal's Ctrl+C is for the app; this process ends when its apps have gone.
process.on("SIGHUP", () => {})

NodeRuntime.runMain(
  Effect.tapErrorCause(main, (cause) =>
    Effect.sync(() => {
      const error = Cause.squash(cause)
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    })),
  { disableErrorReporting: true }
)
