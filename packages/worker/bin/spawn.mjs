/**
 * Starts a worker process, for pools and for those who will have one. Only `node:` modules are
 * loaded.
 */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const BIN = fileURLToPath(new URL("rappel-worker.mjs", import.meta.url))

/** `stdout` is a descriptor of this process; `env` is added to its environment. */
export const spawnWorker = (stdout, env) =>
  spawn(process.execPath, [BIN, "--attached"], {
    // Handed on, not read: the workers' settings come with `Hello`.
    env: { ...process.env, ...env },
    // fd 3 carries the protocol; fd 4 carries nothing, and its end is the end of this process.
    stdio: ["ignore", stdout, "pipe", "pipe", "pipe"]
  })

/**
 * Starts one before this process has loaded what speaks with it, so that both load at the same
 * time. It does not keep this process alive, and ends with it.
 */
export const spawnAhead = () => {
  const child = spawnWorker(1, {})
  // Whoever takes it over starts another one then.
  child.on("error", () => {})
  child.unref()
  for (const stream of child.stdio) stream?.unref()
  return child
}
