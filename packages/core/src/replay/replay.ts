/**
 * Steps a recording again, and says where it is no longer as it was recorded.
 *
 * With the program that was recorded it shows what happened. With the program of today it is a
 * test: would an instance of yesterday, given to today's code, still do the same?
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { fromInstalled } from "../client/ProgramSource.ts"
import { thrownBy } from "../client/thrownBy.ts"
import { load } from "../machine/Machine.ts"
import type { Command, Outcome } from "../machine/Model.ts"
import { type StateView, viewOf } from "../machine/view/viewOf.ts"
import type { ProgramFile } from "../program/Program.ts"
import type { StoredEvent } from "../queue/Queue.ts"
import { describeError, toPlainJson } from "../value/Value.ts"
import { refOfWorkflow } from "../workflow/Workflow.ts"
import { beginningOf, decodeRecording, type Recording } from "./Recording.ts"
import { type Difference, type Stepped, steps } from "./steps.ts"

/** What followed from one event. */
export interface Replayed {
  /** 0 for the first step, which needs no event. */
  readonly seq: number
  readonly event: StoredEvent | null
  /** A later repair has made it void. */
  readonly isVoid: boolean
  /** What its step asked for. */
  readonly asked: ReadonlyArray<string>
  /** Where the instance then stands. */
  readonly state: StateView
  readonly difference: Difference | undefined
}

const outcomeText = (outcome: Outcome): string =>
  outcome.ok
    ? `returns ${JSON.stringify(toPlainJson(outcome.value)) ?? "undefined"}`
    : `fails with ${describeError(outcome.error).name}: ${describeError(outcome.error).message}`

const askedOf = (command: Command): string => {
  switch (command.kind) {
    case "call":
      return `call ${command.effect} of ${command.action}`
    case "timer":
      return `timer ${command.effect}, due at ${command.dueAt}`
    case "wait":
      return `wait ${command.effect} for a signal on ${command.channel}`
    case "drop":
      return `waits no more for ${command.effect}`
    case "child":
      return `child ${command.effect}, a ${command.name}`
    case "send":
      return `${command.message} to ${command.to}`
    case "reply":
      return "answer to an update"
    case "publish":
      return `publishes ${command.name}`
    case "log":
      return `logs ${command.text}`
    case "complete":
      return outcomeText(command.outcome)
  }
}

const differenceOfEnd = (
  recorded: Outcome | null,
  found: { readonly outcome: Outcome; readonly seq: number } | undefined
): Difference | undefined => {
  if (recorded === null || found === undefined) return undefined
  const { outcome, seq } = found
  const isSame = recorded.ok === outcome.ok &&
    (recorded.ok ? recorded.value : recorded.error) === (outcome.ok ? outcome.value : outcome.error)
  if (isSame) return undefined
  const reason = `it ${outcomeText(outcome)}, and ${outcomeText(recorded)} was recorded`
  return { seq, recorded: 0, found: 0, reason }
}

/** One after another, so that a long history need not be in memory as a whole. */
export function* replaying(
  recording: Recording,
  program: ProgramFile = recording.program
): Generator<Replayed, void> {
  const { events, instance } = recording
  let end: { readonly outcome: Outcome; readonly seq: number } | undefined
  const last = events.findLast(({ kind }) => kind !== "repaired")?.seq ?? 0
  for (const stepped of steps(load(program), beginningOf(recording), events)) {
    const { commands, event, isVoid, state } = stepped
    const seq = event?.seq ?? 0
    if (event?.kind === "repaired") end = undefined
    for (const command of commands) {
      if (command.kind === "complete") end = { outcome: command.outcome, seq }
    }
    const difference = stepped.difference ??
      (seq === last ? differenceOfEnd(instance.outcome, end) : undefined)
    const asked = commands.map(askedOf)
    yield { seq, event, isVoid, asked, state: viewOf(state), difference }
    if (difference !== undefined) return
  }
}

/** Where the instance stands at its end. */
export const standingOf = (
  recording: Recording
): {
  readonly state: StateView
  readonly seq: number
  readonly difference: Difference | undefined
} => {
  let last: Stepped | undefined
  for (const stepped of steps(load(recording.program), beginningOf(recording), recording.events)) {
    last = stepped
  }
  const { difference, event, state } = last!
  return { state: viewOf(state), seq: event?.seq ?? 0, difference }
}

/** The program that a workflow of this process compiles to now. */
const programOf = async (workflow: unknown): Promise<ProgramFile> => {
  const exit = await Effect.runPromiseExit(
    Effect.flatMap(
      fromInstalled(),
      (programs) => programs.programOf(refOfWorkflow(workflow as never))
    )
  )
  if (Exit.isFailure(exit)) throw thrownBy(exit)
  return exit.value
}

/**
 * Replays a recording with the program that it holds, or with that of a workflow as it is now.
 *
 * Without `difference` in the answer, every step asked for the same calls, with the same
 * arguments, and the outcome is the same. Nothing is started and no action runs.
 *
 * **Errors** Throws `RecordingNotReadable`, and `CompileFailed` for the workflow.
 *
 * **Example** (A test before a deploy)
 *
 * ```ts no-run
 * import { replay } from "@rappel/core/replay/replay"
 * import { readFile } from "node:fs/promises"
 *
 * const recorded = await readFile("test/recorded/order.json", "utf8")
 * const { difference } = await replay(recorded, { workflow: order })
 * assert.equal(difference, undefined)
 * ```
 *
 * @since 0.1.0
 * @category testing
 */
export const replay = async (
  recording: Recording | string,
  options: { readonly workflow?: unknown } = {}
): Promise<{
  readonly recording: Recording
  readonly difference: Difference | undefined
  /** After the last event that was stepped. */
  readonly state: StateView
  readonly steps: number
}> => {
  const read = typeof recording === "string" ? decodeRecording(recording) : recording
  const { workflow } = options
  const program = workflow === undefined ? read.program : await programOf(workflow)
  let last: Replayed | undefined
  let count = 0
  for (const replayed of replaying(read, program)) {
    last = replayed
    count++
  }
  return { recording: read, difference: last!.difference, state: last!.state, steps: count }
}
