/**
 * Reads the ledger: what actions and clients wrote outside of rappel's database.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** One execution of an action, as its own process saw it. */
export interface Execution {
  readonly instanceId: string
  readonly effect: number
  readonly attempt: number
  /** Milliseconds, rounded down. */
  readonly startedAt: number
  endedAt: number | null
  readonly input: string
  /** Of the result; null for one that threw or did not end. */
  result: string | null
  readonly worker: number
  readonly dispatcher: number
}

/** One start, as its client saw it. */
export interface StartLine {
  readonly key: string
  readonly flow: string
  readonly n: number
  id: string | null
  ended: boolean
}

export interface ClientLedger {
  readonly starts: ReadonlyMap<string, StartLine>
  /** Failures that the client's library let through to its caller. */
  readonly failures: ReadonlyArray<string>
}

/** A killed process may have written half a line; the next line of its file is never written. */
const linesOf = (file: string): ReadonlyArray<ReadonlyArray<string>> => {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, "utf8").split("\n")
  lines.pop()
  return lines.map((line) => line.split("\t"))
}

const filesOf = (folder: string, prefix: string): ReadonlyArray<string> =>
  readdirSync(folder).filter((name) => name.startsWith(prefix)).map((name) => join(folder, name))

const readWorker = (file: string): ReadonlyArray<Execution> => {
  const worker = Number(/actions-(\d+)-/.exec(file)![1])
  const executions: Array<Execution> = []
  const open = new Map<string, Execution>()
  for (const [mark, instanceId, effect, attempt, at, hash, dispatcher] of linesOf(file)) {
    const name = `${instanceId} ${effect} ${attempt}`
    if (mark === "S") {
      const execution: Execution = {
        instanceId: instanceId!,
        effect: Number(effect),
        attempt: Number(attempt),
        startedAt: Number(at),
        endedAt: null,
        input: hash!,
        result: null,
        worker,
        dispatcher: Number(dispatcher)
      }
      executions.push(execution)
      open.set(name, execution)
      continue
    }
    const execution = open.get(name)
    if (execution === undefined) continue
    execution.endedAt = Number(at)
    if (mark === "F") execution.result = hash!
    open.delete(name)
  }
  return executions
}

/** All executions, in the order of their beginnings within a worker. */
export const readExecutions = (folder: string): ReadonlyArray<Execution> =>
  filesOf(folder, "actions-").flatMap(readWorker)

/** Executions of a living process that have not ended. */
export const openExecutions = (folder: string, worker: number): number =>
  filesOf(folder, `actions-${worker}-`)
    .flatMap(readWorker)
    .filter(({ endedAt }) => endedAt === null).length

/** What one client, over all of its lives, has begun. */
export const readClient = (file: string): ClientLedger => {
  const starts = new Map<string, StartLine>()
  const failures: Array<string> = []
  for (const [mark, key, ...rest] of linesOf(file)) {
    if (mark === "B") {
      const [flow, n] = rest
      starts.set(key!, { key: key!, flow: flow!, n: Number(n), id: null, ended: false })
    } else if (mark === "A") starts.get(key!)!.id = rest[0]!
    else if (mark === "E") starts.get(key!)!.ended = true
    else if (mark === "X") failures.push(`${key}: ${rest.join(" ")}`)
  }
  return { starts, failures }
}
