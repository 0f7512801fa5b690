/**
 * What a tick leads to: pure, so that every dispatcher decides the same.
 *
 * @since 0.1.0
 */
import type { StartRequest } from "../queue/Queue.ts"
import type { Fire, ScheduleRecord } from "./Schedules.ts"
import { nextTick } from "./Timing.ts"

/** Ticks that were missed are counted up to here. */
const MOST_COUNTED = 10_000

/** FNV-1a as a fraction of 1: the same tick is put off by the same time everywhere. */
const fraction = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  }
  // The low bits of similar texts are spread over the high ones.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32
}

/** When the run of a tick begins. */
export const beginsAt = ({ jitterMillis, name }: ScheduleRecord, at: number): number =>
  at + Math.floor(fraction(`${name} ${at}`) * jitterMillis)

/** The request of a run; `at` is null for one outside the schedule's times. */
export const runOf = (
  schedule: ScheduleRecord,
  at: number | null,
  made: Pick<StartRequest, "id" | "seed" | "program">
): StartRequest => {
  const dueAt = at === null ? 0 : beginsAt(schedule, at)
  return {
    ...made,
    name: schedule.workflow,
    input: schedule.input,
    ...schedule.terms,
    ...(dueAt === at || at === null ? {} : { dueAt }),
    tick: { schedule: schedule.name, at }
  }
}

/** Null when the schedule has no tick that has come. */
export const decide = (
  schedule: ScheduleRecord,
  now: number,
  made: Pick<StartRequest, "id" | "seed" | "program">
): Fire | null => {
  const { catchUpMillis, name, nextAt: at, revision, timing } = schedule
  if (at === null || at > now) return null
  const earliest = now - catchUpMillis
  if (at >= earliest) {
    const nextAt = nextTick(timing, at) ?? null
    return { name, at, revision, nextAt, missed: 0, run: runOf(schedule, at, made) }
  }
  let missed = 1
  let next = nextTick(timing, at)
  while (next !== undefined && next < earliest && missed < MOST_COUNTED) {
    missed++
    next = nextTick(timing, next)
  }
  if (next !== undefined && next < earliest) next = nextTick(timing, earliest - 1)
  return { name, at, revision, nextAt: next ?? null, missed, run: null }
}
