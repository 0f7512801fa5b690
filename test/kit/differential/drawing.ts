/**
 * Operations of a queue drawn at random.
 *
 * What an operation refers to is drawn as small numbers and looked up in what earlier answers
 * said (`Known`), so that sequences shrink and mean the same on every queue.
 *
 * @since 0.1.0
 */
import * as FastCheck from "effect/FastCheck"
import { arbitraryCallOperation, callsOfEntry, queues } from "./calls.ts"
import { dispatcher, instance, INSTANCES, NUMBERS, small } from "./known.ts"
import { arbitraryFork, arbitraryRepair } from "./repairs.ts"

const number = small(NUMBERS - 1)

const outcome = FastCheck.option(
  FastCheck.oneof(
    FastCheck.record({
      ok: FastCheck.constant(true as const),
      value: FastCheck.constant("[\"\0\"]")
    }),
    FastCheck.record({ ok: FastCheck.constant(false as const), error: FastCheck.constant("e") }),
    FastCheck.record({
      ok: FastCheck.constant(false as const),
      error: FastCheck.constant("e"),
      attempts: small(3)
    })
  ),
  { freq: 3 }
)

const then = FastCheck.oneof(
  { weight: 3, arbitrary: FastCheck.constant({ kind: "keep" } as const) },
  {
    weight: 3,
    arbitrary: FastCheck.record({
      kind: FastCheck.constant("release" as const),
      inHours: FastCheck.constantFrom(-1, -1, 1, 2, null)
    })
  },
  { weight: 1, arbitrary: FastCheck.constant({ kind: "close" } as const) },
  { weight: 1, arbitrary: FastCheck.constant({ kind: "aside", reason: "why" } as const) }
)

const entry = FastCheck.record({
  given: small(11),
  /** Mostly the owner's own view; else a stale or wrong one. */
  epochOff: FastCheck.constantFrom(0, 0, 0, 0, 0, 1, -1),
  seqOff: FastCheck.constantFrom(0, 0, 0, 0, 0, 1, -1),
  events: small(3),
  /** The message that the first event was, if any. */
  message: FastCheck.option(small(2), { freq: 3 }),
  consumed: FastCheck.array(small(2), { maxLength: 2 }),
  logs: small(1),
  outcome,
  snapshot: FastCheck.boolean(),
  then,
  ...callsOfEntry
})

const startRequest = FastCheck.record({
  instance,
  delayHours: FastCheck.constantFrom(undefined, undefined, 0, 1, 2)
})

/** Ids are made per request, so that a batch has each once. */
const requests = FastCheck.uniqueArray(
  FastCheck.record({
    request: startRequest,
    input: FastCheck.constantFrom("[]", "[1]"),
    name: FastCheck.constantFrom("a", "b"),
    key: FastCheck.option(small(1), { freq: 2 }),
    priority: FastCheck.constantFrom(undefined, undefined, 5),
    deadlineHours: FastCheck.constantFrom(undefined, undefined, 3)
  }),
  { minLength: 1, maxLength: 3, selector: ({ request }) => request.instance }
)

const operation = <K extends string, T>(kind: K, fields: FastCheck.Arbitrary<T>) =>
  fields.map((value) => ({ kind, ...value }))

const record = FastCheck.record

/** One operation. */
export const arbitraryOperation = FastCheck.oneof(
  { weight: 8, arbitrary: arbitraryCallOperation },
  {
    weight: 4,
    arbitrary: operation(
      "start",
      record({ requests, owner: FastCheck.option(dispatcher, { freq: 2 }) })
    )
  },
  { weight: 2, arbitrary: operation("register", record({ dispatcher })) },
  {
    weight: 2,
    arbitrary: operation(
      "beat",
      record({ dispatcher, queues: FastCheck.option(queues, { freq: 2 }) })
    )
  },
  {
    weight: 1,
    arbitrary: operation("expire", record({ counterOff: FastCheck.constantFrom(0, 1) }))
  },
  { weight: 1, arbitrary: operation("leave", record({ dispatcher })) },
  {
    weight: 4,
    arbitrary: operation("claim", record({ dispatcher, limit: FastCheck.constantFrom(100, 0) }))
  },
  { weight: 2, arbitrary: operation("load", record({ dispatcher, off: small(1) })) },
  { weight: 2, arbitrary: operation("poll", record({ dispatcher })) },
  { weight: 1, arbitrary: operation("giveBack", record({ given: small(11) })) },
  {
    weight: 1,
    arbitrary: operation(
      "countClaim",
      record({ given: small(11), claims: FastCheck.constantFrom(2, 3, 4) })
    )
  },
  {
    weight: 6,
    arbitrary: operation(
      "commit",
      record({ entries: FastCheck.array(entry, { minLength: 1, maxLength: 4 }) })
    )
  },
  { weight: 2, arbitrary: operation("resend", record({})) },
  { weight: 1, arbitrary: arbitraryRepair },
  { weight: 1, arbitrary: arbitraryFork },
  {
    weight: 3,
    arbitrary: operation(
      "deliver",
      record({
        to: small(INSTANCES),
        messages: FastCheck.uniqueArray(small(2), { minLength: 1, maxLength: 3 }),
        messageKind: FastCheck.constantFrom("signal", "cancel", "child")
      })
    )
  },
  {
    weight: 1,
    arbitrary: operation(
      "remove",
      record({
        name: FastCheck.constantFrom("a", "b"),
        status: FastCheck.constantFrom("completed" as const, "failed" as const)
      })
    )
  },
  { weight: 1, arbitrary: operation("resume", record({ instances: FastCheck.array(instance) })) },
  {
    weight: 1,
    arbitrary: operation("programs", record({ put: FastCheck.array(number, { maxLength: 2 }) }))
  },
  {
    weight: 1,
    arbitrary: operation(
      "list",
      record({
        status: FastCheck.constantFrom(
          undefined,
          "waiting",
          "running",
          "completed",
          "failed",
          "aside"
        ),
        name: FastCheck.constantFrom(undefined, "a"),
        limit: FastCheck.constantFrom(1, 10)
      })
    )
  }
)

const startsAt = (owner: number, first: number, count: number) => ({
  kind: "start" as const,
  owner,
  requests: Array.from({ length: count }, (_, i) => ({
    request: { instance: first + i, delayHours: undefined },
    input: "[]",
    name: "a",
    key: null,
    priority: undefined,
    deadlineHours: undefined
  }))
})

/** All that a sequence about calls needs: dispatchers that are alive, with instances. */
const underWay: ReadonlyArray<Operation> = [
  ...[0, 1, 2].map((dispatcher) => ({ kind: "register" as const, dispatcher })),
  startsAt(0, 0, 2),
  startsAt(1, 2, 2)
]

/** Reads what was reported. */
const inboxes = [0, 1, 2].map((dispatcher) => ({ kind: "poll" as const, dispatcher }))

type Entry = typeof entry extends FastCheck.Arbitrary<infer A> ? A : never

/** What an owner does whose view is right. */
const rightly = (entry: Entry, fields: Partial<Entry>): Operation => ({
  kind: "commit",
  entries: [{ ...entry, epochOff: 0, seqOff: 0, outcome: null, ...fields }]
})

/** What an owner does to calls: nothing ends. */
const offering = FastCheck.record({
  entry,
  given: small(3),
  then: FastCheck.constantFrom("keep" as const, "keep" as const, "keep" as const, "close" as const)
}).map(({ entry, given, then }) => rightly(entry, { given, then: { kind: then } }))

/** A sequence of operations that are mostly about calls. */
export const arbitraryCallSequence: FastCheck.Arbitrary<ReadonlyArray<Operation>> = FastCheck
  .array(
    FastCheck.oneof(
      { weight: 8, arbitrary: offering },
      { weight: 12, arbitrary: arbitraryCallOperation },
      { weight: 2, arbitrary: arbitraryOperation }
    ),
    { minLength: 10, maxLength: 40, size: "max" }
  )
  .map((operations) => [...underWay, ...operations, ...inboxes])

/** What an owner does to an instance that it ends soon, maybe after a snapshot. */
const ending = FastCheck.record({
  entry,
  given: small(3),
  outcome: FastCheck.constantFrom(
    { ok: false as const, error: "e" },
    { ok: true as const, value: "1" }
  ),
  isEnd: FastCheck.boolean()
}).map(({ entry, given, isEnd, outcome }) =>
  isEnd
    ? rightly(entry, { given, outcome, snapshot: false, then: { kind: "close" } })
    : rightly(entry, { given, then: { kind: "keep" } })
)

/** A sequence of operations that are mostly about what has ended, and goes on. */
export const arbitraryRepairSequence: FastCheck.Arbitrary<ReadonlyArray<Operation>> = FastCheck
  .array(
    FastCheck.oneof(
      { weight: 8, arbitrary: ending },
      { weight: 6, arbitrary: arbitraryRepair },
      { weight: 3, arbitrary: arbitraryFork },
      { weight: 6, arbitrary: arbitraryOperation }
    ),
    { minLength: 10, maxLength: 40, size: "max" }
  )
  .map((operations) => [...underWay, ...operations, ...inboxes])

export type Operation = typeof arbitraryOperation extends FastCheck.Arbitrary<infer A> ? A : never
