/**
 * What a run shows to the outside, in a form that two runs can be compared by.
 *
 * @since 0.1.0
 */
import type { Outcome } from "@rappel/core/machine/Model"
import { decodeError, decodeValue, describeError, encodeValue } from "@rappel/core/value/Value"
import { openHost } from "./World.ts"

export interface Observed {
  readonly logs: ReadonlyArray<string>
  /** `action(args) policy`, in order. */
  readonly calls: ReadonlyArray<string>
  readonly outcome: string
  /** Of the error that it ended with: only frames of the program. */
  readonly stack: string
  readonly awaits: number
}

const FRAME = /^\s+at /
const OWN = /\(?(src\/case\.ts:\d+:\d+)\)?$|^ +at async Promise\.\w+ \(index \d+\)$/

/** Most frames that an error of the machine has. */
const FRAMES = 10

/**
 * A text with the frames of the program alone: V8 shows its natives and the harness too, the
 * machine does not. What an action failed with ends at the action: Node has no frames there.
 */
export const ownFrames = (text: string): string => {
  if (!text.includes("\n    at ")) return text
  let count = 0
  let isOfAction = false
  const kept: Array<string> = []
  for (const line of text.split("\n")) {
    if (!FRAME.test(line)) {
      count = 0
      isOfAction = false
      kept.push(line)
      continue
    }
    if (line.includes("worker.ts")) {
      isOfAction = true
      kept.push(line)
    } else if (!isOfAction && OWN.test(line) && count++ < FRAMES) kept.push(line)
  }
  return kept.join("\n")
}

/** Those within are of causes: what they were made by is not the program's. */
const withoutStacks = (key: string, value: unknown): unknown => key === "stack" ? undefined : value

const sorted = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).sort(([a], [b]) => a < b ? -1 : 1))

export const describeOutcome = (
  outcome: Outcome
): { readonly text: string; readonly stack: string } => {
  if (outcome.ok) {
    return {
      text: `value ${encodeValue(decodeValue(outcome.value, openHost), openHost)}`,
      stack: ""
    }
  }
  const { class: _class, stack: _stack, ...described } = describeError(outcome.error)
  const error = decodeError(outcome.error)
  const stack = error instanceof Error && typeof error.stack === "string" ? error.stack : ""
  return {
    text: `error ${JSON.stringify(sorted(described), withoutStacks)}`,
    stack: ownFrames(stack)
  }
}
