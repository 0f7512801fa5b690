/**
 * Runs one of the project's tools to its end in a child process that shares this terminal.
 *
 * @since 0.1.0
 */
import { spawn } from "node:child_process"
import { constants } from "node:os"
import { dirname } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"

/** The folder of the project, whatever folder the command was given in. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"]

/**
 * The exit code of `node ...args`, run in the project's folder.
 *
 * Signals are handed on and the child decides: it may have something to stop first. A child
 * that a signal ended gives 128 + its number, as a shell does.
 */
export const runNode = async (args, environment = process.env) => {
  const child = spawn(process.execPath, args, { cwd: root, env: environment, stdio: "inherit" })
  const handOn = (signal) => child.kill(signal)
  for (const signal of SIGNALS) process.on(signal, handOn)
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code, signal) => resolve(code ?? 128 + constants.signals[signal]))
  })
  for (const signal of SIGNALS) process.off(signal, handOn)
  return code
}
