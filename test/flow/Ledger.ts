/**
 * What executions wrote into a file outside of rappel's database, and what it shows: how many
 * ran at once, and how many started within a time.
 */
import { readFileSync } from "node:fs"

export interface Execution {
  readonly key: string
  readonly n: number
  readonly pid: number
  readonly startedAt: number
  /** When it ended by itself, or when its process was seen dead. */
  endedAt: number
}

/** `deaths`: by process, when it was gone for certain. Those that go on run until `now`. */
export const read = (
  file: string,
  deaths: ReadonlyMap<number, number>,
  now: number
): ReadonlyArray<Execution> => {
  const open = new Map<string, Execution>()
  const all: Array<Execution> = []
  for (const line of readFileSync(file, "utf8").split("\n")) {
    if (line === "") continue
    const [what, id, key, n, pid, at] = line.split(" ") as [string, string, ...Array<string>]
    if (what === "start") {
      const execution = {
        key: key!,
        n: Number(n),
        pid: Number(pid),
        startedAt: Number(at),
        endedAt: deaths.get(Number(pid)) ?? now
      }
      open.set(id, execution)
      all.push(execution)
    } else {
      open.get(id)!.endedAt = Number(at)
    }
  }
  return all
}

/** The most that ran at the same moment. */
export const mostAtOnce = (executions: ReadonlyArray<Execution>): number => {
  const edges = executions.flatMap(({ endedAt, startedAt }) => [
    { at: startedAt, by: 1 },
    { at: endedAt, by: -1 }
  ])
  // What ends at the moment at which another starts has made room for it.
  edges.sort((a, b) => a.at - b.at || a.by - b.by)
  let now = 0
  let most = 0
  for (const { by } of edges) {
    now += by
    most = Math.max(most, now)
  }
  return most
}

/** The most that started within any stretch of this length. */
export const mostStarts = (executions: ReadonlyArray<Execution>, millis: number): number => {
  const starts = executions.map(({ startedAt }) => startedAt).sort((a, b) => a - b)
  let first = 0
  let most = 0
  for (let last = 0; last < starts.length; last++) {
    while (starts[last]! - starts[first]! >= millis) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}
