/**
 * A dispatcher of the simulation: the core, what its pool executes, and what is on its way.
 */
import { DispatcherCore } from "../../../src/dispatcher/DispatcherCore.ts"
import { Routes } from "../../../src/dispatcher/offers.ts"
import { TakenCalls } from "../../../src/dispatcher/TakenCalls.ts"
import type { Policy } from "../../../src/machine/Model.ts"
import type { CallVerdict } from "../../../src/queue/Calls.ts"
import type { Claimed, Commit } from "../../../src/queue/Queue.ts"
import { decideRetry, decideTimeout, limitMillis } from "../../../src/retry/decide.ts"
import type { CallRequest, WorkerPool } from "../../../src/worker/WorkerPool.ts"
import type { Random } from "./Random.ts"
import type { Sabotage } from "./Sabotage.ts"
import { machineOf } from "./worlds.ts"

export const SLOTS = 4

/** What a clock of a host's own is ahead of the queue's, under `early-timer`. */
const AHEAD_MILLIS = 60

export interface Execution {
  readonly call: CallRequest
  readonly startedAt: number
  /** Undefined when nothing durable asks for it any more: a host that is dead has begun it. */
  limits: Policy | undefined
  beatAt: number
  /** Of a transactional action: its work is committed. */
  hasWorked: boolean
}

export interface Host {
  readonly id: string
  readonly core: DispatcherCore
  readonly executing: Array<Execution>
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

export interface HostOptions {
  readonly id: string
  readonly queues: ReadonlyArray<string>
  readonly random: Random
  readonly now: () => number
  readonly nextId: () => string
  readonly sabotage: Sabotage | undefined
  /** Told of each call that begins to run; answers its limits. */
  readonly onBegin: (host: Host, call: CallRequest) => Policy | undefined
  /** Told of each execution that is ended for its time. */
  readonly onTimeout: (execution: Execution) => void
  readonly onFault: (id: string, cause: unknown) => void
}

export const make = (options: HostOptions): Host => {
  const { id, nextId, onBegin, onFault, onTimeout, queues, random, sabotage } = options
  const now = sabotage === "early-timer" ? () => options.now() + AHEAD_MILLIS : options.now
  const executing: Array<Execution> = []
  const pool: Pick<WorkerPool["Type"], "submit" | "interrupt"> = {
    submit: (calls) => {
      for (const call of calls) {
        const at = options.now()
        const execution: Execution = {
          call,
          startedAt: at,
          limits: undefined,
          beatAt: at,
          hasWorked: false
        }
        executing.push(execution)
        execution.limits = onBegin(host, call)
      }
    },
    interrupt: (lost, reason) => {
      for (const one of lost) {
        const index = executing.findIndex(({ call }) => call.id === one)
        if (index < 0) continue
        const [execution] = executing.splice(index, 1)
        if (reason === "timeout") onTimeout(execution!)
      }
    }
  }
  const core: DispatcherCore = new DispatcherCore({
    maxInstances: 5,
    maxStateBytes: 2 ** 40,
    parkAfterMillis: 100,
    commitEntries: 3
  }, {
    now,
    commitId: nextId,
    scheduler: { machine: (file) => machineOf(file.hash), snapshotDue: () => random.chance(0.2) },
    retries: { decide: decideRetry },
    timeouts: {
      decide: decideTimeout,
      limitMillis: sabotage === "no-timeout" ? () => null : limitMillis
    },
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
