/**
 * What a worker has to tell its pool: what is told in one turn of the event loop leaves together,
 * and at once when nothing runs that could add to it.
 *
 * Nothing is acknowledged. The pool gives no further call before it has heard of the end of
 * another, so that no more can wait here than the calls that it gave; and what the socket has
 * taken is read by the pool, also when this process has ended since.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { reportFrames } from "./Batches.ts"
import type { Wire } from "./Wire.ts"
import type { WorkerReport } from "./WorkerProtocol.ts"

export interface Outbox {
  readonly put: (report: WorkerReport) => void
  /** The report of the last call that ran: it leaves at once, with all that waits. */
  readonly putLast: (report: WorkerReport) => void
  /** Sends what there is, and waits until the socket has taken it. */
  readonly flush: Effect.Effect<void>
}

export const make = (wire: Wire): Outbox => {
  let waiting: Array<WorkerReport> = []

  const send = () => {
    if (waiting.length === 0) return
    const reports = waiting
    waiting = []
    wire.write(reportFrames(reports))
  }

  return {
    put: (report) => {
      if (waiting.length === 0) setImmediate(send)
      waiting.push(report)
    },
    putLast: (report) => {
      waiting.push(report)
      send()
    },
    flush: Effect.suspend(() => {
      send()
      return wire.drained
    })
  }
}
