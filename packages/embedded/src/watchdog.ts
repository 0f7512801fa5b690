/**
 * Ends a temporary server with its owner, even when the owner is killed.
 *
 * A process of its own holds the end of a pipe whose other end the owner holds. When
 * the pipe closes, for whatever reason, it stops the server and removes the folder.
 * An owner that is not this process is looked at instead, a few times a second.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"

/**
 * Plain text, since a function's own text depends on what compiled it. SIGQUIT, as nobody
 * misses the data; again and again, as an `initdb` in flight may still be writing.
 */
const SCRIPT = `
const { readFileSync, rmSync } = require("node:fs")
const [folder, data, owner] = process.argv.slice(1)
const quit = () => {
  try {
    const pid = Number(readFileSync(data + "/postmaster.pid", "utf8").split("\\n")[0])
    const linux = process.platform === "linux"
    if (linux && !readFileSync("/proc/" + pid + "/cmdline", "utf8").includes(data)) return
    process.kill(pid, "SIGQUIT")
  } catch {}
}
const remove = () => {
  try { rmSync(folder, { recursive: true }) } catch (cause) { return cause.code === "ENOENT" }
  return false
}
let rounds = 0
let quiet = 0
const round = () => {
  quit()
  quiet = remove() ? quiet + 1 : 0
  if (quiet < 3 && ++rounds < 200) setTimeout(round, 20)
}
const watch = () => {
  try { process.kill(Number(owner), 0) } catch (cause) { if (cause.code === "ESRCH") return round() }
  setTimeout(watch, 100)
}
if (owner === "") process.stdin.on("error", () => {}).on("close", round).resume()
else watch()
`

export interface Watchdog {
  /** Ends the server and removes the folder now; an owner that is not this process does so by its end only. */
  readonly end: () => Promise<void>
}

export const watch = (folder: string, data: string, ownerPid?: number): Watchdog => {
  const child = spawn(process.execPath, ["-e", SCRIPT, folder, data, String(ownerPid ?? "")], {
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    env: {}
  })
  const exited = once(child, "exit")
  child.unref()
  const pipe = child.stdin as typeof child.stdin & { readonly unref: () => void }
  pipe.unref()
  return {
    end: async () => {
      if (ownerPid !== undefined) return
      child.ref()
      child.stdin.end()
      await exited
    }
  }
}
