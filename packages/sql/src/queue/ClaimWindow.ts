/**
 * From when on a claim looks for due instances.
 *
 * While an old transaction is open nothing that was claimed leaves the index, and a claim that
 * begins at its front takes longer and longer (12 ms grew to 52 ms within 20 s in
 * `test/scale/pinned.ts`). So most claims begin where the last one ended, and some look back:
 * what is due from before (started in a transaction that was long open, or passed over while
 * somebody had it locked) is found by those. No correctness rests on the mark (R23).
 */
import type { ClaimAnswer } from "./ClaimStatement.ts"

/** A start that is due at once may be committed so much later without waiting for a full look. */
const SLACK_MILLIS = 250

/**
 * How far some claims look back from the mark. Most of what is late is late by little, and a look
 * costs as much as entries stand in what it goes over: so the near past is looked at often, all of
 * it seldom.
 */
const BACK_MILLIS = [10_000, 100_000, Infinity] as const

/** What the looks of each kind take beyond other claims is at most this part of the time. */
const SHARE = 150

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

/** `soonMillis`: how often at least to look back, if that takes no time. */
export const make = (soonMillis: number): ClaimWindow => {
  let mark: number | null = null
  const nextAt = BACK_MILLIS.map(() => -Infinity)
  /** What the last claim from the mark on took; until then no look has taken longer. */
  let usualMillis = Infinity

  /** Which of `BACK_MILLIS` a claim from there on covers; -1 for none. */
  const widestOf = (since: number | null): number =>
    since === null || mark === null
      ? BACK_MILLIS.length - 1
      : BACK_MILLIS.findLastIndex((back) => mark! - back >= since)

  return {
    since: (localNow) => {
      const widest = nextAt.findLastIndex((at) => localNow >= at)
      if (mark === null) return null
      if (widest < 0) return mark
      const back = BACK_MILLIS[widest]!
      return back === Infinity ? null : mark - back
    },
    took: ({ claims, localNow, sentAt, since }) => {
      // Whatever is due is still there.
      if (!claims.isAlive) return
      const took = localNow - sentAt
      const widest = widestOf(since)
      if (widest < 0) usualMillis = took
      for (let i = 0; i <= widest; i++) {
        const rest = i === widest ? (took - usualMillis) * SHARE : 0
        nextAt[i] = Math.max(nextAt[i]!, localNow + Math.max(soonMillis, rest))
      }
      // A full batch ends at the last that it took; else everything that was due is taken.
      const reached = claims.lastDueAt ?? claims.now - SLACK_MILLIS
      mark = Math.max(mark ?? -Infinity, reached)
    }
  }
}
