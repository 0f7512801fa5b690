/**
 * One worker process with the calls that it was given, and which one gets the next call.
 *
 * @since 0.1.0
 */
import type { CallRequest } from "@rappel/core/worker/WorkerPool"
import type { WorkerProcess } from "../WorkerProcess.ts"

/** A place in the pool: a process, then its successors, and how often they died young. */
export interface Seat {
  /** Deaths and failed starts in a row; grows the wait before the next start. */
  troubles: number
}

/**
 * What may become of a member: it waits to take the place of another (`spare`); it serves; a
 * successor is on its way (`replaced`, and it serves until then); it gets no more calls and ends
 * after those that it has (`leaving`); it has been told to end (`stopping`).
 */
export type Stage = "spare" | "serving" | "replaced" | "leaving" | "stopping"

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
  /** Those of them that came to an end. */
  ended: number
  /** The call that has this worker for itself, or waits for its others to end. */
  alone: number | null
}

export const make = (process: WorkerProcess, seat: Seat): Member => ({
  process,
  seat,
  stage: "spare",
  live: new Map(),
  unreleased: new Set(),
  outbox: [],
  given: 0,
  ended: 0,
  alone: null
})

/** Whether it takes calls of all kinds; a spare one takes none but those that run alone. */
export const takesCalls = ({ stage }: Member): boolean =>
  stage === "serving" || stage === "replaced"

/** Whether its end is a surprise. */
export const isExpectedToLive = (member: Member): boolean =>
  takesCalls(member) || member.stage === "spare"

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
 * The member for a call that is to run alone, once it has nothing else. A spare one has nothing
 * else at once; without it, one is set apart, the least loaded, and gets no other call until
 * this one has ended. The last one that serves other calls is only set apart when there is
 * no hope of another.
 */
export const aloneMember = (members: Iterable<Member>, call: number): Member | undefined => {
  let mine: Member | undefined
  let spare: Member | undefined
  let best: Member | undefined
  let open = 0
  let others = 0
  for (const member of members) {
    if (member.stage === "spare") {
      others++
      if (isIdle(member)) spare ??= member
    } else if (takesCalls(member)) {
      if (member.alone === call) mine = member
      else if (member.alone !== null) others++
      else {
        open++
        if (best === undefined || loadOf(member) < loadOf(best)) best = member
      }
    }
  }
  if (mine !== undefined && loadOf(mine) === 0) return mine
  if (spare !== undefined) {
    if (mine !== undefined) mine.alone = null
    spare.alone = call
    return spare
  }
  if (mine !== undefined || best === undefined || (open === 1 && others > 0)) return undefined
  best.alone = call
  return loadOf(best) === 0 ? best : undefined
}

/** The spare one that may take a place now; one with a call that runs alone ends that first. */
export const idleSpare = (members: Iterable<Member>): Member | undefined => {
  for (const member of members) {
    if (member.stage === "spare" && isIdle(member)) return member
  }
  return undefined
}

const isIdle = (member: Member): boolean => member.alone === null && loadOf(member) === 0

const loadOf = ({ live, unreleased }: Member): number => live.size + unreleased.size
