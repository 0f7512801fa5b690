/**
 * Finds one instance.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { InstanceRecord, Queue } from "../queue/Queue.ts"
import type { QueueUnavailable } from "../queue/QueueError.ts"
import { InstanceNotFound } from "./ClientError.ts"

export const recordOf = (
  queue: Queue["Type"],
  id: string
): Effect.Effect<InstanceRecord, InstanceNotFound | QueueUnavailable> =>
  Effect.flatMap(queue.find([id]), ([record]) =>
    record === undefined
      ? Effect.fail(new InstanceNotFound({ instanceId: id }))
      : Effect.succeed(record))
