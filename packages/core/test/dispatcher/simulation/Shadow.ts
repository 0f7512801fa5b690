/**
 * A second machine beside an instance, which steps what is durable and nothing else: what it
 * asks for is all that may run.
 */
import { digestOf } from "../../../src/dispatcher/digest.ts"
import { decodeRepair, voidedBy } from "../../../src/dispatcher/EventCodec.ts"
import { isStep, machineEventOf } from "../../../src/dispatcher/machineEvents.ts"
import type { Command, Machine, PendingEffect, Start, State } from "../../../src/machine/Model.ts"
import type { StoredEvent } from "../../../src/queue/Queue.ts"

export class Shadow {
  /** Effects of calls that durable events, or the start, have asked for. */
  readonly asked = new Set<number>()
  /** What the last heartbeats said that are durable, by effect. */
  readonly details = new Map<number, string>()
  private readonly machine: Machine
  private readonly start: Start
  private state!: State
  private applied = 0

  constructor(machine: Machine, start: Start) {
    this.machine = machine
    this.start = start
    this.begin()
  }

  /** Steps the events that are new; answers what is wrong with them, if anything is. */
  follow(events: ReadonlyArray<StoredEvent>): string | undefined {
    while (this.applied < events.length) {
      const event = events[this.applied]!
      if (event.seq !== this.applied + 1) return `has a hole in its log at ${event.seq}`
      if (event.kind === "repaired") this.goBack(events.slice(0, event.seq))
      const wrong = this.apply(event)
      if (wrong !== undefined) return wrong
      this.applied++
    }
    return undefined
  }

  pendingOf(effect: number): PendingEffect | undefined {
    return this.state.pending.get(effect)
  }

  private begin(): void {
    const { state, step } = this.machine.start(this.start)
    this.state = state
    this.asked.clear()
    this.note(step.commands)
  }

  /** From its beginning through what the repair at the end of these leaves valid. */
  private goBack(events: ReadonlyArray<StoredEvent>): void {
    if (decodeRepair(events.at(-1)!.payload!).back === undefined) return
    this.begin()
    const voided = voidedBy(events)
    for (const event of events.slice(0, -1)) if (!voided.has(event.seq)) this.apply(event)
  }

  private apply(event: StoredEvent): string | undefined {
    const { digest, effect, kind, payload, seq } = event
    if (kind === "heartbeat") this.details.set(effect, payload!)
    else if (kind === "attempt" || kind === "lost") {
      const { details } = JSON.parse(payload!) as { readonly details?: string }
      if (details !== undefined) this.details.set(effect, details)
    }
    if (!isStep(event)) return undefined
    const { commands } = this.machine.apply(this.state, machineEventOf(event))
    this.note(commands)
    return digestOf(commands) === digest ? undefined : `diverges at ${seq}`
  }

  private note(commands: ReadonlyArray<Command>): void {
    for (const command of commands) if (command.kind === "call") this.asked.add(command.effect)
  }
}
