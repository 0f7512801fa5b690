/**
 * Sends commits, one after the other.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Claimed, Commit } from "../../queue/Queue.ts"
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
      }),
      Effect.catchAll((error) =>
        Effect.logWarning("Could not commit; the batch is sent again", error).pipe(
          Effect.zipRight(Effect.sleep(PAUSE)),
          Effect.zipRight(Effect.suspend(() => send(commit)))
        )
      )
    )

  const commitAll: Effect.Effect<void> = Effect.gen(function*() {
    for (
      let commit = core.takeCommit(run.id);
      commit !== undefined;
      commit = core.takeCommit(run.id)
    ) {
      run.committingSince = run.localNow()
      yield* send(commit)
      run.committingSince = Infinity
      run.settle()
    }
  })

  return Effect.forever(Effect.gen(function*() {
    commitBell.reset()
    // Reports that are in the same turn of the event loop join the batch.
    yield* Effect.yieldNow()
    yield* commitAll
    if (!core.hasWork()) yield* commitBell.wait(Infinity)
  }))
}
