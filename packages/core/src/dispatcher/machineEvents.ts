/**
 * Stored events as the machine is told of them.
 *
 * @since 0.1.0
 */
import type { MachineEvent } from "../machine/Model.ts"
import type { StoredEvent } from "../queue/Queue.ts"
import {
  decodeFailed,
  decodeOutcome,
  decodePatch,
  decodeRepair,
  decodeSignal
} from "./EventCodec.ts"

/** What the machine is told of a stored event that `isStep`. */
export const machineEventOf = (event: StoredEvent): MachineEvent => {
  switch (event.kind) {
    case "settled":
      return {
        kind: "settled",
        effect: event.effect,
        at: event.at,
        outcome: decodeOutcome(event.payload!)
      }
    case "patched":
      return {
        kind: "settled",
        effect: event.effect,
        at: event.at,
        outcome: decodePatch(event.payload!).outcome
      }
    case "repaired": {
      const { again, floor, seed } = decodeRepair(event.payload!).back!
      return { kind: "repaired", at: event.at, floor, seed, again }
    }
    case "fired":
      return { kind: "fired", effect: event.effect, at: event.at }
    case "failed": {
      const { count, error } = decodeFailed(event.payload!)
      return { kind: "failed", effect: event.effect, at: event.at, error, attempts: count }
    }
    case "received":
      return {
        kind: "received",
        at: event.at,
        ...decodeSignal(event.payload!),
        message: event.message!
      }
    default:
      return { kind: "cancelled", at: event.at, reason: event.payload }
  }
}

/** The machine is told of it. */
export const isStep = ({ kind, payload }: StoredEvent): boolean =>
  kind === "repaired"
    ? decodeRepair(payload!).back !== undefined
    : kind !== "attempt" && kind !== "lost" && kind !== "heartbeat" && kind !== "terminated"
