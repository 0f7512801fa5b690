/**
 * One worker process with the calls that it was given.
 *
 * @since 0.1.0
 */
import type { CallRequest } from "@rappel/core/worker/WorkerPool"
import type { WorkerProcess } from "./WorkerProcess.ts"

/** A place in the pool: a process, then its successors, and how often they died young. */
export interface Seat {
  /** Deaths and failed starts in a row; grows the wait before the next start. */
  troubles: number
}

/**
 * What may become of a member: it serves; a successor is on its way (`replaced`, and it
 * serves until then); it gets no more calls and ends after those that it has (`leaving`); it
 * has been told to end (`stopping`).
 */
export type Stage = "serving" | "replaced" | "leaving" | "stopping"

export interface Member {
  readonly process: WorkerProcess
  readonly seat: Seat
  stage: Stage
  /** Calls that it executes, by id. */
  readonly live: Map<number, CallRequest>
  /** Executions that were interrupted and have not come to their end. */
  readonly unreleased: Set<number>
  /** Calls assigned in this turn of the event loop. */
  outbox: Array<CallRequest>
  /** All calls that it was ever given. */
  given: number
  /** The call that has this worker for itself, or waits for its others to end. */
  alone: number | null
}

export const make = (process: WorkerProcess, seat: Seat): Member => ({
  process,
  seat,
  stage: "serving",
  live: new Map(),
  unreleased: new Set(),
  outbox: [],
  given: 0,
  alone: null
})

export const takesCalls = ({ stage }: Member): boolean =>
  stage === "serving" || stage === "replaced"

/**
 * The member for the next call: the one with the fewest executions, among those with a free
 * slot. What was interrupted and goes on all the same counts as an execution here, so that
 * a worker that it holds up is asked last; its slot is free nevertheless.
 */
export const leastLoaded = (
  members: Iterable<Member>,
  concurrency: number
): Member | undefined => {
  let best: Member | undefined
  let bestLoad = Infinity
  for (const member of members) {
    if (!takesCalls(member) || member.alone !== null || member.live.size >= concurrency) continue
    const load = member.live.size + member.unreleased.size * concurrency
    if (load < bestLoad) {
      best = member
      bestLoad = load
    }
  }
  return best
}

/**
 * The member for a call that is to run alone, once it has nothing else: one is set apart for
 * it, the least loaded, and gets no other call until this one has ended.
 */
export const aloneMember = (members: Iterable<Member>, call: number): Member | undefined => {
  let chosen: Member | undefined
  for (const member of members) {
    if (!takesCalls(member)) continue
    if (member.alone === call) {
      chosen = member
      break
    }
    if (member.alone !== null) continue
    if (chosen === undefined || loadOf(member) < loadOf(chosen)) chosen = member
  }
  if (chosen === undefined) return undefined
  chosen.alone = call
  return loadOf(chosen) === 0 ? chosen : undefined
}

const loadOf = ({ live, unreleased }: Member): number => live.size + unreleased.size
