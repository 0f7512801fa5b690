/**
 * Ends a temporary server with its owner, even when the owner is killed.
 *
 * A process of its own holds the end of a pipe whose other end the owner holds. When
 * the pipe closes, for whatever reason, it stops the server and removes the folder.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"

/**
 * Plain text, since a function's own text depends on what compiled it. SIGQUIT, as nobody
 * misses the data; again and again, as an `initdb` in flight may still be writing.
 */
const SCRIPT = `
const { readFileSync, rmSync } = require("node:fs")
const [folder, data] = process.argv.slice(1)
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
process.stdin.on("error", () => {}).on("close", round).resume()
`

export interface Watchdog {
  /** Ends the server and removes the folder now. */
  readonly end: () => Promise<void>
}

export const watch = (folder: string, data: string): Watchdog => {
  const child = spawn(process.execPath, ["-e", SCRIPT, folder, data], {
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
      child.ref()
      child.stdin.end()
      await exited
    }
  }
}
