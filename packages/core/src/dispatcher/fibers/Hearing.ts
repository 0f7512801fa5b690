/**
 * Takes what comes by itself: reports of the pool, times that are due, hints of the queue.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Wake } from "../../queue/Queue.ts"
import type { CallReport } from "../../worker/WorkerPool.ts"
import { endless } from "../endless.ts"
import type { Run } from "./Run.ts"

/** Whether a hint is about instances that this dispatcher could claim. */
const isForClaim = ({ kind }: Wake): boolean => kind === "due" || kind === "resync"

export const make = (run: Run): ReadonlyArray<Effect.Effect<never>> => {
  const { claimBell, core, pool, queue, taken, taker, timerBell } = run

  /** Takes reports from one on; after steps that took long others have their turn. */
  const hear = (reports: ReadonlyArray<CallReport>, from: number): Effect.Effect<void> => {
    if (run.isWinded()) return Effect.flatMap(run.rest, () => hear(reports, from))
    const since = run.localNow()
    const next = core.reports(reports, from)
    run.stepped(since)
    if (next < reports.length) return Effect.suspend(() => hear(reports, next))
    run.settle()
    return Effect.void
  }

  const hearAll = Effect.flatMap(pool.reports.takeAll, ([reports]) => {
    const all = Array.from(reports)
    taken.reports(all)
    return hear(all, 0)
  })

  const reporter = endless(() => hearAll)

  const timekeeper = Effect.forever(Effect.gen(function*() {
    timerBell.reset()
    run.armedAt = run.nextWakeAt()
    const waitMillis = run.armedAt - run.now()
    if (waitMillis > 0) yield* timerBell.wait(waitMillis)
    if (run.nextWakeAt() <= run.now()) {
      yield* run.paced(Effect.sync(() => {
        core.tick()
        taken.tick()
      }))
      run.settle()
    }
  }))

  const listener = Effect.scoped(Effect.gen(function*() {
    yield* queue.listen((wake) => {
      if (wake.kind === "withdrawn" && taken.count() > 0) taker.compare()
      if (wake.kind === "offered" || wake.kind === "resync") taker.hint()
      if (wake.kind === "arrived" ? wake.dispatcher === run.id : isForClaim(wake)) claimBell.ring()
    })
    // What there was before gave no hint.
    taker.hint()
    claimBell.ring()
    return yield* Effect.never
  }))

  return [reporter, timekeeper, listener]
}
