/**
 * The history of a new instance that has events in common with another: pure.
 *
 * @since 0.1.0
 */
import { digestOf } from "../dispatcher/digest.ts"
import { decodeRepair, encodeJson, type RepairNote, voidedBy } from "../dispatcher/EventCodec.ts"
import { isStep, machineEventOf } from "../dispatcher/machineEvents.ts"
import { type Command, type Machine, MACHINE_VERSION } from "../machine/Model.ts"
import type { StoredEvent } from "../queue/Queue.ts"
import { type Beginning, steps } from "../replay/steps.ts"
import { differs, type Refusal } from "./turnBack.ts"

/** Without holes, and without what only said that another instance was made. */
const copiesOf = (events: ReadonlyArray<StoredEvent>): ReadonlyArray<StoredEvent> => {
  const voided = voidedBy(events)
  const copies: Array<StoredEvent> = []
  for (const event of events) {
    if (voided.has(event.seq)) continue
    const seq = copies.length + 1
    if (event.kind !== "repaired") {
      copies.push({ ...event, seq })
      continue
    }
    const { back, ...payload } = decodeRepair(event.payload!)
    if (back === undefined) continue
    // What was void is not copied.
    const turned = encodeJson({ ...payload, back: { ...back, from: seq } })
    copies.push({ ...event, seq, payload: turned })
  }
  return copies
}

const completes = (commands: ReadonlyArray<Command>): boolean =>
  commands.some(({ kind }) => kind === "complete")

/** The events that the new instance begins with; `at` is the last one in common. */
export const forkAt = (
  machine: Machine,
  beginning: Beginning,
  events: ReadonlyArray<StoredEvent>,
  at: number,
  made: {
    readonly id: string
    readonly seed: string
    readonly note: RepairNote
    readonly now: number
  }
): { readonly events: ReadonlyArray<StoredEvent> } | Refusal => {
  if (at < 0 || at > events.length) return { refused: `its events are 1 to ${events.length}` }
  if (voidedBy(events).has(at)) {
    return { refused: `event ${at} is void since a repair. Name one that counts` }
  }
  const common = events.slice(0, at)
  for (const { commands, difference, event, isVoid } of steps(machine, beginning, common)) {
    if (difference !== undefined) return { refused: differs(difference) }
    if (!isVoid && completes(commands)) {
      const where = event === null ? "its first step" : `event ${event.seq}`
      return { refused: `its result was fixed with ${where}. Name an event before that` }
    }
  }

  const copies = copiesOf(common)
  const { entry, input, seed, startedAt } = beginning
  const { state } = machine.start({
    instanceId: made.id,
    input,
    seed,
    at: startedAt,
    ...(entry === null ? {} : { entry })
  })
  // Children have other ids here, so what steps ask for has other digests.
  const copied = copies.map((event) =>
    isStep(event)
      ? { ...event, digest: digestOf(machine.apply(state, machineEventOf(event)).commands) }
      : event
  )
  const children = Array.from(state.pending.values()).flatMap((one) =>
    one.kind === "child" ? [`${one.id} (${one.name})`] : []
  )
  if (children.length > 0) {
    return {
      refused: `at event ${at} it waits for children, which belong to it alone: ` +
        `${children.join(", ")}. Name an event before they start, or after they ended`
    }
  }
  const back = { from: copied.length + 1, floor: state.effects, seed: made.seed, again: [] }
  const turned: StoredEvent = {
    seq: copied.length + 1,
    kind: "repaired",
    effect: 0,
    at: copied.reduce((most, event) => Math.max(most, event.at), made.now),
    payload: encodeJson({ ...made.note, back, origin: { id: beginning.id, seq: at } }),
    machine: MACHINE_VERSION,
    digest: digestOf([])
  }
  return { events: [...copied, turned] }
}
