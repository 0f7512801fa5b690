/**
 * Instances as repairs look at them: what they are, how they began, and what is recorded.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { InstanceNotFound } from "../client/ClientError.ts"
import type { RepairVerb } from "../dispatcher/EventCodec.ts"
import type { Machine } from "../machine/Model.ts"
import type { Begun, InstanceRecord, Queue, StoredEvent } from "../queue/Queue.ts"
import type { QueueUnavailable } from "../queue/QueueError.ts"
import type { Beginning } from "../replay/steps.ts"
import type { RepairError, RepairOptions } from "./Repaired.ts"
import { RepairRefused } from "./RepairRefused.ts"
import type * as Steps from "./stepping.ts"

/** What steps histories, which is loaded when it is needed. */
export type Stepping = Effect.Effect<typeof Steps>

/** An instance, and what is done with it. */
export interface Subject {
  readonly verb: RepairVerb
  readonly record: InstanceRecord
  readonly begun: Begun
  readonly events: ReadonlyArray<StoredEvent>
}

export interface Case extends Subject {
  readonly machine: Machine
}

export interface Subjects {
  readonly look: (
    verb: RepairVerb,
    id: string
  ) => Effect.Effect<Subject, InstanceNotFound | QueueUnavailable>
  /** The same, with the machine of its program. */
  readonly open: (verb: RepairVerb, id: string) => Effect.Effect<Case, RepairError>
}

export const refuse = (verb: RepairVerb, instanceId: string, reason: string): RepairRefused =>
  new RepairRefused({ instanceId, verb, reason })

export const came = (
  verb: RepairVerb,
  id: string,
  isDone: boolean
): Effect.Effect<void, RepairRefused> =>
  isDone
    ? Effect.void
    : refuse(verb, id, "somebody else was faster: it was repaired or removed just now")

export const noteOf = (verb: RepairVerb, { actor, reason }: RepairOptions) => ({
  verb,
  actor: actor ?? null,
  reason: reason ?? null
})

export const beginningOf = ({ begun, record }: Subject): Beginning => ({
  id: record.id,
  input: record.input,
  seed: begun.seed,
  entry: begun.entry,
  startedAt: record.startedAt!
})

/** Only what is over for good can be put back. */
export const closed = <One extends Subject>(one: One): Effect.Effect<One, RepairRefused> => {
  const { begun, record, verb } = one
  const { id, status } = record
  if (status === "aside") {
    return refuse(verb, id, "it is set aside. Let it go on with `rappel instances resume`")
  }
  if (record.outcome === null) {
    return refuse(verb, id, `it has not finished (${status}). Cancel or terminate it first`)
  }
  if (!begun.closed) {
    return refuse(verb, id, "work goes on in its background. Wait for it, or terminate it")
  }
  return record.startedAt === null
    ? refuse(verb, id, "it never began")
    : Effect.succeed(one)
}

export const make = (queue: Queue["Type"], stepping: Stepping): Subjects => {
  const machines = new Map<string, Machine>()

  const machineOf = (verb: RepairVerb, record: InstanceRecord) =>
    Effect.gen(function*() {
      const known = machines.get(record.program)
      if (known !== undefined) return known
      const { load } = yield* stepping
      const [file] = yield* queue.getPrograms([record.program])
      if (file === undefined) return yield* refuse(verb, record.id, "its program is gone")
      const machine = yield* Effect.try({
        try: () => load(file),
        catch: (error) => refuse(verb, record.id, String(error))
      })
      machines.set(record.program, machine)
      return machine
    })

  const look: Subjects["look"] = (verb, id) =>
    Effect.gen(function*() {
      const [record] = yield* queue.find([id])
      const [begun] = yield* queue.begun([id])
      if (record === undefined || begun === undefined) {
        return yield* new InstanceNotFound({ instanceId: id })
      }
      return { verb, record, begun, events: yield* queue.history(id) }
    })

  return {
    look,
    open: (verb, id) =>
      Effect.flatMap(
        look(verb, id),
        (subject) =>
          Effect.map(machineOf(verb, subject.record), (machine) => ({ ...subject, machine }))
      )
  }
}
