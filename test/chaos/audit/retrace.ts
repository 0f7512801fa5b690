/**
 * Steps a recorded instance again, from its start to its last event: which event asked for
 * which effect, and what came out.
 */
import { digestOf } from "@rappel/core/dispatcher/digest"
import { machineEventOf } from "@rappel/core/dispatcher/machineEvents"
import {
  type Command,
  type Machine,
  MACHINE_VERSION,
  type Outcome
} from "@rappel/core/machine/Model"
import type { Instance } from "./Books.ts"

export interface Emission {
  /** The event whose step asked for it; 0 is the start. */
  readonly seq: number
  readonly command: Extract<Command, { readonly kind: "call" | "timer" | "child" }>
}

export interface Trace {
  readonly emissions: ReadonlyMap<number, Emission>
  readonly outcome: Outcome | null
  readonly problems: ReadonlyArray<string>
}

/** Cancelled before its first step: none of its code ran, so that nothing asks for anything. */
const isCancelledBefore = ({ events: [first, ...rest], isOpen }: Instance): boolean =>
  first?.kind === "cancelled" && first.digest === 0 && rest.length === 0 && !isOpen

export const retrace = (instance: Instance, machine: Machine): Trace => {
  const emissions = new Map<number, Emission>()
  const problems: Array<string> = []
  let outcome: Outcome | null = null

  const take = (commands: ReadonlyArray<Command>, seq: number) => {
    for (const command of commands) {
      if (command.kind === "call" || command.kind === "timer" || command.kind === "child") {
        emissions.set(command.effect, { seq, command })
      } else if (command.kind === "complete") outcome = command.outcome
    }
  }

  if (instance.startedAt === null || isCancelledBefore(instance)) {
    return { emissions, outcome, problems }
  }
  const { state, step } = machine.start({
    instanceId: instance.id,
    input: instance.input,
    seed: instance.seed,
    ...(instance.entry === null ? {} : { entry: instance.entry }),
    at: instance.startedAt
  })
  take(step.commands, 0)
  for (const event of instance.events) {
    if (event.kind === "attempt" || event.kind === "lost" || event.kind === "terminated") continue
    if (event.effect !== 0 && !state.pending.has(event.effect)) {
      problems.push(`event ${event.seq} is about effect ${event.effect}, which is not pending`)
    }
    const { commands } = machine.apply(state, machineEventOf(event))
    if (event.machine !== MACHINE_VERSION || digestOf(commands) !== event.digest) {
      problems.push(
        `event ${event.seq} (${event.kind}) leads elsewhere when it is stepped again: to ` +
          `${digestOf(commands)} in place of ${event.digest}, ${JSON.stringify(commands)}`
      )
    }
    take(commands, event.seq)
  }
  return { emissions, outcome, problems }
}
