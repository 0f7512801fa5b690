/**
 * From when on a claim looks for due instances.
 *
 * While an old transaction is open nothing that was claimed leaves the index, and a claim that
 * begins at its front takes longer and longer (12 ms grew to 52 ms within 20 s in
 * `test/scale/pinned.ts`). So most claims begin where the last one ended, and some look at all:
 * what is due from before (started in a transaction that was long open, or passed over while
 * somebody had it locked) is found by those. No correctness rests on the mark (R23).
 */
import type { ClaimAnswer } from "./DueTable.ts"

/** A start that is due at once may be committed so much later without waiting for a full look. */
const SLACK_MILLIS = 250

/** Full looks take at most this part of the time. */
const FULL_SHARE = 20

export interface ClaimWindow {
  /** Where the next claim begins, on the queue's clock; null for a look at all. */
  readonly since: (localNow: number) => number | null
  readonly took: (answer: {
    readonly claims: ClaimAnswer
    readonly since: number | null
    readonly sentAt: number
    readonly localNow: number
  }) => void
}

/** `fullMillis`: how often at least to look at all, if that takes no time. */
export const make = (fullMillis: number): ClaimWindow => {
  let mark: number | null = null
  let nextFullAt = -Infinity
  return {
    since: (localNow) => localNow >= nextFullAt ? null : mark,
    took: ({ claims, localNow, sentAt, since }) => {
      // Whatever is due is still there.
      if (!claims.isAlive) return
      if (since === null) {
        nextFullAt = localNow + Math.max(fullMillis, (localNow - sentAt) * FULL_SHARE)
      }
      // A full batch ends at the last that it took; else everything that was due is taken.
      const reached = claims.lastDueAt ?? claims.now - SLACK_MILLIS
      mark = Math.max(mark ?? -Infinity, reached)
    }
  }
}
