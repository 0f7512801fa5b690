/**
 * The instance that is being stepped.
 *
 * A step is synchronous and never starts another, so one variable serves all code that the
 * step runs, also functions that natives such as `Array.prototype.map` call back. Nothing
 * keeps an instance beyond its step by it.
 *
 * @since 0.1.0
 */
import type { Instance } from "./Instance.ts"

export let running: Instance = undefined as unknown as Instance

/** Runs a step of an instance. */
export const whileRunning = <A>(instance: Instance, step: () => A): A => {
  const before = running
  running = instance
  try {
    return step()
  } finally {
    running = before
  }
}
