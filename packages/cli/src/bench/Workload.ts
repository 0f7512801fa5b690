/**
 * The workloads of the benchmarks: which workflow with which arguments, and what each
 * instance must return.
 *
 * @since 0.1.0
 */
import { randomBytes } from "node:crypto"
import { mark } from "./workflows.ts"

/**
 * `chain`: steps one after another. `fan-out`: steps at the same time. `loop`: a chain in few
 * instances. `latency`: one instance at a time.
 */
export type Shape = "chain" | "fan-out" | "loop" | "latency"

export interface Workload {
  readonly exportName: "chain" | "fanOut"
  readonly instances: number
  readonly stepsPerInstance: number
  /** Characters of the text that goes into a step and comes out of it. */
  readonly payloadSize: number
  /** Instances in one start. */
  readonly batchSize: number
  /** Instances that were started and have not finished, at most. */
  readonly inFlight: number
}

/** A text of random characters, so that nothing on its way gains from compressing it. */
export const payloadOf = (size: number): string =>
  randomBytes(Math.ceil(size * 3 / 4)).toString("base64").slice(0, size)

/** What an instance must return for a text. */
export const expectedOf = ({ exportName, stepsPerInstance }: Workload, text: string): string => {
  const steps = Array.from({ length: stepsPerInstance }, (_, index) => index)
  return exportName === "chain"
    ? steps.reduce(mark, text)
    : steps.map((index) => mark(text, index).slice(0, 8)).join("")
}

/** Calls of one instance of `rappel bench`: many enough that instances cost little. */
const CALLS_PER_INSTANCE = 500

/** Calls without a workflow to speak of: instances that only hand them out. */
export const ofMessages = (messages: number, payloadSize: number): ReadonlyArray<Workload> => {
  const full = Math.floor(messages / CALLS_PER_INSTANCE)
  const rest = messages % CALLS_PER_INSTANCE
  const part = (instances: number, stepsPerInstance: number): ReadonlyArray<Workload> =>
    instances === 0 ? [] : [{
      exportName: "fanOut",
      instances,
      stepsPerInstance,
      payloadSize,
      batchSize: 1,
      inFlight: 8
    }]
  return [...part(full, CALLS_PER_INSTANCE), ...part(rest === 0 ? 0 : 1, rest)]
}
