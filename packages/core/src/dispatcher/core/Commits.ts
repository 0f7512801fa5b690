/**
 * Makes commits, one at a time, and takes what became of them.
 *
 * @since 0.1.0
 */
import type { Claimed, Commit, CommitEntry, Committed } from "../../queue/Queue.ts"
import type { Owned, Pending } from "../Owned.ts"
import { freeze, type Frozen, thaw } from "./freeze.ts"
import type { Holdings } from "./Holdings.ts"
import type { Offering } from "./Offering.ts"
import type { Slots } from "./Slots.ts"

/** A commit takes no further instance once it holds this much; one alone may hold more. */
const COMMIT_BYTES = 16 * 1024 * 1024

const bytesOf = ({ events, logs, offers, outcome, snapshot }: CommitEntry): number => {
  let bytes = snapshot?.body.length ?? 0
  for (const offer of offers ?? []) bytes += offer.args.length
  for (const event of events) bytes += event.payload?.length ?? 0
  for (const line of logs) bytes += line.length
  if (outcome !== null) bytes += outcome.ok ? outcome.value.length : outcome.error.length
  return bytes
}

export class Commits {
  private readonly holdings: Holdings
  private readonly offering: Offering
  private readonly slots: Slots
  /** The commit that is on its way. */
  private frozen: ReadonlyArray<Frozen> | null = null
  commitCount = 0
  eventCount = 0
  lostCount = 0

  constructor(holdings: Holdings, offering: Offering, slots: Slots) {
    this.holdings = holdings
    this.offering = offering
    this.slots = slots
  }

  hasWork(): boolean {
    return this.frozen === null && this.holdings.review.size > 0
  }

  take(dispatcher: string): Commit | undefined {
    if (this.frozen !== null) return undefined
    const { options, review, services } = this.holdings
    const frozen: Array<Frozen> = []
    let bytes = 0
    this.offering.begin()
    for (const owned of review) {
      if (frozen.length >= options.commitEntries || bytes >= COMMIT_BYTES) break
      review.delete(owned)
      if (owned.gone) continue
      const one = freeze(this.holdings, this.offering, owned)
      if (one === undefined) continue
      frozen.push(one)
      bytes += bytesOf(one.entry)
    }
    if (frozen.length === 0) return undefined
    this.frozen = frozen
    return { id: services.commitId(), dispatcher, entries: frozen.map(({ entry }) => entry) }
  }

  /** Takes the answer to the last commit, and answers which instances were refused. */
  answered({ accepted, busy }: Pick<Committed, "accepted" | "busy">): ReadonlyArray<Claimed> {
    const frozen = this.frozen ?? []
    this.frozen = null
    const refused: Array<Claimed> = []
    this.commitCount++
    for (const one of frozen) {
      const { entry, owned } = one
      if (owned.gone) continue
      if (busy.has(entry.id)) {
        thaw(this.holdings, one)
        continue
      }
      owned.busyRounds = 0
      if (accepted.has(entry.id)) {
        this.stored(one)
        continue
      }
      this.lostCount++
      refused.push({ id: owned.id, epoch: owned.epoch })
      this.holdings.drop(owned)
    }
    this.slots.pump()
    return refused
  }

  private stored({ entry, owned, pending }: Frozen): void {
    const { holdings } = this
    this.eventCount += entry.events.length
    owned.durableSeq += entry.events.length
    const { outcome } = entry
    if (outcome !== null) {
      owned.told = true
      const { hash: program, program: { name } } = owned.file
      holdings.services.onEnd?.({ id: owned.id, name, program, outcome })
    }
    if (entry.then.kind !== "keep") {
      // A message that came while the release was on its way is read by the next owner.
      if (owned.pending.consumed.length > 0) holdings.hasMissed = true
      holdings.drop(owned)
      return
    }
    owned.confirmed.push(...entry.consumed)
    if (owned.hasMore && entry.consumed.length > 0) {
      owned.hasMore = false
      holdings.hasMissed = true
    }
    this.endDropped(owned, pending)
    this.slots.release(owned, pending)
    holdings.review.add(owned)
  }

  /** Nobody waits for these calls any more, and that is durable. */
  private endDropped(owned: Owned, { dropped }: Pending): void {
    if (dropped.length === 0) return
    owned.dropped = owned.dropped.filter((call) => !dropped.includes(call))
    this.holdings.executions.end(dropped, "cancel")
  }
}
