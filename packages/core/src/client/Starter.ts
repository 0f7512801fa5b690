/**
 * Stores new instances: what arrives while one batch is on its way makes the next.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
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
   * All of them or none, in one statement. Up to `START_BATCH` are run by the dispatcher beside
   * this; more are claimed as any other: one that took them all would hold more than it has
   * room for.
   */
  readonly startMany: (
    requests: ReadonlyArray<StartRequest>,
    program: ProgramFile | undefined
  ) => Effect.Effect<ReadonlyArray<Started>, QueueUnavailable | KeyTaken>
}

interface Pending {
  readonly request: StartRequest
  readonly program: ProgramFile | undefined
  readonly answer: (stored: Stored) => void
}

/** Instances in one statement. */
const START_BATCH = 500

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
  const box = yield* Mailbox.make<Pending>()
  const stored = new Set<string>()

  const putPrograms = (batch: ReadonlyArray<Pick<Pending, "program">>) => {
    const fresh = new Map<string, ProgramFile>()
    for (const { program } of batch) {
      if (program !== undefined && !stored.has(program.hash)) fresh.set(program.hash, program)
    }
    if (fresh.size === 0) return Effect.void
    return Effect.map(queue.putPrograms(Array.from(fresh.values())), () => {
      for (const hash of fresh.keys()) stored.add(hash)
    })
  }

  /** Stores them, and lets the dispatcher of this process run those that it owns by that. */
  const send = (
    requests: ReadonlyArray<StartRequest>,
    programs: ReadonlyArray<Pick<Pending, "program">>
  ): Effect.Effect<ReadonlyArray<Started>, QueueUnavailable | KeyTaken> => {
    let sent = false
    return Effect.gen(function*() {
      const isRepeated = sent
      sent = true
      yield* putPrograms(programs)
      const local = requests.length <= START_BATCH ? dispatcher : undefined
      const owner = local?.id()
      const answers = yield* queue.start(requests, owner)
      if (local !== undefined) {
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
      }
      return answers
    }).pipe((sending) => retried(sending, retrying))
  }

  const store = (batch: ReadonlyArray<Pending>) =>
    send(batch.map(({ request }) => request), batch).pipe(
      Effect.matchCause({
        onFailure: (cause) => {
          for (const { answer } of batch) answer(Exit.failCause(cause))
        },
        onSuccess: (answers) => {
          for (const [i, { answer }] of batch.entries()) answer(Exit.succeed(answers[i]!))
        }
      })
    )

  const loop = Effect.forever(Effect.gen(function*() {
    const pending = Array.from((yield* box.takeAll)[0])
    const alone = pending.filter(({ request }) => isAlone(request))
    const free = pending.filter(({ request }) => !isAlone(request))
    for (let i = 0; i < free.length; i += START_BATCH) {
      yield* store(free.slice(i, i + START_BATCH))
    }
    for (const one of alone) yield* store([one])
  }))

  yield* Effect.forkScoped(loop)

  return {
    start: (request, program, answer) => {
      box.unsafeOffer({ request, program, answer })
    },
    // Not in the caller's fiber: ended between the two, it would leave instances to a
    // dispatcher that never hears of them.
    startMany: (requests, program) =>
      Effect.flatMap(Effect.forkIn(send(requests, [{ program }]), scope), Fiber.join)
  }
})
