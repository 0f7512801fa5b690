/**
 * Ends what the audit has started, even when the audit itself is killed.
 *
 * A process of its own reads from a pipe which processes are ours. When the pipe ends, for
 * whatever reason, it kills those that are left, by number and moment of start, and removes
 * the folders.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"

/** Plain text, as a function's own text depends on what compiled it. */
const SCRIPT = `
const { readFileSync, rmSync } = require("node:fs")
const startOf = (pid) => {
  try {
    const stat = readFileSync("/proc/" + pid + "/stat", "utf8")
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]
  } catch {}
}
const ours = new Map()
const folders = []
let text = ""
process.stdin.setEncoding("utf8").on("error", () => {}).on("data", (chunk) => text += chunk)
process.stdin.on("close", () => {
  for (const line of text.split("\\n")) {
    const [kind, what, start] = line.split(" ")
    if (kind === "process") ours.set(what, start)
    if (kind === "ended") ours.delete(what)
    if (kind === "folder") folders.push(what)
  }
  for (const [pid, start] of ours) {
    if (startOf(pid) !== start) continue
    try { process.kill(Number(pid), "SIGKILL") } catch {}
  }
  let rounds = 0
  const remove = () => {
    let left = false
    for (const folder of folders) {
      try { rmSync(folder, { recursive: true, force: true }) } catch { left = true }
    }
    if (left && ++rounds < 200) setTimeout(remove, 25)
  }
  setTimeout(remove, 100)
})
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {})
`

export interface Reaper {
  readonly adopt: (pid: number) => void
  readonly release: (pid: number) => void
  readonly remove: (folder: string) => void
  /** Ends everything now. */
  readonly end: () => Promise<void>
}

/** The moment a process started, in ticks since the boot; undefined when it is not there. */
export const startOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]
  } catch {
    return undefined
  }
}

export const make = (): Reaper => {
  const child = spawn(process.execPath, ["-e", SCRIPT], {
    cwd: "/",
    stdio: ["pipe", "ignore", "inherit"],
    detached: true,
    env: {}
  })
  const exited = once(child, "exit")
  child.unref()
  child.stdin.on("error", () => {})
  return {
    adopt: (pid) => child.stdin.write(`process ${pid} ${startOf(pid) ?? "gone"}\n`),
    release: (pid) => child.stdin.write(`ended ${pid}\n`),
    remove: (folder) => child.stdin.write(`folder ${folder}\n`),
    end: async () => {
      child.ref()
      child.stdin.end()
      await exited
    }
  }
}
