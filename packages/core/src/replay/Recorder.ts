/**
 * Reads instances whole: as a recording, or as the state in which they are now.
 *
 * Both read what is stored and step it again here, so the owner of a live instance notices
 * nothing.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { InstanceNotFound } from "../client/ClientError.ts"
import type { StateView } from "../machine/view/viewOf.ts"
import type { Queue } from "../queue/Queue.ts"
import type { QueueUnavailable } from "../queue/QueueError.ts"
import { type Recording, RECORDING_FORMAT, RecordingNotReadable } from "./Recording.ts"
import type { Difference } from "./steps.ts"

/** Where an instance stands after the last of its events. */
export interface Standing {
  readonly state: StateView
  /** The last event that was stepped; 0 for none. */
  readonly seq: number
  /** Why the state is that of an earlier event. */
  readonly difference: Difference | undefined
}

export type RecordError = InstanceNotFound | RecordingNotReadable | QueueUnavailable

export interface Recorder {
  /** An instance as one file; of a live one, what is stored of it so far. */
  readonly record: (id: string) => Effect.Effect<Recording, RecordError>
  /** What an instance waits for, at which lines, with which variables. */
  readonly look: (id: string) => Effect.Effect<Standing, RecordError>
}

export const make = (queue: Queue["Type"]): Recorder => {
  const record = (id: string): Effect.Effect<Recording, RecordError> =>
    Effect.gen(function*() {
      const [found] = yield* queue.find([id])
      const [begun] = yield* queue.begun([id])
      if (found === undefined || begun === undefined) {
        return yield* new InstanceNotFound({ instanceId: id })
      }
      if (found.startedAt === null) {
        return yield* new RecordingNotReadable({
          reason: `instance ${id} has not begun, so nothing of it is recorded yet`
        })
      }
      const [program] = yield* queue.getPrograms([found.program])
      if (program === undefined) {
        return yield* new RecordingNotReadable({ reason: `the program of instance ${id} is gone` })
      }
      const { entry, seed } = begun
      return {
        format: RECORDING_FORMAT,
        exportedAt: yield* Clock.currentTimeMillis,
        instance: { ...found, seed, entry },
        program,
        // Read last: an outcome is never without the event that led to it.
        events: yield* queue.history(id)
      }
    })

  return {
    record,
    look: (id) =>
      Effect.flatMap(record(id), (recording) =>
        // The machine is large, and few processes look.
        Effect.map(
          Effect.promise(() => import("./replay.ts")),
          ({ standingOf }) => standingOf(recording)
        ))
  }
}
