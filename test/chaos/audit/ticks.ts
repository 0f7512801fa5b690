/**
 * Schedules and their runs: each tick started one, at its time, and nothing else did.
 */
import { nextTick } from "@rappel/core/schedule/Timing"
import type { Fired } from "../Schedules.ts"
import type { Books } from "./Books.ts"

/** `keys`: of what clients have begun to start. */
export const problemsOf = (
  { instances }: Books,
  schedules: ReadonlyArray<Fired>,
  keys: ReadonlySet<string>
): ReadonlyArray<string> => {
  const problems: Array<string> = []
  const runs = new Map<string, Map<number, number>>()
  for (const { createdAt, id, key, name, parent, schedule, tickAt } of instances.values()) {
    if (schedule !== null && tickAt !== null) {
      const of = runs.get(schedule) ?? new Map<number, number>()
      runs.set(schedule, of.set(tickAt, (of.get(tickAt) ?? 0) + 1))
      if (createdAt < tickAt) problems.push(`${schedule} ${tickAt} began at ${createdAt}`)
    } else if (parent === null && (key === null || !keys.has(key))) {
      problems.push(`${name} ${id}: nobody has started it`)
    }
  }
  for (const { firstAt, record, timing } of schedules) {
    const { fired, lastAt, missed, name, overlap, skipped } = record
    const of = runs.get(name) ?? new Map<number, number>()
    let ticks = 0
    for (let at = firstAt; lastAt !== null && at <= lastAt; at = nextTick(timing, at)!) {
      ticks++
      const count = of.get(at) ?? 0
      of.delete(at)
      if (count > 1) problems.push(`${name} ${at} started ${count} runs`)
      if (count === 0 && overlap === "allow") problems.push(`${name} ${at} started no run`)
    }
    for (const at of of.keys()) problems.push(`${name} ${at} is none of its ticks`)
    if (fired + skipped + missed !== ticks || missed > 0) {
      problems.push(`${name}: ${fired} fired, ${skipped} skipped, ${missed} missed of ${ticks}`)
    }
  }
  return problems
}
