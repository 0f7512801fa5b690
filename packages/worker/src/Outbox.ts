/**
 * What a worker has to tell its pool, sent as a stream of batches.
 *
 * A batch is what gathered while the one before was on its way, so there is no wait that
 * anybody chose. Its size is bounded, because a message is one string.
 *
 * @since 0.1.0
 */
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { WorkerReport } from "./WorkerProtocol.ts"

/** Characters of outcomes in one message, if there is more than one outcome. */
const MESSAGE_LENGTH = 8 * 1024 * 1024

const lengthOf = (report: WorkerReport): number =>
  report.kind === "succeeded"
    ? report.value.length
    : report.kind === "failed"
    ? report.error.length
    : 0

export interface Outbox {
  readonly put: (report: WorkerReport) => void
  /** For the one reader; it has received what it asked for again after. */
  readonly stream: Stream.Stream<WorkerReport>
  /** Takes no more, and waits until the reader has received everything. */
  readonly close: Effect.Effect<void>
}

export const make: Effect.Effect<Outbox> = Effect.gen(function*() {
  const mailbox = yield* Mailbox.make<WorkerReport>()
  const delivered = yield* Deferred.make<void>()
  let left: ReadonlyArray<WorkerReport> = []

  const cut = (): Chunk.Chunk<WorkerReport> => {
    let count = 0
    let length = 0
    while (count < left.length) {
      length += lengthOf(left[count]!)
      if (count > 0 && length > MESSAGE_LENGTH) break
      count++
    }
    const batch = left.slice(0, count)
    left = left.slice(count)
    return Chunk.unsafeFromArray(batch)
  }

  const next = Effect.suspend(() =>
    left.length > 0 ?
      Effect.succeed(cut()) :
      Effect.flatMap(mailbox.takeAll, ([reports, ended]) => {
        left = Chunk.toReadonlyArray(reports)
        return left.length === 0 && ended
          ? Effect.fail(Option.none<never>())
          : Effect.succeed(cut())
      })
  )

  return {
    put: (report) => {
      mailbox.unsafeOffer(report)
    },
    // Each batch is acknowledged before the next is asked for, so the end means delivery.
    stream: Stream.repeatEffectChunkOption(next).pipe(
      Stream.ensuring(Deferred.succeed(delivered, undefined))
    ),
    close: Effect.suspend(() => {
      mailbox.unsafeDone(Exit.void)
      return Deferred.await(delivered)
    })
  }
})
