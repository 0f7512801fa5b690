/**
 * Sends commits, one after the other.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Claimed, Commit } from "../../queue/Queue.ts"
import { endless } from "../endless.ts"
import { PAUSE, type Run } from "./Run.ts"

export const make = (
  run: Run,
  loadAgain: (refused: ReadonlyArray<Claimed>) => void
): Effect.Effect<never> => {
  const { commitBell, core, queue } = run

  /** Sends a batch until it is answered: the same batch, so that a lost answer does no harm. */
  const send = (commit: Commit): Effect.Effect<void> =>
    queue.commit(commit).pipe(
      Effect.map((committed) => {
        run.sync(committed.now)
        loadAgain(core.committed(committed))
        run.committingSince = Infinity
        run.settle()
      }),
      Effect.catchAll((error) =>
        Effect.logWarning("Could not commit; the batch is sent again", error).pipe(
          Effect.zipRight(Effect.sleep(PAUSE)),
          Effect.zipRight(Effect.suspend(() => send(commit)))
        )
      )
    )

  // Reports that are in the same turn of the event loop join the batch.
  const waitForWork = Effect.zipRight(commitBell.wait(Infinity), Effect.yieldNow())

  const next = (): Effect.Effect<void> => {
    commitBell.reset()
    const commit = core.takeCommit(run.id)
    if (commit === undefined) return core.hasWork() ? Effect.yieldNow() : waitForWork
    run.committingSince = run.localNow()
    return send(commit)
  }

  return endless(next)
}
