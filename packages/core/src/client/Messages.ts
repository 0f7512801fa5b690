/**
 * What a client says to running instances: cancel, terminate, signal, update.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Outcome } from "../machine/Model.ts"
import type { InstanceRecord, Message, Queue } from "../queue/Queue.ts"
import { within } from "../value/limits.ts"
import { encodeValue } from "../value/Value.ts"
import { accept, SIGNAL, SignalSchemaMismatch } from "../workflow/Signal.ts"
import { hostOfArguments } from "./classes.ts"
import {
  ArgumentsNotStorable,
  InstanceFinished,
  InstanceNotFound,
  UpdateRejected
} from "./ClientError.ts"
import type { Channel, RappelClient } from "./RappelClient.ts"
import { recordOf } from "./recordOf.ts"

/** How often an answer is looked for: at once, then ever more slowly. */
const FIRST_LOOK_MILLIS = 5
const SLOWEST_LOOK_MILLIS = 500

export interface Needs {
  readonly queue: Queue["Type"]
  readonly newId: Effect.Effect<string>
  /** The value and the error of an outcome, with this process's classes where it has them. */
  readonly decode: (
    record: InstanceRecord,
    outcome: Outcome
  ) => Effect.Effect<unknown, { readonly cause: unknown }>
}

type Made = Pick<
  RappelClient["Type"],
  "cancel" | "terminate" | "signal" | "update" | "published"
>

const nameOf = (channel: Channel): string => typeof channel === "string" ? channel : channel.name

/** The value as text; the schema of the channel is its sender's to keep. */
const encode = (
  channel: Channel,
  value: unknown
): Effect.Effect<string, SignalSchemaMismatch | ArgumentsNotStorable> =>
  Effect.try({
    try: () => {
      const input = typeof channel === "string" ? undefined : channel[SIGNAL].input
      const text = encodeValue(accept(nameOf(channel), input, value), hostOfArguments)
      return within("The value", text)
    },
    catch: (cause) =>
      cause instanceof SignalSchemaMismatch
        ? cause
        : new ArgumentsNotStorable({ workflow: `channel ${nameOf(channel)}`, cause })
  })

export const make = ({ decode, newId, queue }: Needs): Made => {
  const record = (id: string) => recordOf(queue, id)

  const finished = (id: string) =>
    Effect.flatMap(
      record(id),
      ({ status }) => Effect.fail(new InstanceFinished({ instanceId: id, status }))
    )

  const deliver = (message: Message) =>
    Effect.flatMap(queue.deliver([message]), ([delivery]) =>
      delivery === "delivered"
        ? Effect.void
        : delivery === "finished"
        ? finished(message.instanceId)
        : Effect.fail(new InstanceNotFound({ instanceId: message.instanceId })))

  const end = (kind: "cancel" | "terminate") => (id: string, reason?: string) =>
    Effect.flatMap(newId, (messageId) =>
      deliver({
        id: messageId,
        instanceId: id,
        kind,
        effect: 0,
        name: null,
        payload: reason ?? null
      }))

  const send = (
    id: string,
    channel: Channel,
    value: unknown,
    messageId: string | undefined
  ) =>
    Effect.gen(function*() {
      const payload = yield* encode(channel, value)
      const message: Message = {
        id: messageId ?? (yield* newId),
        instanceId: id,
        kind: "signal",
        effect: 0,
        name: nameOf(channel),
        payload
      }
      yield* deliver(message)
      return message.id
    })

  /** An answer that was given counts also when the instance has finished since. */
  const answerOf = (id: string, message: string) =>
    Effect.gen(function*() {
      for (let millis = FIRST_LOOK_MILLIS;; millis = Math.min(millis * 2, SLOWEST_LOOK_MILLIS)) {
        const { outcome } = yield* record(id)
        const found = (yield* queue.replies([message])).get(message)
        if (found !== undefined) return found
        if (outcome !== null) return yield* finished(id)
        yield* Effect.sleep(millis)
      }
    })

  return {
    cancel: end("cancel"),
    terminate: end("terminate"),
    signal: (id, channel, value, options = {}) =>
      Effect.asVoid(send(id, channel, value, options.messageId)),
    update: (id, channel, value, options = {}) =>
      Effect.gen(function*() {
        const message = yield* send(id, channel, value, options.messageId)
        const outcome = yield* answerOf(id, message)
        return yield* Effect.mapError(
          decode(yield* record(id), outcome),
          ({ cause }) => new UpdateRejected({ instanceId: id, channel: nameOf(channel), cause })
        )
      }),
    published: (id) =>
      Effect.gen(function*() {
        const found = yield* record(id)
        const values = yield* queue.published(id)
        const decoded = yield* Effect.forEach(values, ([name, value]) =>
          Effect.map(
            Effect.orDie(decode(found, { ok: true, value })),
            (decoded) => [name, decoded] as const
          ))
        return Object.fromEntries(decoded)
      })
  }
}
