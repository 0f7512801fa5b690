/**
 * Stores new instances: what arrives while one batch is on its way makes the next.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { LocalDispatcher } from "../dispatcher/LocalDispatcher.ts"
import type { ProgramFile } from "../program/Program.ts"
import { Queue, type Started, type StartRequest } from "../queue/Queue.ts"
import type { KeyTaken, QueueUnavailable } from "../queue/QueueError.ts"

type Stored = Effect.Effect<Started, QueueUnavailable | KeyTaken>

export interface Starter {
  /** `program` is stored first when this process has not done so yet. */
  readonly start: (request: StartRequest, program: ProgramFile | undefined) => Stored
}

interface Pending {
  readonly request: StartRequest
  readonly program: ProgramFile | undefined
  readonly answer: Deferred.Deferred<Started, QueueUnavailable | KeyTaken>
}

/** Instances in one statement. */
const START_BATCH = 500

/** Ids are made before the first send, so a repeated start finds what the first one stored. */
const retry = Schedule.intersect(Schedule.exponential("100 millis"), Schedule.recurs(5))

export const make: Effect.Effect<Starter, never, Queue | Scope.Scope> = Effect.gen(function*() {
  const queue = yield* Queue
  const dispatcher = Option.getOrUndefined(yield* Effect.serviceOption(LocalDispatcher))
  const box = yield* Mailbox.make<Pending>()
  const stored = new Set<string>()

  const putPrograms = (batch: ReadonlyArray<Pending>) => {
    const fresh = new Map<string, ProgramFile>()
    for (const { program } of batch) {
      if (program !== undefined && !stored.has(program.hash)) fresh.set(program.hash, program)
    }
    if (fresh.size === 0) return Effect.void
    return Effect.map(queue.putPrograms(Array.from(fresh.values())), () => {
      for (const hash of fresh.keys()) stored.add(hash)
    })
  }

  const store = (batch: ReadonlyArray<Pending>) => {
    let sent = false
    return Effect.gen(function*() {
      const isRepeated = sent
      sent = true
      yield* putPrograms(batch)
      const owner = dispatcher?.id()
      const answers = yield* queue.start(batch.map(({ request }) => request), owner)
      if (dispatcher !== undefined) {
        // An instance that waits for its time, or was there before, is claimed as any other;
        // one that a lost answer hides was created all the same.
        const isMine = (started: Started, i: number) => {
          const { delayMillis = 0, id } = batch[i]!.request
          return delayMillis <= 0 && (started.created || (isRepeated && started.id === id))
        }
        const mine = answers.filter(isMine).map(({ id }) => id)
        if (mine.length > 0) dispatcher.started(mine)
      }
      return answers
    }).pipe(
      Effect.retry({
        schedule: retry,
        while: (error) => error._tag === "QueueUnavailable" && error.retryable
      }),
      Effect.matchCauseEffect({
        onFailure: (cause) =>
          Effect.forEach(batch, ({ answer }) => Deferred.failCause(answer, cause), {
            discard: true
          }),
        onSuccess: (answers) =>
          Effect.forEach(batch, ({ answer }, i) => Deferred.succeed(answer, answers[i]!), {
            discard: true
          })
      })
    )
  }

  const loop = Effect.forever(Effect.gen(function*() {
    const pending = Array.from((yield* box.takeAll)[0])
    // A key that is taken refuses the whole batch, so it goes alone.
    const keyed = pending.filter(({ request }) => request.key !== undefined)
    const free = pending.filter(({ request }) => request.key === undefined)
    for (let i = 0; i < free.length; i += START_BATCH) {
      yield* store(free.slice(i, i + START_BATCH))
    }
    for (const one of keyed) yield* store([one])
  }))

  yield* Effect.forkScoped(loop)

  return {
    start: (request, program) =>
      Effect.flatMap(Deferred.make<Started, QueueUnavailable | KeyTaken>(), (answer) => {
        box.unsafeOffer({ request, program, answer })
        return Deferred.await(answer)
      })
  }
})
