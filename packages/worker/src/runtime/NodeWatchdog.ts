/**
 * The watchdog of core on Node: the process's own clocks, and V8's way to stop a script.
 *
 * @since 0.1.0
 */
import { OVERDUE, type Watch, Watchdog } from "@rappel/core/machine/Watchdog"
import * as Layer from "effect/Layer"
import { getHeapStatistics } from "node:v8"
import { createContext, Script } from "node:vm"

/** Well under the lease of a dispatcher (5 s), whose heart beats between two steps only. */
const LIMIT_MILLIS = 2000

/** Of the heap that V8 allows this process: beyond it, collecting takes most of the time. */
const HEAP_SHARE = 0.8

interface Place {
  run: () => void
}

/**
 * `timeout` starts a thread that ends the script, natives included: 23 µs of processor time a
 * call (Node 20.20.2). The function runs in its own realm; the context only holds it.
 */
const makeGuard = (): Watch["guard"] => {
  const place: Place = createContext({ run: () => {} }) as Place
  const script = new Script("run()", { filename: "rappel:watchdog" })
  return (run, millis) => {
    let result: unknown = OVERDUE
    place.run = () => {
      result = run()
    }
    try {
      script.runInContext(place, { timeout: millis })
    } catch (error) {
      if (!isTimeout(error)) throw error
      return OVERDUE
    } finally {
      place.run = () => {}
    }
    return result
  }
}

/** The error is one of the context's realm. */
const isTimeout = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "code" in error &&
  error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT"

const cpuMillis = (): number => {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1000
}

const isShortOfMemory = (): boolean => {
  const { heap_size_limit: limit, used_heap_size: used } = getHeapStatistics()
  return used > limit * HEAP_SHARE
}

/** A watchdog of this process. */
export const make = (limitMillis: number = LIMIT_MILLIS): Watch => ({
  limitMillis,
  now: () => performance.now(),
  cpuMillis,
  isShortOfMemory,
  guard: makeGuard()
})

/**
 * Steps of more than two seconds of processor time end their instance.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<never> = Layer.sync(Watchdog, () => make()) as Layer.Layer<never>
