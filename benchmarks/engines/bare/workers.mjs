/** Worker processes that take calls in turns. */
import { spawn } from "node:child_process"
import { join } from "node:path"
import { receive, sender } from "./batches.mjs"

const start = (onReport) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, "worker.mjs")], {
    stdio: ["ignore", "ignore", "inherit", "pipe"]
  })
  const socket = child.stdio[3]
  receive(socket, onReport)
  return { put: sender(socket), end: () => socket.destroy() }
}

export const startWorkers = (count) => {
  const waiting = new Map()
  let calls = 0
  const workers = Array.from({ length: count }, () =>
    start(([id, made]) => {
      const then = waiting.get(id)
      waiting.delete(id)
      then(made)
    }))
  return {
    /** Has a worker mark the text, and calls `then` with what it made of it. */
    call: (text, index, then) => {
      const id = calls++
      waiting.set(id, then)
      workers[id % count].put([id, text, index])
    },
    end: () => {
      for (const worker of workers) worker.end()
    }
  }
}
