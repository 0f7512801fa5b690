/**
 * Ids, requests, entries and owners, as tests and benchmarks of a queue need them.
 */
import { uuidv7 } from "@rappel/core/entropy/Entropy"
import type { Offer } from "@rappel/core/queue/Calls"
import {
  type CommitEntry,
  type Message,
  Queue,
  type StartRequest,
  type StoredEvent
} from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import { randomBytes } from "node:crypto"

let made = 0

/** Ids in the order of their making, a millisecond apart. */
export const newId = (): string =>
  uuidv7({ bytes: (count) => randomBytes(count) }, 1_800_000_000_000 + ++made)

export const requestOf = (fields: Partial<StartRequest> = {}): StartRequest => ({
  id: newId(),
  name: "greeting",
  program: "hash-1",
  input: "[\"u1\"]",
  seed: "0123456789abcdef0123456789abcdef",
  ...fields
})

export const eventOf = (seq: number, fields: Partial<StoredEvent> = {}): StoredEvent => ({
  seq,
  kind: "settled",
  effect: seq,
  at: 1_763_900_000_000 + seq,
  payload: `{"ok":true,"value":"${seq}"}`,
  machine: 1,
  digest: -seq,
  ...fields
})

export const messageOf = (instanceId: string, fields: Partial<Message> = {}): Message => ({
  id: newId(),
  instanceId,
  kind: "signal",
  effect: 0,
  name: "approval",
  payload: "1",
  ...fields
})

/** An entry that writes nothing; at epoch 1, as after the first claim. */
export const entryOf = (id: string, fields: Partial<CommitEntry> = {}): CommitEntry => ({
  id,
  epoch: 1,
  expectedSeq: 0,
  events: [],
  logs: [],
  consumed: [],
  outcome: null,
  snapshot: null,
  then: { kind: "keep" },
  ...fields
})

/** An offer of the first attempt, in the default queue, without limits. */
export const offerOf = (effect: number, fields: Partial<Offer> = {}): Offer => ({
  effect,
  attempt: 1,
  queue: "default",
  limit: null,
  priority: 0,
  action: "mail.ts#send",
  file: "mail.ts",
  exportName: "send",
  args: "[]",
  timeoutMillis: 300_000,
  heartbeatMillis: null,
  details: null,
  alone: false,
  transactional: false,
  ...fields
})

/** All that is offered in the default queue, for a dispatcher. */
export const takeAs = (dispatcher: string) =>
  Effect.flatMap(
    Queue,
    ({ calls }) => calls.take({ dispatcher, queues: ["default"], limit: 1000, after: "" })
  )

/** A registered dispatcher's id. */
export const newDispatcher = Effect.gen(function*() {
  const queue = yield* Queue
  const id = newId()
  yield* queue.register({ id, host: "here", pid: 1 })
  return id
})

/** A dispatcher that owns new instances at epoch 1. */
export const newOwner = (count: number, fields: Partial<StartRequest> = {}) =>
  Effect.gen(function*() {
    const queue = yield* Queue
    const owner = yield* newDispatcher
    const started = yield* queue.start(
      Array.from({ length: count }, () => requestOf(fields)),
      owner
    )
    return { owner, ids: started.map(({ id }) => id) } as const
  })

/** Commits `entries` of `owner` under a new id. */
export const commitOf = (owner: string, entries: ReadonlyArray<CommitEntry>) =>
  Effect.flatMap(Queue, (queue) => queue.commit({ id: newId(), dispatcher: owner, entries }))
