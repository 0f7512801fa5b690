/**
 * A machine that is easy to predict: `steps` calls one after another, each given the number
 * of the one before, then a result that lists all values. A step named `sleep:<ms>` is a timer.
 */
import type {
  Command,
  Machine,
  MachineEvent,
  PendingEffect,
  Policy,
  State,
  Step
} from "../../src/machine/Model.ts"
import type { ProgramFile } from "../../src/program/Program.ts"

interface ChainState extends State {
  readonly pending: Map<number, PendingEffect>
  readonly values: Array<string>
  readonly steps: ReadonlyArray<string>
}

/** Steps of these names are offered to others. */
const POLICIES: Readonly<Record<string, Policy>> = {
  remote: { queue: "remote" },
  limited: { limit: { key: "k", concurrency: 2 } }
}

const ask = (state: ChainState, at: number): Step => {
  const effect = state.values.length + 1
  const step = state.steps[effect - 1]
  if (step === undefined) {
    const value = JSON.stringify(state.values)
    return {
      commands: [{ kind: "complete", outcome: { ok: true, value } }],
      outcome: { ok: true, value },
      closed: true,
      fuel: 1
    }
  }
  const command: Extract<Command, { kind: "call" | "timer" }> = step.startsWith("sleep:")
    ? { kind: "timer", effect, dueAt: at + Number(step.slice(6)) }
    : {
      kind: "call",
      effect,
      action: step,
      args: JSON.stringify([effect]),
      policy: POLICIES[step] ?? {}
    }
  state.pending.set(effect, command)
  return { commands: [command], closed: false, fuel: 1 }
}

const nothing: Step = { commands: [], closed: false, fuel: 0 }

export const chainMachine: Machine = {
  start: ({ at, input, instanceId }) => {
    const state: ChainState = {
      instanceId,
      effects: 0,
      pending: new Map(),
      values: [],
      steps: JSON.parse(input)
    }
    return { state, step: ask(state, at) }
  },
  apply: (opaque: State, event: MachineEvent) => {
    const state = opaque as ChainState
    if (!("effect" in event) || event.kind === "failed" || !state.pending.delete(event.effect)) {
      return nothing
    }
    if (event.kind === "settled" && !event.outcome.ok) {
      const outcome = { ok: false, error: event.outcome.error } as const
      return { commands: [{ kind: "complete", outcome }], outcome, closed: true, fuel: 1 }
    }
    state.values.push(event.kind === "fired" || !event.outcome.ok ? "slept" : event.outcome.value)
    return ask(state, event.at)
  },
  snapshot: (opaque) => {
    const { instanceId, pending, steps, values } = opaque as ChainState
    return JSON.stringify({ instanceId, pending: Array.from(pending), steps, values })
  },
  restore: (snapshot) => {
    const { pending, ...rest } = JSON.parse(snapshot)
    return { ...rest, pending: new Map(pending) }
  }
}

/** The program of all chains; the steps are the instance's input. */
export const chainProgram = (actions: ReadonlyArray<string>): ProgramFile => ({
  hash: "chain",
  positions: [],
  program: {
    format: 1,
    name: "chain",
    entry: { m: 0, x: "chain" },
    modules: [],
    functions: [],
    classes: [],
    actions: actions.map((id) => ({ id, params: 1, file: "chain.ts", x: id }))
  }
})
