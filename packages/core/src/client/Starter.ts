/**
 * Stores new instances: what arrives while one batch is on its way makes the next.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { endless } from "../dispatcher/endless.ts"
import { LocalDispatcher, type StartedHere } from "../dispatcher/LocalDispatcher.ts"
import type { ProgramFile } from "../program/Program.ts"
import { isAtOnce } from "../queue/isAtOnce.ts"
import { type Loaded, Queue, type Started, type StartRequest } from "../queue/Queue.ts"
import type { KeyTaken, QueueUnavailable } from "../queue/QueueError.ts"
import { retried } from "../queue/retried.ts"

export type Stored = Exit.Exit<Started, QueueUnavailable | KeyTaken>

export interface Starter {
  /** Calls back once. `program` is stored first when this process has not done so yet. */
  readonly start: (
    request: StartRequest,
    program: ProgramFile | undefined,
    answer: (stored: Stored) => void
  ) => void
  /**
   * All of them or none, in one statement, which may hold starts of others as well. Up to
   * `START_BATCH` are run by the dispatcher beside this; more are claimed as any other: one that
   * took them all would hold more than it has room for.
   */
  readonly startMany: (
    requests: ReadonlyArray<StartRequest>,
    program: ProgramFile | undefined
  ) => Effect.Effect<ReadonlyArray<Started>, QueueUnavailable | KeyTaken>
}

type AllStored = Exit.Exit<ReadonlyArray<Started>, QueueUnavailable | KeyTaken>

/** Starts that one caller asked for at once. */
interface Pending {
  readonly requests: ReadonlyArray<StartRequest>
  readonly program: ProgramFile | undefined
  readonly answer: (stored: AllStored) => void
}

/** Instances in one statement. */
const START_BATCH = 500

/** A statement takes no further caller's starts once it holds so much of inputs; one alone may hold more. */
const START_LENGTH = 16 * 1024 * 1024

const lengthOf = (requests: ReadonlyArray<StartRequest>): number =>
  requests.reduce((sum, { input }) => sum + input.length, 0)

/** Ids are made before the first send, so a repeated start finds what the first one stored. */
const retrying = {
  schedule: Schedule.intersect(Schedule.exponential("100 millis"), Schedule.recurs(5)),
  while: (error: QueueUnavailable | KeyTaken) =>
    error._tag === "QueueUnavailable" && error.retryable
}

/** A key that is taken refuses the whole batch, and what is debounced has a statement of its own. */
const isAlone = ({ debounce, key }: StartRequest): boolean =>
  debounce !== undefined || key !== undefined

/** What a dispatcher would read of an instance that was inserted as its own. */
const startedHere = (
  { input, name, program, seed }: StartRequest,
  { id, startedAt }: Started,
  owner: string
): StartedHere => {
  if (startedAt === undefined) return { id, epoch: 1 }
  const loaded: Loaded = {
    id,
    epoch: 1,
    name,
    program,
    input,
    seed,
    startedAt,
    lastSeq: 0,
    claims: 1,
    completed: false,
    snapshot: null,
    events: [],
    inbox: []
  }
  return { id, epoch: 1, fresh: { owner, loaded } }
}

export const make: Effect.Effect<Starter, never, Queue | Scope.Scope> = Effect.gen(function*() {
  const queue = yield* Queue
  const scope = yield* Effect.scope
  const dispatcher = Option.getOrUndefined(yield* Effect.serviceOption(LocalDispatcher))
  const forAnyBatch = yield* Mailbox.make<Pending>()
  const alone = yield* Mailbox.make<Pending>()
  const stored = new Set<string>()

  const unstored = (
    batch: ReadonlyArray<Pick<Pending, "program">>
  ): ReadonlyArray<ProgramFile> => {
    const fresh = new Map<string, ProgramFile>()
    for (const { program } of batch) {
      if (program !== undefined && !stored.has(program.hash)) fresh.set(program.hash, program)
    }
    return Array.from(fresh.values())
  }

  const putPrograms = (files: ReadonlyArray<ProgramFile>) =>
    Effect.map(queue.putPrograms(files), () => {
      for (const { hash } of files) stored.add(hash)
    })

  /** Stores them, and lets the dispatcher of this process run those that it owns by that. */
  const send = (
    requests: ReadonlyArray<StartRequest>,
    programs: ReadonlyArray<Pick<Pending, "program">>
  ): Effect.Effect<ReadonlyArray<Started>, QueueUnavailable | KeyTaken> => {
    let sent = false
    const local = requests.length <= START_BATCH ? dispatcher : undefined
    const sending = Effect.suspend(() => {
      const isRepeated = sent
      sent = true
      const owner = local?.id()
      const fresh = unstored(programs)
      const starting = fresh.length === 0
        ? queue.start(requests, owner)
        : Effect.zipRight(putPrograms(fresh), queue.start(requests, owner))
      if (local === undefined) return starting
      return Effect.map(starting, (answers) => {
        // An instance that waits for its time, or was there before, is claimed as any other;
        // one that a lost answer hides was created all the same.
        const isMine = (started: Started, i: number) => {
          const request = requests[i]!
          const { id } = request
          return isAtOnce(request) && (started.created || (isRepeated && started.id === id))
        }
        const mine = answers.flatMap((started, i) =>
          isMine(started, i) ? [startedHere(requests[i]!, started, owner!)] : []
        )
        if (mine.length > 0) local.started(mine)
        return answers
      })
    })
    return retried(sending, retrying)
  }

  /** What Postgres refuses of one caller must not be refused to the others: it is found by halving. */
  const store = (batch: ReadonlyArray<Pending>): Effect.Effect<void> =>
    Effect.matchCauseEffect(send(batch.flatMap(({ requests }) => requests), batch), {
      onFailure: (cause) => {
        if (batch.length > 1 && isRefusal(cause)) {
          const half = batch.length >> 1
          return Effect.zipRight(store(batch.slice(0, half)), store(batch.slice(half)))
        }
        for (const { answer } of batch) answer(Exit.failCause(cause))
        return Effect.void
      },
      onSuccess: (answers) => {
        let from = 0
        for (const { answer, requests } of batch) {
          answer(Exit.succeed(answers.slice(from, from += requests.length)))
        }
        return Effect.void
      }
    })

  const storeAll = Effect.flatMap(forAnyBatch.takeAll, ([pending]) => {
    const batches = batchesOf(Array.from(pending))
    return batches.length === 1
      ? store(batches[0]!)
      : Effect.forEach(batches, store, { discard: true })
  })
  yield* Effect.forkScoped(endless(() => storeAll))
  // A key waits for the transaction of an app that has the same one in hand, for up to a minute:
  // only what has a key itself waits with it.
  yield* Effect.forkScoped(Effect.forever(Effect.flatMap(
    Effect.orDie(alone.take),
    (one) => store([one])
  )))

  return {
    start: (request, program, answer) => {
      const box = isAlone(request) ? alone : forAnyBatch
      box.unsafeOffer({
        requests: [request],
        program,
        answer: (stored) => answer(Exit.map(stored, ([started]) => started!))
      })
    },
    // Not in the caller's fiber: ended between the two, it would leave instances to a
    // dispatcher that never hears of them.
    startMany: (requests, program) =>
      requests.length <= START_BATCH && !requests.some(isAlone)
        ? Effect.async((resume) => {
          forAnyBatch.unsafeOffer({ requests, program, answer: resume })
        })
        : Effect.flatMap(Effect.forkIn(send(requests, [{ program }]), scope), Fiber.join)
  }
})

/** In order, each of no more than one statement takes. */
const batchesOf = (pending: ReadonlyArray<Pending>): ReadonlyArray<ReadonlyArray<Pending>> => {
  const batches: Array<Array<Pending>> = []
  let starts = 0
  let length = 0
  for (const one of pending) {
    const { requests } = one
    starts += requests.length
    length += lengthOf(requests)
    if (batches.length === 0 || starts > START_BATCH || length > START_LENGTH) {
      batches.push([])
      starts = requests.length
      length = lengthOf(requests)
    }
    batches.at(-1)!.push(one)
  }
  return batches
}

/** The data are no good, or nothing can be stored at all. */
const isRefusal = (cause: Cause.Cause<QueueUnavailable | KeyTaken>): boolean => {
  const failure = Cause.failureOption(cause)
  return Option.isSome(failure) && failure.value._tag === "QueueUnavailable" &&
    !failure.value.retryable
}
