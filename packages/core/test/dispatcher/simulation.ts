/**
 * Runs several dispatcher cores over one queue in memory, under a schedule and faults drawn
 * from a seed, and checks what durability promises.
 *
 * One simulated step is one of: claim, deliver a report, commit (answered, answered late, or
 * with the answer lost and the batch sent again), advance the clock, crash a dispatcher, or
 * pause one until others have declared it dead (a zombie), and let it go on.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { DispatcherCore } from "../../src/dispatcher/DispatcherCore.ts"
import { Routes } from "../../src/dispatcher/offers.ts"
import { TakenCalls } from "../../src/dispatcher/TakenCalls.ts"
import type { CallVerdict } from "../../src/queue/Calls.ts"
import type { Claimed, Commit, Queue } from "../../src/queue/Queue.ts"
import * as QueueMemory from "../../src/queue/QueueMemory.ts"
import { decideRetry, decideTimeout, limitMillis } from "../../src/retry/decide.ts"
import type { CallReport, CallRequest, WorkerPool } from "../../src/worker/WorkerPool.ts"
import { chainMachine, chainProgram } from "./chainMachine.ts"

/** mulberry32: small, and good enough to draw schedules. */
export const generator = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Faults that a test breaks on purpose, to see that the checks find them. */
export interface Sabotage {
  /** Calls go out before their inputs are durable. */
  readonly commitAfterSend?: boolean
  /** Every commit is accepted, whoever sends it. */
  readonly noFence?: boolean
}

interface Host {
  readonly id: string
  readonly core: DispatcherCore
  readonly executing: Array<CallRequest>
  readonly taken: TakenCalls
  readonly queues: ReadonlyArray<string>
  /** Claimed and not loaded yet. */
  readonly claimed: Array<Claimed>
  inFlight: Commit | null
  /** Verdicts whose answer was lost: they are told again. */
  untold: ReadonlyArray<CallVerdict> | null
  paused: boolean
  /** Others have declared it dead. */
  isDead: boolean
}

const ACTIONS = ["work", "flaky", "remote", "limited"]

/** Hosts that run what is offered to them; the others do not serve `remote`. */
const SERVED = [["default"], ["default", "remote"]] as const
const SLOTS = 4

const clockAt = (now: () => number): Clock.Clock => ({
  ...Clock.make(),
  unsafeCurrentTimeMillis: now,
  currentTimeMillis: Effect.sync(now)
})

/** Answers the first broken promise as text, or undefined; `counts` says what the schedule did. */
export const simulate = (seed: number, sabotage: Sabotage = {}) => {
  const random = generator(seed)
  const below = (n: number) => Math.floor(random() * n)
  const chance = (p: number) => random() < p
  let time = 1_000_000
  let ids = 0
  const nextId = () => `00000000-0000-7000-8000-${String(++ids).padStart(12, "0")}`
  const queue: Queue["Type"] = Effect.runSync(
    Effect.withClock(QueueMemory.make, clockAt(() => time))
  )
  const file = chainProgram(ACTIONS)
  const hosts: Array<Host> = []
  const counts = {
    crashes: 0,
    zombies: 0,
    lostAnswers: 0,
    busy: 0,
    commits: 0,
    taken: 0,
    executions: 0
  }
  let broken: string | undefined

  const settledOf = (instanceId: string) =>
    Effect.runSync(queue.history(instanceId)).filter((event) =>
      event.kind === "settled" || event.kind === "fired"
    )

  const limitedNow = () =>
    hosts.filter(({ isDead }) => !isDead)
      .flatMap(({ executing }) => executing)
      .filter(({ action }) => action === "limited").length

  const spawn = (queues: ReadonlyArray<string>) => {
    const id = nextId()
    const executing: Array<CallRequest> = []
    const pool: Pick<WorkerPool["Type"], "submit" | "interrupt"> = {
      submit: (calls) => {
        for (const call of calls) {
          counts.executions++
          executing.push(call)
          const durable = settledOf(call.instanceId).length
          if (durable < call.effect - 1) {
            broken ??= `${call.instanceId} ran effect ${call.effect} with ${durable} durable inputs`
          }
        }
        if (limitedNow() > 2) broken ??= `${limitedNow()} limited calls ran at once`
      },
      interrupt: (lost) => {
        for (const one of lost) {
          const index = executing.findIndex((call) => call.id === one)
          if (index >= 0) executing.splice(index, 1)
        }
      }
    }
    const core = new DispatcherCore({ maxInstances: 5, parkAfterMillis: 100, commitEntries: 3 }, {
      now: () => time,
      commitId: nextId,
      scheduler: { machine: () => chainMachine, snapshotDue: () => chance(0.3) },
      retries: { decide: decideRetry },
      timeouts: { decide: decideTimeout, limitMillis },
      isCertain: () => true,
      onFault: (id, cause) => {
        broken ??= `${id} was set aside: ${String(cause)}`
      },
      routes: new Routes(queues),
      lent: () => taken.count(),
      pool: { slots: () => SLOTS, ...pool }
    })
    const taken = new TakenCalls({
      now: () => time,
      nextExecutionId: () => core.nextExecutionId(),
      pool
    })
    Effect.runSync(queue.register({ id, host: "sim", pid: 0 }))
    hosts.push({
      id,
      core,
      executing,
      taken,
      queues,
      claimed: [],
      inFlight: null,
      untold: null,
      paused: false,
      isDead: false
    })
  }

  const report = (host: Host): void => {
    if (host.executing.length === 0) return
    const [call] = host.executing.splice(below(host.executing.length), 1)
    const outcome: CallReport = chance(0.1)
      ? { id: call!.id, kind: "lost", reason: "simulated" }
      : { id: call!.id, kind: "succeeded", value: String(call!.effect), millis: 1 }
    host.core.reports([outcome])
    host.taken.reports([outcome])
    // A repeated or late message of the pool must change nothing.
    if (chance(0.1)) host.core.reports([outcome])
  }

  const claim = (host: Host): void => {
    const limit = Math.min(host.core.capacity(), 1 + below(3))
    const { arrived, claimed } = Effect.runSync(queue.claim(host.id, Math.max(limit, 0)))
    host.claimed.push(...claimed)
    const polled = host.core.pollable(arrived)
    host.core.receive(polled, Effect.runSync(queue.poll(host.id, polled)))
    // A load that fails is tried again later.
    if (chance(0.2)) return
    for (const loaded of Effect.runSync(queue.load(host.id, host.claimed.splice(0)))) {
      host.core.adopt(loaded, file)
    }
  }

  /** Takes offers, tells verdicts, compares: each with answers that are lost now and then. */
  const serve = (host: Host): void => {
    const coin = random()
    if (coin < 0.4) {
      const limit = SLOTS - host.executing.length
      if (limit <= 0) return
      const { calls } = Effect.runSync(queue.calls.take({
        dispatcher: host.id,
        queues: host.queues,
        limit,
        after: ""
      }))
      counts.taken += calls.length
      if (chance(0.1)) counts.lostAnswers++
      else host.taken.start(calls)
      return
    }
    if (coin < 0.8) {
      const verdicts = host.untold ?? host.taken.takeVerdicts()
      if (verdicts === undefined) return
      Effect.runSync(queue.calls.report(host.id, verdicts))
      host.untold = chance(0.2) ? verdicts : null
      if (host.untold === null) host.taken.told()
      return
    }
    const unknown = host.taken.reconcile(Effect.runSync(queue.calls.held(host.id)))
    Effect.runSync(queue.calls.giveBack(host.id, unknown))
  }

  const commit = (host: Host): void => {
    const batch = host.inFlight ?? host.core.takeCommit(host.id)
    if (batch === undefined) return
    host.inFlight = batch
    if (sabotage.commitAfterSend) {
      host.core.committed({
        accepted: new Set(batch.entries.map((entry) => entry.id)),
        busy: new Set()
      })
      host.inFlight = null
      Effect.runSync(queue.commit(batch))
      return
    }
    // The batch is on its way, but not there yet.
    if (chance(0.3)) return
    // Rows that somebody else has locked are left out, and the sender is told.
    const busy = new Set(batch.entries.filter(() => chance(0.1)).map((entry) => entry.id))
    const answer = {
      ...Effect.runSync(queue.commit({
        ...batch,
        entries: batch.entries.filter((entry) => !busy.has(entry.id))
      })),
      busy
    }
    counts.commits++
    counts.busy += busy.size
    if (chance(0.2)) {
      counts.lostAnswers++
      return
    }
    host.inFlight = null
    const refused = host.core.committed(
      sabotage.noFence
        ? { accepted: new Set(batch.entries.map((entry) => entry.id)), busy: new Set() }
        : answer
    )
    host.claimed.push(...refused)
  }

  const expire = (host: Host): void => {
    const beat = Effect.runSync(queue.beat(nextId()))
    const peer = beat.peers.find(({ id }) => id === host.id)
    if (peer !== undefined) Effect.runSync(queue.expire([peer]))
    host.isDead = true
  }

  const crash = (host: Host): void => {
    counts.crashes++
    hosts.splice(hosts.indexOf(host), 1)
    expire(host)
    spawn(host.queues)
  }

  const togglePause = (host: Host): void => {
    if (host.paused) host.paused = false
    else {
      counts.zombies++
      host.paused = true
      expire(host)
      spawn(host.queues)
    }
  }

  const advanceTime = (): void => {
    time += below(400)
    for (const host of hosts) {
      if (host.paused) continue
      host.core.tick()
      host.taken.tick()
    }
  }

  Effect.runSync(queue.putPrograms([file]))
  const inputs = new Map<string, ReadonlyArray<string>>()
  for (let i = 0; i < 6; i++) {
    const id = nextId()
    const steps = Array.from(
      { length: 1 + below(6) },
      () => chance(0.25) ? `sleep:${below(500)}` : ACTIONS[below(ACTIONS.length)]!
    )
    inputs.set(id, steps)
    Effect.runSync(queue.start([{
      id,
      name: "chain",
      program: file.hash,
      input: JSON.stringify(steps),
      seed: "0".repeat(32)
    }]))
  }
  for (const queues of SERVED) spawn(queues)

  const isFinished = () =>
    Effect.runSync(queue.find(Array.from(inputs.keys()))).every(({ outcome }) => outcome !== null)
  const faultyTurns = 300
  let turn = 0
  for (; turn < 5000 && broken === undefined && !isFinished(); turn++) {
    const host = hosts[below(hosts.length)]!
    const coin = random()
    if (turn < faultyTurns && coin < 0.01) crash(host)
    else if (turn < faultyTurns && coin < 0.02) togglePause(host)
    else if (host.paused) {
      if (turn >= faultyTurns || coin < 0.1) togglePause(host)
    } else if (coin < 0.2) advanceTime()
    else if (coin < 0.4) claim(host)
    else if (coin < 0.6) report(host)
    else if (coin < 0.75) serve(host)
    else commit(host)
  }

  if (broken === undefined && !isFinished()) broken = `not finished after ${turn} turns`
  for (
    const record of broken === undefined
      ? Effect.runSync(queue.find(Array.from(inputs.keys())))
      : []
  ) {
    const steps = inputs.get(record.id)!
    const expected = JSON.stringify(
      steps.map((step, i) => step.startsWith("sleep:") ? "slept" : String(i + 1))
    )
    const events = Effect.runSync(queue.history(record.id))
    const effects = settledOf(record.id).map(({ effect }) => effect)
    if (record.outcome?.ok !== true || record.outcome.value !== expected) {
      broken = `${record.id} ended with ${JSON.stringify(record.outcome)}, not ${expected}`
    } else if (events.some(({ seq }, i) => seq !== i + 1)) {
      broken = `${record.id} has a hole in its log`
    } else if (effects.some((effect, i) => effect !== i + 1)) {
      broken = `${record.id} settled ${effects.join()}`
    }
  }
  return { broken, counts }
}
