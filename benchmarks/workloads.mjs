/**
 * What every engine runs, and what must come out of it.
 *
 * Each step gives its text back with a mark that only this step can make from it, so that a
 * result that was lost, doubled or mixed up is seen.
 */
import { randomBytes } from "node:crypto"

/** A text of random characters, so that nothing on its way gains from compressing it. */
export const payloadOf = (size) =>
  randomBytes(Math.ceil(size * 3 / 4)).toString("base64").slice(0, size)

export const mark = (text, step) => {
  let hash = 2166136261 ^ step
  for (let i = 0; i < 32 && i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 16777619)
  }
  return (hash >>> 0).toString(16).padStart(8, "0") + text.slice(8)
}

/** What a chain of so many steps makes of a text. */
export const chainOf = (text, steps) => {
  let current = text
  for (let i = 0; i < steps; i++) current = mark(current, i)
  return current
}

/** What so many steps at the same time make of it. */
export const fanOutOf = (text, steps) =>
  Array.from({ length: steps }, (_, i) => mark(text, i).slice(0, 8)).join("")

/** Ends a run whose engine returned something else. */
export const check = (what, actual, expected) => {
  if (actual === expected) return
  throw new Error(`${what} is ${JSON.stringify(actual)?.slice(0, 80)}, not what Node computes`)
}

/**
 * The workloads, each with its sizes by engine: so many that a run lasts some seconds, which takes
 * a hundred times as much for one engine as for another. `tiny` is for tests of this folder. `warmUp`
 * is how many times its size runs before, for every engine: V8 compiles until each function has run
 * some thousand times, which a service spends once.
 */
export const WORKLOADS = {
  W1: {
    title: "independent no-op jobs, 1 KiB",
    unit: "jobs/s",
    isRate: true,
    warmUp: 0.5,
    sizes: {
      rappel: 40_000,
      "rappel-single": 20_000,
      "bare-single": 40_000,
      "graphile-worker": 40_000,
      "pg-boss": 40_000,
      dbos: 3000,
      "effect-cluster": 1500
    },
    /** Their jobs are workflows of one step each, and so compared with those. */
    besideSingle: ["bare-single", "dbos", "effect-cluster"],
    tiny: 200
  },
  W2: {
    title: "instances of 3 steps, 1 KiB a step",
    unit: "instances/s",
    isRate: true,
    stepsPerUnit: 3,
    warmUp: 1,
    sizes: {
      rappel: 15_000,
      bare: 20_000,
      "graphile-worker": 2000,
      "pg-boss": 15_000,
      dbos: 1000,
      "effect-cluster": 300
    },
    tiny: 60
  },
  W3: {
    title: "one instance of 1,000 steps at the same time",
    unit: "ms",
    isRate: false,
    stepsPerUnit: 1000,
    warmUp: 4,
    sizes: { rappel: 10, bare: 10, dbos: 2, "effect-cluster": 1 },
    tiny: 1
  },
  W4: {
    title: "one single-step instance at a time, start to result",
    unit: "ms (p50)",
    isRate: false,
    warmUp: 3,
    sizes: {
      rappel: 1000,
      bare: 1000,
      "graphile-worker": 1000,
      "pg-boss": 1000,
      dbos: 1000,
      "effect-cluster": 300
    },
    tiny: 10
  },
  W5: {
    title: "sequential steps of one instance",
    unit: "ms a step",
    isRate: false,
    warmUp: 1,
    sizes: {
      rappel: 5000,
      bare: 5000,
      "graphile-worker": 1500,
      "pg-boss": 1000,
      dbos: 5000,
      "effect-cluster": 1000
    },
    tiny: 30
  }
}
