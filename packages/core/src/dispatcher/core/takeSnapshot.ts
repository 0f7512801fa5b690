/**
 * An instance's state as text, so that its next owner need not step the events before it.
 *
 * @since 0.1.0
 */
import type { CommitEntry } from "../../queue/Queue.ts"
import * as advance from "../advance.ts"
import { encodeSnapshot, SNAPSHOT_FORMAT } from "../EventCodec.ts"
import { blamesOf, type Owned } from "../Owned.ts"
import type { Holdings } from "./Holdings.ts"

export const takeSnapshot = (
  holdings: Holdings,
  owned: Owned,
  parks: boolean
): CommitEntry["snapshot"] => {
  const state = stateOf(holdings, owned)
  if (state === null) return null
  const calls = Array.from(owned.calls.values(), (call) => ({
    effect: call.effect,
    startedAt: call.startedAt,
    attempts: call.attempts,
    timeouts: call.timeouts,
    losses: call.losses,
    ...blamesOf(call),
    ...(call.details === null ? {} : { details: call.details }),
    retryAt: call.retryAt,
    // Whatever is pending and kept will have been handed out by the time it is read.
    issued: !parks && call.retryAt === null && call.offered === null
  }))
  const fresh = [
    ...owned.backlog.times(),
    ...owned.outbound.times(),
    ...owned.pending.fresh.map(({ at, calls }) => [calls[0]!.effect, at] as const)
  ].sort(([a], [b]) => a - b)
  const body = encodeSnapshot(
    { format: SNAPSHOT_FORMAT, lastStepAt: owned.lastStepAt, calls, fresh, kept: !parks },
    state
  )
  owned.eventBytes = 0
  owned.fuel = 0
  owned.snapshotBytes = body.length
  return { seq: owned.seq, body }
}

/**
 * The machine's text, or null for a state that has none: it holds a value that cannot be
 * stored, and the next owner steps all events again, which comes to the same. A state
 * beyond its bound ends the instance.
 */
const stateOf = (holdings: Holdings, owned: Owned): string | null => {
  try {
    return owned.machine.snapshot(owned.state)
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : ""
    if (name === "StateTooLarge") advance.end(owned, cause)
    else if (name !== "ValueNotStorable") holdings.setAside(owned, cause)
    return null
  }
}
