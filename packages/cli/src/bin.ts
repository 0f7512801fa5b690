/**
 * The outermost edge of the `rappel` command: the only reader of its process's arguments
 * and environment.
 *
 * @since 0.1.0
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { variablesOf } from "@rappel/worker/project/Environment"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"
import { ExitCode } from "./CliError.ts"
import type { Outcome } from "./define.ts"
import { main } from "./main.ts"

/** A shutdown that takes longer than this has gone wrong: calls get 5 s of grace, then 5 s more. */
const SHUTDOWN_MILLIS = 15_000

const { version } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8")
) as { readonly version: string }

const limitShutdown = () => {
  setTimeout(() => process.exit(ExitCode.failed), SHUTDOWN_MILLIS).unref()
}
process.once("SIGINT", limitShutdown)
process.once("SIGTERM", limitShutdown)

/** Whoever read it has gone (`| head`): the command ends as one that is asked to. */
const endUnread = (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error
  process.emit("SIGTERM", "SIGTERM")
}
process.stdout.on("error", endUnread)
process.stderr.on("error", endUnread)

const outcome: Outcome = { exitCode: ExitCode.done }

const edge = () => ({
  argv: process.argv,
  folder: process.cwd(),
  variables: variablesOf(process.env, process.cwd()),
  stdin: process.stdin,
  version
})

NodeRuntime.runMain(Effect.suspend(() => main(edge(), outcome)), {
  disableErrorReporting: true,
  // The logger of `main` is the only one: stdout carries results.
  disablePrettyLogger: true,
  teardown: (_exit, onExit) => onExit(outcome.exitCode)
})
