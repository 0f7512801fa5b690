/**
 * A second machine beside an instance, which steps what is durable and nothing else: what it
 * asks for is all that may run.
 */
import { machineEventOf } from "../../../src/dispatcher/adopt.ts"
import { digestOf } from "../../../src/dispatcher/digest.ts"
import type { Command, Machine, Start, State } from "../../../src/machine/Model.ts"
import type { StoredEvent } from "../../../src/queue/Queue.ts"

export class Shadow {
  /** Effects of calls that durable events, or the start, have asked for. */
  readonly asked = new Set<number>()
  private readonly machine: Machine
  private readonly state: State
  private applied = 0

  constructor(machine: Machine, start: Start) {
    this.machine = machine
    const { state, step } = machine.start(start)
    this.state = state
    this.note(step.commands)
  }

  /** Steps the events that are new; answers what is wrong with them, if anything is. */
  follow(events: ReadonlyArray<StoredEvent>): string | undefined {
    for (; this.applied < events.length; this.applied++) {
      const event = events[this.applied]!
      if (event.seq !== this.applied + 1) return `has a hole in its log at ${event.seq}`
      if (event.kind === "attempt" || event.kind === "lost") continue
      const { commands } = this.machine.apply(this.state, machineEventOf(event))
      if (digestOf(commands) !== event.digest) return `diverges at ${event.seq}`
      this.note(commands)
    }
    return undefined
  }

  isPending(effect: number): boolean {
    return this.state.pending.has(effect)
  }

  private note(commands: ReadonlyArray<Command>): void {
    for (const command of commands) if (command.kind === "call") this.asked.add(command.effect)
  }
}
