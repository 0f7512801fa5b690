/**
 * A program in the machine: whole, with restores at random points, and caught up from an old
 * snapshot by the events that came after it.
 *
 * @since 0.1.0
 */
import type {
  Command,
  Machine,
  MachineEvent,
  Outcome,
  State,
  Step
} from "@rappel/core/machine/Model"
import type { ProgramFile } from "@rappel/core/program/Program"
import { decodeValue, encodeValue } from "@rappel/core/value/Value"
import { describeOutcome, type Observed, ownFrames } from "./Observed.ts"
import type { Random } from "./Random.ts"
import { Agenda, EPOCH, openHost, perform } from "./World.ts"

const START = {
  instanceId: "i1",
  input: encodeValue([1]),
  seed: "0123456789abcdef0123456789abcdef",
  at: EPOCH
}

const AFTER_THE_END = "Uncaught after the workflow's end"

/** A run and all that is needed to repeat it. */
export interface MachineRun {
  readonly observed: Observed
  readonly events: ReadonlyArray<MachineEvent>
  /** Commands of each step, as text; one more than events. */
  readonly commands: ReadonlyArray<string>
  /** After that many events, the state as text. */
  readonly snapshots: ReadonlyMap<number, string>
}

/** How a program becomes a machine. */
export type Load = (file: ProgramFile) => Machine

export const runMachine = (
  load: Load,
  file: ProgramFile,
  seed: number,
  random: Random
): MachineRun => {
  const machine = load(file)
  const agenda = new Agenda()
  const logs: Array<string> = []
  const calls: Array<string> = []
  const events: Array<MachineEvent> = []
  const commands: Array<string> = []
  const snapshots = new Map<number, string>()
  const timers = new Map<number, number>()
  let outcome: Outcome | undefined
  let begun = 0

  const carryOut = (command: Command): void => {
    switch (command.kind) {
      case "log":
        // What came after the end is of no interest: Node has left the process by then.
        if (!command.text.startsWith(AFTER_THE_END)) logs.push(ownFrames(command.text))
        break
      case "timer":
        timers.set(
          command.effect,
          agenda.add(
            command.dueAt,
            () => apply({ kind: "fired", effect: command.effect, at: agenda.now })
          )
        )
        break
      case "drop":
        agenda.remove(timers.get(command.effect)!)
        break
      case "complete":
        break
      case "call": {
        const { effect, policy } = command
        const name = command.action.slice(command.action.indexOf("#") + 1)
        const args = encodeValue(decodeValue(command.args, openHost), openHost)
        calls.push(`${name}(${args}) ${JSON.stringify(policy)}`)
        const { latency, outcome } = perform(seed, ++begun, name, args, policy)
        agenda.add(
          agenda.now + latency,
          () => apply({ kind: "settled", effect, at: agenda.now, outcome })
        )
      }
    }
  }
  const absorb = (step: Step): void => {
    commands.push(JSON.stringify(step.commands))
    outcome ??= step.outcome
    for (const command of step.commands) carryOut(command)
  }
  const apply = (event: MachineEvent): void => {
    if (random.chance(0.3)) snapshots.set(events.length, machine.snapshot(state))
    events.push(event)
    absorb(machine.apply(state, event))
  }

  const { state, step } = machine.start(START)
  absorb(step)
  while (outcome === undefined) {
    const run = agenda.next()
    if (run === undefined) throw new Error("the instance awaits what never comes")
    run()
  }
  const { stack, text } = describeOutcome(outcome)
  return {
    observed: { logs, calls, outcome: text, stack, awaits: events.length },
    events,
    commands,
    snapshots
  }
}

/** What a repetition did otherwise than the run, if anything. */
export type Deviation = string | undefined

const compareStep = (run: MachineRun, at: number, step: Step): Deviation => {
  const commands = JSON.stringify(step.commands)
  return commands === run.commands[at]
    ? undefined
    : `step ${at} gives\n${commands}\nand not\n${run.commands[at]}`
}

const roundTrip = (machine: Machine, state: State): State => {
  const text = machine.snapshot(state)
  const restored = machine.restore(text)
  const again = machine.snapshot(restored)
  if (again !== text) throw new Error(`a restored state is written otherwise:\n${text}\n${again}`)
  return restored
}

/** The same events again, with a restore before about half of them. */
export const runRestored = (
  load: Load,
  file: ProgramFile,
  run: MachineRun,
  random: Random
): Deviation => {
  const machine = load(file)
  let { state, step } = machine.start(START)
  for (let at = 0;; at++) {
    const deviation = compareStep(run, at, step)
    if (deviation !== undefined) return deviation
    const event = run.events[at]
    if (event === undefined) return undefined
    if (random.chance(0.5)) state = roundTrip(machine, state)
    step = machine.apply(state, event)
  }
}

/** Recovery: an old snapshot, in a machine that was made anew, and the events after it. */
export const runCaughtUp = (
  load: Load,
  file: ProgramFile,
  run: MachineRun,
  random: Random
): Deviation => {
  if (run.snapshots.size === 0) return undefined
  const from = random.pick(Array.from(run.snapshots.keys()))
  const machine = load(file)
  const state = machine.restore(run.snapshots.get(from)!)
  for (let at = from; at < run.events.length; at++) {
    const deviation = compareStep(run, at + 1, machine.apply(state, run.events[at]!))
    if (deviation !== undefined) return `from a snapshot after ${from} events: ${deviation}`
  }
  return undefined
}
