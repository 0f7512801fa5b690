/**
 * Runs a program in the machine alone: no queue, no dispatcher, actions in this process.
 *
 * Events are applied one by one as they come, timers are real. With `snapshots`, the state
 * goes through its text after every step, and must give the same text again.
 */
import { ACTION } from "@rappel/core/action/Action"
import { invokeWithPolicy } from "@rappel/core/action/plainPolicy"
import type {
  Command,
  Machine,
  MachineEvent,
  Outcome,
  Start,
  State
} from "@rappel/core/machine/Model"
import type { Program } from "@rappel/core/program/Program"
import { decodeError, decodeValue, encodeError, encodeValue } from "@rappel/core/value/Value"
import type { CaseModules } from "./CaseModules.ts"

export interface MachineRun {
  readonly machine: Machine
  readonly program: Program
  readonly modules: CaseModules
  readonly args: ReadonlyArray<unknown>
  readonly snapshots: boolean
  /** Told of every call that the workflow asks for. */
  readonly onCall: (action: string) => void
}

/** The value of the instance; throws what it failed with. */
export const runInMachine = async (run: MachineRun): Promise<unknown> => {
  const { args, modules } = run
  const outcome = await outcomeOf(run, {
    instanceId: "01900000-0000-7000-8000-000000000000",
    input: encodeValue(args, modules),
    seed: "00112233445566778899aabbccddeeff",
    at: Date.now()
  })
  return unwrap(outcome, modules)
}

const outcomeOf = async (run: MachineRun, start: Start): Promise<Outcome> => {
  const { machine } = run
  const inbox = new Inbox()
  let { state, step } = machine.start(start)
  for (;;) {
    for (const command of step.commands) carryOut(command, run, inbox)
    if (step.outcome !== undefined) {
      inbox.close()
      return step.outcome
    }
    if (state.pending.size === 0) throw new Error("Stalled: nothing is pending and no result came")
    if (run.snapshots) state = throughText(machine, state)
    step = machine.apply(state, await inbox.next())
  }
}

const unwrap = (outcome: Outcome, modules: CaseModules): unknown => {
  if (outcome.ok) return decodeValue(outcome.value, modules)
  throw decodeError(outcome.error, modules)
}

const throughText = (machine: Machine, state: State): State => {
  const text = machine.snapshot(state)
  const restored = machine.restore(text)
  const again = machine.snapshot(restored)
  if (again !== text) throw new Error(`Not the same snapshot again:\n${text}\n${again}`)
  return restored
}

const carryOut = (command: Command, run: MachineRun, inbox: Inbox): void => {
  switch (command.kind) {
    case "call":
      run.onCall(command.action)
      void execute(command, run).then((outcome) =>
        inbox.put({ kind: "settled", effect: command.effect, at: Date.now(), outcome })
      )
      break
    case "timer":
      inbox.putAt(command.effect, command.dueAt)
      break
    case "drop":
      inbox.drop(command.effect)
      break
    case "child": {
      const { effect, id, ...child } = command
      void outcomeOf(run, { ...child, instanceId: id, at: Date.now() }).then((outcome) =>
        inbox.put({ kind: "settled", effect, at: Date.now(), outcome })
      )
      break
    }
    case "log":
    case "complete":
    case "send":
    case "wait":
    case "reply":
    case "publish":
      break
  }
}

const execute = async (
  command: Extract<Command, { readonly kind: "call" }>,
  { modules, program }: MachineRun
): Promise<Outcome> => {
  try {
    const node = program.actions.find(({ id }) => id === command.action)
    if (node === undefined) throw new TypeError(`The program has no action ${command.action}`)
    const action = modules.action(node.file, node.x)
    const args = decodeValue(command.args, modules) as ReadonlyArray<unknown>
    if (command.policy.retry?.judged === true) throw new Error("Predicates need a dispatcher")
    const value = await invokeWithPolicy(action[ACTION], command.policy, undefined, args)
    return { ok: true, value: encodeValue(value, modules) }
  } catch (error) {
    return { ok: false, error: encodeError(error, modules) }
  }
}

/** Events in the order in which they came, step times never backwards. */
class Inbox {
  readonly #events: Array<MachineEvent> = []
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>()
  #wake: () => void = () => {}
  #at = 0

  put(event: MachineEvent): void {
    this.#events.push(event)
    this.#wake()
  }

  putAt(effect: number, dueAt: number): void {
    const timer = setTimeout(
      () => this.put({ kind: "fired", effect, at: Math.max(dueAt, Date.now()) }),
      Math.max(0, dueAt - Date.now())
    )
    this.#timers.set(effect, timer)
  }

  drop(effect: number): void {
    clearTimeout(this.#timers.get(effect))
  }

  async next(): Promise<MachineEvent> {
    while (this.#events.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve))
    const event = this.#events.shift()!
    this.#at = Math.max(this.#at, event.at)
    return { ...event, at: this.#at }
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
  }
}
