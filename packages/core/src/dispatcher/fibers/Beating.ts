/**
 * Says that this dispatcher lives, and watches whether the others do (PROTOCOL R5).
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { QueueUnavailable, SchemaTooNew } from "../../queue/QueueError.ts"
import * as Peers from "../Peers.ts"
import { BEAT_AGAIN_MILLIS, type Run } from "./Run.ts"

export interface Beating {
  readonly register: Effect.Effect<void, QueueUnavailable | SchemaTooNew>
  readonly beatOnce: Effect.Effect<void, QueueUnavailable | SchemaTooNew>
  readonly fiber: Effect.Effect<never>
}

export const make = (run: Run): Beating => {
  const { beatBell, core, pool, queue, settings, taken, taker } = run
  const { beatMillis, claimBatch, hasEnded, host, leaseMillis, pid, place, queues } = settings
  const takesOwnOnly = claimBatch === 0
  const peers = Peers.make(leaseMillis)

  /** A host whose commits get no answer must not say that it lives, or nobody takes over (R5). */
  const isStuck = () => run.localNow() - run.committingSince > leaseMillis / 2

  const register = Effect.gen(function*() {
    const registered = yield* queue.register({ id: run.id, host, pid, place })
    run.sync(registered.now)
  })

  const beatOnce = Effect.gen(function*() {
    const sentAt = run.localNow()
    const beat = yield* queue.beat(run.id, { slots: takesOwnOnly ? 0 : pool.slots(), queues })
    run.sync(beat.now)
    if (run.isStopping) return
    if (!beat.alive) {
      yield* Effect.logWarning("This dispatcher was declared dead; it drops all and starts anew")
      core.dropAll()
      taken.dropAll()
      run.id = run.newId()
      yield* register
    }
    run.beatenAt = sentAt
    core.setRoutes(beat.hosts, beat.limited)
    if (taken.count() > 0) taker.compare()
    const dead = peers.seen(beat.peers, run.localNow(), hasEnded)
    if (dead.length > 0 && (yield* queue.expire(dead)) > 0) run.claimBell.ring()
  })

  const fiber = Effect.gen(function*() {
    let waitMillis = beatMillis
    for (;;) {
      beatBell.reset()
      yield* beatBell.wait(waitMillis)
      const startedAt = run.localNow()
      const isBeaten = isStuck() ? false : yield* beatOnce.pipe(
        Effect.as(true),
        Effect.catchAllCause((cause) =>
          Effect.as(Effect.logWarning("Could not beat", cause), false)
        )
      )
      // An observer that was cut off itself has seen nothing.
      if (!isBeaten) peers.forget()
      // Nothing is given out before the next beat, so that one comes soon.
      // Counted from when it was sent: a long step may have kept the answer waiting.
      waitMillis = isBeaten
        ? Math.max(0, beatMillis - (run.localNow() - startedAt))
        : Math.min(beatMillis, BEAT_AGAIN_MILLIS)
      core.confirmed()
      run.settle()
    }
  })

  return { register, beatOnce, fiber }
}
