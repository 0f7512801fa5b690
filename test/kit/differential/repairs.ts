/**
 * Operations about what has ended: it is repaired, or another is made of it.
 *
 * @since 0.1.0
 */
import type { Queue, Repair } from "@rappel/core/queue/Queue"
import type * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import {
  eventOf,
  hash,
  instance,
  instanceId,
  INSTANCES,
  type Known,
  messageId,
  NUMBERS,
  small,
  uuid
} from "./known.ts"

const how = {
  /** Two repairs, so that one is sent again now and then. */
  repair: small(1),
  /** Mostly what its log ends with. */
  seqOff: FastCheck.constantFrom(0, 0, 0, 0, 1, -1)
}

export const arbitraryRepair = FastCheck.record({
  kind: FastCheck.constant("repair" as const),
  instances: FastCheck.uniqueArray(instance, { minLength: 1, maxLength: 2 }),
  messages: FastCheck.uniqueArray(small(2), { maxLength: 2 }),
  ...how
})

export const arbitraryFork = FastCheck.record({
  kind: FastCheck.constant("fork" as const),
  of: instance,
  /** Mostly one that is not there yet. */
  into: FastCheck.constantFrom(INSTANCES - 1, INSTANCES - 1, INSTANCES - 1, 0),
  events: small(2),
  isBegun: FastCheck.boolean(),
  ...how
})

type Of<A> = A extends FastCheck.Arbitrary<infer T> ? T : never
type RepairOperation = Of<typeof arbitraryRepair> | Of<typeof arbitraryFork>

export const isOfRepairs = (operation: { readonly kind: string }): operation is RepairOperation =>
  operation.kind === "repair" || operation.kind === "fork"

const noteOf = (
  known: Known,
  n: number,
  { repair, seqOff }: Pick<RepairOperation, "repair" | "seqOff">
): Omit<Repair, "messages"> => {
  const id = instanceId(n)
  const lastSeq = known.given.findLast((one) => one.id === id)?.lastSeq ?? 0
  const expectedSeq = Math.max(lastSeq + seqOff, 0)
  const event = eventOf(id, expectedSeq + 1, 0, null)
  const payload = JSON.stringify({ verb: "retry", reason: "a NUL \0" })
  return {
    id,
    repairId: uuid("5", n * 10 + repair),
    expectedSeq,
    event: { ...event, kind: "repaired", effect: 0, payload }
  }
}

/** What an operation does to a queue: the same for each, given the same `known`. */
export const repairOperation = (
  operation: RepairOperation,
  known: Known
): (queue: Queue["Type"]) => Effect.Effect<unknown, unknown> => {
  if (operation.kind === "repair") {
    const repairs = operation.instances.map((n): Repair => ({
      ...noteOf(known, n, operation),
      messages: operation.messages.map((nth) => ({
        id: messageId(instanceId(n), NUMBERS + nth),
        instanceId: instanceId(n),
        kind: "outcome",
        effect: nth + 1,
        name: nth === 0 ? null : "somebody",
        payload: "+1"
      }))
    }))
    return (queue) => queue.repair(repairs)
  }
  const { events, into, isBegun, of } = operation
  const id = instanceId(into)
  const request = { id, name: "a", program: hash(1), input: "[2]", seed: "0".repeat(32) }
  return (queue) =>
    queue.fork({
      request,
      entry: null,
      startedAt: isBegun ? known.startedAt : null,
      events: Array.from({ length: events }, (_, i) => eventOf(id, i + 1, i, null)),
      origin: noteOf(known, of, operation)
    })
}

/** What was repaired has one event more. */
export const learnRepair = (operation: RepairOperation, known: Known): void => {
  for (const n of operation.kind === "repair" ? operation.instances : [operation.of]) {
    const { event, id } = noteOf(known, n, operation)
    for (const given of known.given) if (given.id === id) given.lastSeq = event.seq
  }
}
