/**
 * A dispatcher of the simulation: the core, what its pool executes, and what is on its way.
 */
import { DispatcherCore } from "../../../src/dispatcher/DispatcherCore.ts"
import { Routes } from "../../../src/dispatcher/offers.ts"
import { TakenCalls } from "../../../src/dispatcher/TakenCalls.ts"
import type { CallVerdict } from "../../../src/queue/Calls.ts"
import type { Claimed, Commit } from "../../../src/queue/Queue.ts"
import { decideRetry, decideTimeout, limitMillis } from "../../../src/retry/decide.ts"
import type { CallRequest, WorkerPool } from "../../../src/worker/WorkerPool.ts"
import type { Random } from "./Random.ts"
import { machineOf } from "./worlds.ts"

export const SLOTS = 4

export interface Host {
  readonly id: string
  readonly core: DispatcherCore
  readonly executing: Array<CallRequest>
  /** Claimed and not loaded yet. */
  readonly claimed: Array<Claimed>
  /** Given by answers that were lost: the next claim finds them (`PgQueue`). */
  readonly unanswered: Array<Claimed>
  readonly taken: TakenCalls
  readonly queues: ReadonlyArray<string>
  inFlight: Commit | null
  /** The answer to what is in flight was lost. */
  isUnanswered: boolean
  /** Verdicts whose answer was lost: they are told again. */
  untold: ReadonlyArray<CallVerdict> | null
  paused: boolean
  /** Others have declared it dead. */
  isDead: boolean
}

export const make = (options: {
  readonly id: string
  readonly queues: ReadonlyArray<string>
  readonly random: Random
  readonly now: () => number
  readonly nextId: () => string
  /** Told of each call that begins to run. */
  readonly onExecution: (host: Host, call: CallRequest) => void
  readonly onFault: (id: string, cause: unknown) => void
}): Host => {
  const { id, nextId, now, onExecution, onFault, queues, random } = options
  const executing: Array<CallRequest> = []
  const pool: Pick<WorkerPool["Type"], "submit" | "interrupt"> = {
    submit: (calls) => {
      for (const call of calls) {
        executing.push(call)
        onExecution(host, call)
      }
    },
    interrupt: (lost) => {
      for (const one of lost) {
        const index = executing.findIndex((call) => call.id === one)
        if (index >= 0) executing.splice(index, 1)
      }
    }
  }
  const core: DispatcherCore = new DispatcherCore({
    maxInstances: 5,
    parkAfterMillis: 100,
    commitEntries: 3
  }, {
    now,
    commitId: nextId,
    scheduler: { machine: (file) => machineOf(file.hash), snapshotDue: () => random.chance(0.2) },
    retries: { decide: decideRetry },
    timeouts: { decide: decideTimeout, limitMillis },
    isCertain: () => true,
    onFault,
    routes: new Routes(queues),
    lent: () => taken.count(),
    pool: { slots: () => SLOTS, ...pool }
  })
  const taken: TakenCalls = new TakenCalls({
    now,
    nextExecutionId: () => core.nextExecutionId(),
    pool
  })
  const host: Host = {
    id,
    core,
    executing,
    claimed: [],
    unanswered: [],
    taken,
    queues,
    inFlight: null,
    isUnanswered: false,
    untold: null,
    paused: false,
    isDead: false
  }
  return host
}
