/**
 * What operations of the differential refer to: numbers that are drawn, the ids that they stand
 * for, and what earlier answers have said.
 *
 * @since 0.1.0
 */
import type { CallKey } from "@rappel/core/queue/Calls"
import type { Claimed, Commit, Peer, Queue, StoredEvent } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { createHash } from "node:crypto"

export const HOUR = 3_600_000

/** Instances, dispatchers and messages that a sequence may name. */
export const INSTANCES = 5
export const DISPATCHERS = 3
export const NUMBERS = 6

export const uuid = (kind: string, n: number) =>
  `01970000-0000-7${kind}00-8000-${String(n).padStart(12, "0")}`
export const instanceId = (n: number) => uuid("1", n)
export const dispatcherId = (n: number) => uuid("2", n)
/** A message is always for the same instance: its sender made the id for it. */
export const messageId = (instance: string, n: number) =>
  uuid("3", Number(instance.slice(-6)) * 10 + n)
export const hash = (n: number) => `hash-${n}`

/** An event that looks like one, by its number. */
export const eventOf = (
  id: string,
  seq: number,
  n: number,
  message: number | null
): StoredEvent => ({
  seq,
  kind: message === null ? "settled" : "received",
  effect: seq,
  at: 1_763_900_000_000.5 + seq,
  payload: n % 2 === 0 ? `+${n}` : null,
  machine: 1,
  digest: -seq,
  ...(message === null ? {} : { message: messageId(id, message) })
})

/** What the answers so far have said; the same for all queues, as their answers are. */
export interface Known {
  /** When the sequence began, on this process's clock. */
  readonly startedAt: number
  commits: number
  /** Every (dispatcher, instance, epoch) that was ever given, oldest first. */
  readonly given: Array<Claimed & { readonly dispatcher: string; lastSeq: number }>
  peers: ReadonlyArray<Peer>
  lastCommit: Commit | undefined
  /** When a dispatcher was first declared dead: some moments later its permits return. */
  diedAt: number | undefined
}

export const nothingKnown = (startedAt: number): Known => ({
  startedAt,
  commits: 0,
  given: [],
  peers: [],
  lastCommit: undefined,
  diedAt: undefined
})

/** A whole number from 0 to `max`. */
export const small = (max: number) => FastCheck.nat({ max })
export const instance = small(INSTANCES - 1)
export const dispatcher = small(DISPATCHERS - 1)

/** Calls that a sequence may name, of each instance. */
export const EFFECTS = 3
export const ATTEMPTS = 2
export const effect = FastCheck.integer({ min: 1, max: EFFECTS })
export const attempt = FastCheck.integer({ min: 1, max: ATTEMPTS })

/** How the queue in memory names a call and the message with its verdict. */
export const callName = ({ attempt, effect, instanceId }: CallKey): string =>
  `${instanceId}:${effect}:${attempt}`

/** How Postgres names it. */
const hashed = (name: string): string => {
  const digest = createHash("md5").update(name).digest("hex")
  return digest.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5")
}

const names = new Map<string, string>()
for (let n = 0; n < INSTANCES; n++) {
  for (let effect = 1; effect <= EFFECTS; effect++) {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const name = callName({ instanceId: instanceId(n), effect, attempt })
      names.set(name, hashed(name))
    }
  }
}
const hashes = new Map(Array.from(names, ([name, hash]) => [hash, name]))

const renamed = <A>(value: A, by: ReadonlyMap<string, string>): A => {
  const rename = (value: unknown): unknown =>
    typeof value === "string"
      ? by.get(value) ?? value
      : Array.isArray(value)
      ? value.map(rename)
      : value !== null && typeof value === "object"
      ? Object.fromEntries(Object.entries(value).map(([key, field]) => [key, rename(field)]))
      : value
  return rename(value) as A
}

/**
 * A queue on Postgres that names calls, and the messages with their verdicts, as the one in
 * memory does.
 */
export const namingCalls = (queue: Queue["Type"]): Queue["Type"] => ({
  ...queue,
  commit: (batch) => queue.commit(renamed(batch, names)),
  load: (dispatcher, claimed) =>
    Effect.map(queue.load(dispatcher, claimed), (loaded) => renamed(loaded, hashes)),
  poll: (dispatcher, claimed) =>
    Effect.map(queue.poll(dispatcher, claimed), (arrived) => renamed(arrived, hashes))
})
