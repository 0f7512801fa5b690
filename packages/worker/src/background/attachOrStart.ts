/**
 * An app's way to the background process of its project: attaches to the running one, or
 * starts one.
 *
 * @since 0.1.0
 */
import { spawn } from "node:child_process"
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { attach, type Attached } from "./Meeting.ts"
import { socketOf } from "./place.ts"

const BIN = fileURLToPath(new URL("../../bin/rappel-background.mjs", import.meta.url))

/** A first start makes a database cluster, which takes a second or two. */
const START_MILLIS = 30_000
const POLL_MILLIS = 25

/** Lines of the log that explain why it ended. */
const LOG_LINES = 15

const tailOf = (logFile: string): string =>
  readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-LOG_LINES).join("\n")

/**
 * A connection to the background process of a project. Several processes may call this at
 * the same time: the first one that listens at the socket stays, the others end.
 *
 * **Errors** Throws when it cannot be started, with what it said.
 *
 * @since 0.1.0
 * @category running
 */
export const attachOrStart = async (projectRoot: string): Promise<Attached> => {
  const socketPath = socketOf(projectRoot)
  const running = await attach(socketPath)
  if (running !== undefined) return running

  mkdirSync(join(projectRoot, ".rappel"), { recursive: true })
  const logFile = join(projectRoot, ".rappel", "background.log")
  const log = openSync(logFile, "w")
  const child = spawn(process.execPath, [BIN, projectRoot], {
    cwd: projectRoot,
    detached: true,
    stdio: ["ignore", log, log]
  })
  closeSync(log)
  let ended: string | undefined
  child.on("error", (error) => {
    ended = error.message
  })
  child.on("exit", (code, signal) => {
    ended = `it ended with ${signal ?? `code ${code}`}`
  })
  child.unref()

  const deadline = performance.now() + START_MILLIS
  for (;;) {
    const hasEnded = ended
    // Asked after the look at the child: one that lost the race to another has ended by now.
    const attached = await attach(socketPath)
    if (attached !== undefined) return attached
    if (hasEnded !== undefined) {
      throw new Error(
        `The background process of ${projectRoot} could not be started: ${hasEnded}.\n${
          tailOf(logFile)
        }`
      )
    }
    if (performance.now() > deadline) {
      child.kill("SIGTERM")
      throw new Error(
        `The background process of ${projectRoot} was not ready within ${
          START_MILLIS / 1000
        } s; see ${logFile}`
      )
    }
    await sleep(POLL_MILLIS)
  }
}
