/**
 * What waits for a commit of one instance, as an entry of it, and back.
 *
 * @since 0.1.0
 */
import type { Offer } from "../../queue/Calls.ts"
import type { CommitEntry } from "../../queue/Queue.ts"
import { type Call, emptyPending, isDirty, type Owned, type Pending } from "../Owned.ts"
import { Sparse } from "../Sparse.ts"
import type { Holdings } from "./Holdings.ts"
import type { Offering } from "./Offering.ts"
import { parkTime } from "./parkTime.ts"
import { takeSnapshot } from "./takeSnapshot.ts"

export interface Frozen {
  readonly owned: Owned
  readonly pending: Pending
  readonly entry: CommitEntry
}

const NONE: ReadonlyArray<never> = []

/** A lock that somebody else holds for longer is looked at this often. */
const BUSY_LIMIT_MILLIS = 1000

/** It asks for children before its first event: a snapshot tells later that they were started. */
const startsBare = ({ pending }: Owned): boolean =>
  pending.children.length > 0 && pending.events.length === 0

/**
 * Of a commit that found the row locked, offers come back to be stored with what has happened
 * since: what was withdrawn meanwhile, or is of an instance that closes, nobody may take.
 */
const stillOffered = ({ closed }: Owned, { offers }: Pending): ReadonlyArray<Call> =>
  closed || offers.length === 0 ? NONE : offers.filter(({ offered }) => offered !== null)

const offersOf = (offering: Offering, calls: ReadonlyArray<Call>): ReadonlyArray<Offer> =>
  calls.length === 0 ? NONE : calls.map((call) => offering.offerOf(call))

/** Undefined when nothing of the instance is to be stored. */
export const freeze = (
  holdings: Holdings,
  offering: Offering,
  owned: Owned
): Frozen | undefined => {
  if (owned.aside !== null) return frozenAside(owned, owned.aside)
  offering.collect(owned)
  const park = owned.closed ? undefined : parkTime(holdings, owned)
  if (!isDirty(owned) && park === undefined) return undefined
  const parks = park !== undefined
  const snapshot = !owned.closed &&
      (parks || startsBare(owned) ||
        holdings.services.scheduler.snapshotDue(owned, owned.snapshotBytes))
    ? takeSnapshot(holdings, owned, parks)
    : null
  const { pending } = owned
  owned.pending = emptyPending()
  return {
    owned,
    pending,
    entry: {
      id: owned.id,
      epoch: owned.epoch,
      expectedSeq: owned.durableSeq,
      events: pending.events,
      logs: pending.logs,
      consumed: pending.consumed,
      children: pending.children,
      sent: pending.sent,
      replies: pending.replies,
      published: pending.published,
      offers: offersOf(offering, stillOffered(owned, pending)),
      withdrawn: pending.withdrawn,
      outcome: pending.outcome,
      snapshot,
      then: owned.closed
        ? { kind: "close" }
        : parks
        ? { kind: "release", dueAt: park.dueAt }
        : { kind: "keep" }
    }
  }
}

/** What was published later counts. */
const bothOf = (first: Pending["published"], later: Pending["published"]): Pending["published"] => {
  const both = new Sparse<string, string>()
  for (const [name, value] of first) both.set(name, value)
  for (const [name, value] of later) both.set(name, value)
  return both
}

/** As it was stored last: what it did in memory since is not known to be right. */
const frozenAside = (owned: Owned, reason: string): Frozen => ({
  owned,
  pending: emptyPending(),
  entry: {
    id: owned.id,
    epoch: owned.epoch,
    expectedSeq: owned.durableSeq,
    events: [],
    logs: [],
    consumed: [],
    outcome: null,
    snapshot: null,
    then: { kind: "aside", reason }
  }
})

/**
 * Takes an entry back of which nothing was written, as somebody else has the row locked. It
 * goes into a later commit with what has happened since, after a wait that grows.
 */
export const thaw = (holdings: Holdings, { entry, owned, pending }: Frozen): void => {
  const since = owned.pending
  owned.pending = {
    events: pending.events.concat(since.events),
    logs: pending.logs.concat(since.logs),
    consumed: pending.consumed.concat(since.consumed),
    children: pending.children.concat(since.children),
    sent: pending.sent.concat(since.sent),
    replies: pending.replies.concat(since.replies),
    published: bothOf(pending.published, since.published),
    dropped: pending.dropped.concat(since.dropped),
    outcome: pending.outcome ?? since.outcome,
    offers: pending.offers.concat(since.offers),
    withdrawn: pending.withdrawn.concat(since.withdrawn),
    fresh: pending.fresh.concat(since.fresh),
    held: pending.held.concat(since.held)
  }
  // The snapshot that went with it is not stored: the next commit takes another.
  if (entry.snapshot !== null) owned.eventBytes = Infinity
  const waitMillis = Math.min(10 * 2 ** owned.busyRounds++, BUSY_LIMIT_MILLIS)
  holdings.lookAgain(owned, holdings.services.now() + waitMillis)
}
