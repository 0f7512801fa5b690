/**
 * Operations on offered calls: what commits offer, take back and consume, and what takers do.
 *
 * Which of several calls is taken depends on their ranks, so no two offers have the same one, and
 * none is a matter of milliseconds. Rates are over hours, so that no start is forgotten.
 *
 * @since 0.1.0
 */
import type {
  CallKey,
  LaneLimit,
  Offer,
  QueueLimits,
  TakenCall,
  TakeRequest,
  Verdict
} from "@rappel/core/queue/Calls"
import type { Arrived, Queue } from "@rappel/core/queue/Queue"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import {
  attempt,
  callName,
  dispatcher,
  dispatcherId,
  effect,
  HOUR,
  instance,
  instanceId
} from "./known.ts"

type Service = Queue["Type"]

const record = FastCheck.record

/** `default` and `gpu`; a take may name both, in either order, or none. */
const queue = FastCheck.constantFrom("default", "default", "gpu")
export const queues = FastCheck.constantFrom(
  ["default"],
  ["default"],
  ["gpu"],
  ["default", "gpu"],
  ["gpu", "default"],
  []
)

const rate = FastCheck.option(record({ count: FastCheck.constantFrom(1, 2) }), { freq: 2 }).map(
  (one) => one === null ? null : { ...one, periodMillis: 10 * HOUR }
)
const concurrency = FastCheck.option(FastCheck.constantFrom(1, 2), { freq: 2 })

const limit = FastCheck.option(
  record({ lane: FastCheck.constantFrom("a", "b", "c"), concurrency, rate }),
  { freq: 2 }
)

const key = record({ effect, attempt })

/** The same call once: what is offered twice in one commit has no promise. */
const keyed = <A extends { readonly effect: number; readonly attempt: number }>(
  one: FastCheck.Arbitrary<A>,
  maxLength: number
) => FastCheck.uniqueArray(one, { maxLength, selector: callOf })

const callOf = ({ attempt, effect }: Pick<CallKey, "effect" | "attempt">) => `${effect}:${attempt}`

/** Fields of a commit's entry. */
export const callsOfEntry = {
  offers: keyed(
    record({ effect, attempt, queue, limit, priority: FastCheck.constantFrom(0, 0, 1, 2) }),
    3
  ),
  withdrawn: keyed(key, 1),
  /** Verdicts that it consumes. */
  answered: keyed(key, 2)
}

type Key = Pick<CallKey, "effect" | "attempt">

/** Those of `keys` that are not offered. */
export const besides = (
  offers: ReadonlyArray<Key>,
  keys: ReadonlyArray<Key>
): ReadonlyArray<Key> =>
  keys.filter((key) => !offers.some((offer) => callOf(offer) === callOf(key)))

interface Drawn {
  readonly then: { readonly kind: string }
  readonly offers: ReadonlyArray<
    Pick<CallKey, "effect" | "attempt"> & {
      readonly queue: string
      readonly limit: LaneLimit | null
      readonly priority: number
    }
  >
  readonly withdrawn: ReadonlyArray<Pick<CallKey, "effect" | "attempt">>
}

/** A point of priority is a second: each step of these is hours. */
const STEP = 10_000

/** An entry that closes offers nothing, and none takes back or consumes what it offers. */
export const offersOf = (
  instanceId: string,
  { offers, then, withdrawn }: Drawn
) => ({
  offers: (then.kind === "close" ? [] : offers).map((offer, i): Offer => ({
    ...offer,
    priority: offer.priority * STEP - i * (STEP / 10) - Number(instanceId.slice(-2)) * (STEP / 100),
    action: "mail.ts#send",
    file: "mail.ts",
    exportName: "send",
    args: `["\0",${i}]`,
    timeoutMillis: i === 0 ? 1000.5 : null,
    heartbeatMillis: null,
    details: offer.attempt > 1 ? "[\"\0\"]" : null,
    alone: i > 1,
    transactional: false
  })),
  withdrawn: besides(offers, withdrawn).map((key) => ({ instanceId, ...key }))
})

const details = FastCheck.constantFrom({}, { details: "[1]" })
const verdict: FastCheck.Arbitrary<Verdict> = FastCheck.oneof(
  FastCheck.constant({ kind: "succeeded", value: "[\"\0\"]" } as const),
  details.map((its) => ({ kind: "failed", error: "e", ...its } as const)),
  details.map((its) => ({ kind: "timeout", ...its } as const)),
  details.map((its) => ({ kind: "lost", reason: "why", ...its } as const)),
  FastCheck.tuple(FastCheck.constantFrom("shared" as const, "sole" as const), details).map((
    [blame, its]
  ) => ({ kind: "lost", reason: "why", blame, ...its }) as const)
)

const named = record({ instance, effect, attempt })
const operation = <K extends string, T>(kind: K, fields: FastCheck.Arbitrary<T>) =>
  fields.map((value) => ({ kind, ...value }))

export const arbitraryCallOperation = FastCheck.oneof(
  {
    weight: 5,
    arbitrary: operation(
      "take",
      record({
        dispatcher,
        queues,
        limit: FastCheck.constantFrom(0, 1, 2, 10),
        after: FastCheck.constantFrom("", "", "a", "b", "z")
      })
    )
  },
  {
    weight: 4,
    arbitrary: operation(
      "report",
      record({
        dispatcher,
        verdicts: FastCheck.array(record({ key: named, verdict }), { minLength: 1, maxLength: 2 })
      })
    )
  },
  {
    weight: 2,
    arbitrary: operation(
      "giveCallsBack",
      record({ dispatcher, keys: FastCheck.array(named, { maxLength: 3 }) })
    )
  },
  { weight: 1, arbitrary: operation("held", record({ dispatcher })) },
  {
    weight: 1,
    arbitrary: operation(
      "limit",
      record({ name: queue, concurrency, rate, paused: FastCheck.constantFrom(false, false, true) })
    )
  },
  { weight: 1, arbitrary: operation("queues", record({})) }
)

export type CallOperation = typeof arbitraryCallOperation extends FastCheck.Arbitrary<infer A> ? A
  : never

const KINDS: ReadonlySet<string> = new Set([
  "take",
  "report",
  "giveCallsBack",
  "held",
  "limit",
  "queues"
])

export const isOfCalls = <O extends { readonly kind: string }>(
  operation: O
): operation is Extract<O, CallOperation> => KINDS.has(operation.kind)

const keyOf = ({ attempt, effect, instance }: FastCheckOf<typeof named>): CallKey => ({
  instanceId: instanceId(instance),
  effect,
  attempt
})

type FastCheckOf<A> = A extends FastCheck.Arbitrary<infer T> ? T : never

/** Verdicts that came together are in no promised order. */
export const inOrder = (inbox: ReadonlyArray<Arrived>): ReadonlyArray<Arrived> => {
  const sorted: Array<Arrived> = []
  let run: Array<Arrived> = []
  const flush = () => {
    sorted.push(...run.sort((a, b) => a.id < b.id ? -1 : 1))
    run = []
  }
  for (const message of inbox) {
    if (message.kind === "call") run.push(message)
    else {
      flush()
      sorted.push(message)
    }
  }
  flush()
  return sorted
}

const withoutSlot = ({ slot: _slot, ...call }: TakenCall) => call

/** What an operation does to a queue. */
export const callOperation = (
  operation: CallOperation
): (queue: Service) => Effect.Effect<unknown, unknown> => {
  switch (operation.kind) {
    case "take": {
      const { after, limit, queues } = operation
      const request: TakeRequest = {
        dispatcher: dispatcherId(operation.dispatcher),
        queues,
        limit,
        after
      }
      return ({ calls }) =>
        Effect.map(calls.take(request), (taken) => ({
          // Of one take, the order is of no meaning.
          calls: taken.calls.map(withoutSlot).toSorted((a, b) =>
            callName(a) < callName(b) ? -1 : 1
          ),
          after: taken.after,
          nextAt: taken.nextAt === null ? null : "time"
        }))
    }
    case "report": {
      const by = dispatcherId(operation.dispatcher)
      const verdicts = operation.verdicts.map(({ key, verdict }) => ({ ...keyOf(key), verdict }))
      const unique = Array.from(new Map(verdicts.map((one) => [callName(one), one])).values())
      return ({ calls }) => calls.report(by, unique)
    }
    case "giveCallsBack": {
      const by = dispatcherId(operation.dispatcher)
      const keys = operation.keys.map(keyOf)
      return ({ calls }) => calls.giveBack(by, keys)
    }
    case "held": {
      const by = dispatcherId(operation.dispatcher)
      return ({ calls }) => Effect.map(calls.held(by), (keys) => keys.map(callName).toSorted())
    }
    case "limit": {
      const { concurrency, name, paused, rate } = operation
      const limits: QueueLimits = { concurrency, paused, rate }
      return ({ calls }) => calls.limit(name, limits)
    }
    case "queues":
      return queuesOf
  }
}

/** All that is known of queues. */
export const queuesOf = ({ calls }: Service): Effect.Effect<unknown, unknown> =>
  Effect.map(
    calls.list,
    (list) => list.map((one) => ({ ...one, oldestAt: one.oldestAt === null ? null : "time" }))
  )
