/**
 * Sends a commit until the fate of each entry is known.
 *
 * A commit whose answer was lost is sent again as it was: it carries an id that is stored
 * with what it wrote, so what was written is recognised and not written twice (R4).
 * Entries whose row somebody else has locked are answered as busy, so that nobody waits for
 * them (R2); after a lost answer they are sent again, alone: it may be the lost sending that
 * still holds their locks. Entries whose data Postgres refuses are found by halving the batch and set aside, so that they don't
 * take their neighbours with them (R3).
 *
 * @since 0.1.0
 */
import type { Claimed, Commit, CommitEntry, Committed } from "@rappel/core/queue/Queue"
import { retried } from "@rappel/core/queue/retried"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { isConnectionLoss, isDataError, isRetryable } from "../statement/failure.ts"
import type { Fates } from "./CommitStatement.ts"

export interface CommitParts {
  readonly send: (entries: ReadonlyArray<CommitEntry>) => Effect.Effect<Fates, unknown>
  readonly setAside: (claimed: Claimed, reason: string) => Effect.Effect<void, unknown>
}

/** Between two sendings of what could not be sent: from 50 ms up to 300, without end. */
const resending = Schedule.exponential("50 millis", 2).pipe(
  Schedule.union(Schedule.spaced("300 millis")),
  Schedule.jittered
)

/** Row locks of others last for one statement; longer ones are an operator's. */
const BUSY_MILLIS = [1, 2, 5, 10, 20, 50, 100]

export const commitAll = (
  { send, setAside }: CommitParts,
  commit: Commit
): Effect.Effect<Committed, unknown> => {
  const accepted = new Set<string>()
  const busy = new Set<string>()
  let now = 0

  let isWarned = false
  const warnOnce = (error: unknown) =>
    Effect.suspend(() => {
      if (isWarned || !isRetryable(error)) return Effect.void
      isWarned = true
      return Effect.logWarning("The answer to a commit is missing; it is sent again").pipe(
        Effect.annotateLogs({ commit: commit.id, reason: messageOf(error) })
      )
    })

  /** A sending whose answer was lost may be at work still. */
  let isUnanswered = false
  const sendUntilAnswered = (entries: ReadonlyArray<CommitEntry>) =>
    retried(
      Effect.tapError(send(entries), (error) => {
        if (isConnectionLoss(error)) isUnanswered = true
        return warnOnce(error)
      }),
      { while: isRetryable, schedule: resending }
    )

  const settle = (
    entries: ReadonlyArray<CommitEntry>,
    round: number
  ): Effect.Effect<void, unknown> =>
    Effect.flatMap(sendUntilAnswered(entries), (fates) => {
      now = fates.now
      for (const { id } of entries) {
        if (!fates.lost.has(id) && !fates.busy.has(id)) accepted.add(id)
      }
      if (fates.busy.size === 0) return Effect.void
      if (!isUnanswered) {
        for (const id of fates.busy) busy.add(id)
        return Effect.void
      }
      return Effect.zipRight(
        Effect.sleep(BUSY_MILLIS[Math.min(round, BUSY_MILLIS.length - 1)]!),
        Effect.suspend(() => settle(entries.filter(({ id }) => fates.busy.has(id)), round + 1))
      )
    }).pipe(
      Effect.catchIf(isDataError, (error) => {
        const [first] = entries
        if (first === undefined) return Effect.fail(error)
        if (entries.length === 1) return setAside(first, reasonOf(error))
        const half = entries.length >> 1
        return Effect.zipRight(settle(entries.slice(0, half), 0), settle(entries.slice(half), 0))
      })
    )

  return Effect.map(settle(commit.entries, 0), () => ({ accepted, busy, now }))
}

const reasonOf = (error: unknown): string => `Postgres refuses its data: ${messageOf(error)}`

const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error)
