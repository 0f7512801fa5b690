/**
 * Steps an instance from its beginning through its recorded events, with no effect on anything:
 * what a repair, a replay and a look at a live state are made of.
 *
 * @since 0.1.0
 */
import { digestOf } from "../dispatcher/digest.ts"
import { voidedBy } from "../dispatcher/EventCodec.ts"
import { isStep, machineEventOf } from "../dispatcher/machineEvents.ts"
import { type Command, type Machine, MACHINE_VERSION, type State } from "../machine/Model.ts"
import type { StoredEvent } from "../queue/Queue.ts"

/** How an instance began. */
export interface Beginning {
  readonly id: string
  readonly input: string
  readonly seed: string
  readonly entry: string | null
  readonly startedAt: number
}

/** What a step asked for is not what it asked for when it was recorded. */
export interface Difference {
  readonly seq: number
  readonly recorded: number
  readonly found: number
  readonly reason: string
}

export interface Stepped {
  /** Null for the first step, which needs no event. */
  readonly event: StoredEvent | null
  /** A later repair has made the event void: nothing was stepped. */
  readonly isVoid: boolean
  readonly commands: ReadonlyArray<Command>
  /** Moved on in place by what follows. */
  readonly state: State
  /** The last one: after it nothing is as it was. */
  readonly difference: Difference | undefined
}

const differenceAt = (
  state: State,
  event: StoredEvent
): Difference | undefined => {
  const { digest, effect, kind, machine, seq } = event
  if (machine !== MACHINE_VERSION) {
    const reason = `it was stepped by version ${machine} of the machine, this one is ` +
      String(MACHINE_VERSION)
    return { seq, recorded: machine, found: MACHINE_VERSION, reason }
  }
  const isOfAnEffect = kind === "settled" || kind === "fired" || kind === "patched" ||
    kind === "failed"
  return isOfAnEffect && !state.pending.has(effect)
    ? { seq, recorded: digest, found: 0, reason: `nothing waits for effect ${effect}` }
    : undefined
}

/** Ends early after a difference. */
export function* steps(
  machine: Machine,
  { entry, id, input, seed, startedAt }: Beginning,
  events: ReadonlyArray<StoredEvent>
): Generator<Stepped, void> {
  const { state, step } = machine.start({
    instanceId: id,
    input,
    seed,
    at: startedAt,
    ...(entry === null ? {} : { entry })
  })
  yield { event: null, isVoid: false, commands: step.commands, state, difference: undefined }
  const voided = voidedBy(events)
  for (const event of events) {
    const isVoid = voided.has(event.seq)
    if (isVoid || !isStep(event)) {
      yield { event, isVoid, commands: [], state, difference: undefined }
      continue
    }
    const refusal = differenceAt(state, event)
    if (refusal !== undefined) {
      yield { event, isVoid, commands: [], state, difference: refusal }
      return
    }
    const { commands } = machine.apply(state, machineEventOf(event))
    const found = digestOf(commands)
    const difference = found === event.digest ? undefined : {
      seq: event.seq,
      recorded: event.digest,
      found,
      reason: "it asks for something else than when it was recorded"
    }
    yield { event, isVoid, commands, state, difference }
    if (difference !== undefined) return
  }
}
