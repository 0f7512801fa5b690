/**
 * Ends this process when its parent is gone, whatever its main thread does (PROTOCOL R17).
 *
 * The parent holds the other end of fd 4 and writes nothing: the end of that stream is the
 * end of the parent, however it died. A thread of its own waits for it, because an action may
 * keep the main thread busy for ever. The main thread sees fd 3 close at the same moment;
 * it gets a second to tell its actions before the process is killed.
 */
import { Worker } from "node:worker_threads"

const GRACE_MILLIS = 1000

const thread = `
const { Socket } = require("node:net")
const lifeline = new Socket({ fd: 4, readable: true, writable: false })
lifeline.on("error", () => {})
lifeline.on("close", () => setTimeout(() => process.kill(process.pid, "SIGKILL"), ${GRACE_MILLIS}))
lifeline.resume()
`

/** Called before anything of the user's is loaded. */
export const watchParent = () => {
  new Worker(thread, {
    eval: true,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 }
  }).unref()
}
