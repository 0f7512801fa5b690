/**
 * Runs several dispatcher cores over one queue in memory, under a schedule and faults drawn
 * from a seed, and checks what durability promises.
 *
 * One simulated step is one of: claim (answered, or with the answer lost, or not loaded yet),
 * deliver a report, commit (answered, answered late, found locked, or with the answer lost and
 * the batch sent again), send a message (maybe twice), start an instance beside a host (maybe
 * with the answer lost), advance the clock, crash a host, or pause one until others have
 * declared it dead (a zombie), and let it go on. Hosts take calls that are offered, tell what
 * became of them, and lose the answers of both.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { machineEventOf } from "../../../src/dispatcher/adopt.ts"
import { digestOf } from "../../../src/dispatcher/digest.ts"
import { DispatcherCore } from "../../../src/dispatcher/DispatcherCore.ts"
import { Routes } from "../../../src/dispatcher/offers.ts"
import { TakenCalls } from "../../../src/dispatcher/TakenCalls.ts"
import type { CallVerdict } from "../../../src/queue/Calls.ts"
import type {
  Claimed,
  Commit,
  Message,
  Queue,
  StartRequest,
  StoredEvent
} from "../../../src/queue/Queue.ts"
import * as QueueMemory from "../../../src/queue/QueueMemory.ts"
import { decideRetry, decideTimeout, limitMillis } from "../../../src/retry/decide.ts"
import type { CallReport, CallRequest, WorkerPool } from "../../../src/worker/WorkerPool.ts"
import { type World, worlds } from "./worlds.ts"

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
  /** Claimed and not loaded yet. */
  readonly claimed: Array<Claimed>
  /** Given by answers that were lost: the next claim finds them (`PgQueue`). */
  readonly unanswered: Array<Claimed>
  readonly taken: TakenCalls
  readonly queues: ReadonlyArray<string>
  inFlight: Commit | null
  /** Verdicts whose answer was lost: they are told again. */
  untold: ReadonlyArray<CallVerdict> | null
  paused: boolean
  /** Others have declared it dead. */
  isDead: boolean
}

interface Run {
  readonly world: World
  readonly request: StartRequest
  readonly isRight: ReturnType<World["draw"]>["isRight"]
  isDone: boolean
}

const INSTANCES = 6
const SLOTS = 4
/** Calls of the action `limited` that may run at once (`chainMachine`). */
const LIMIT = 2
/** Queues that the hosts serve: one of them does not run what is for `remote`. */
const SERVED = [["default"], ["default", "remote"]] as const
const FAULTY_TURNS = 300
const MOST_TURNS = 6000

const clockAt = (now: () => number): Clock.Clock => ({
  ...Clock.make(),
  unsafeCurrentTimeMillis: now,
  currentTimeMillis: Effect.sync(now)
})

export const noCounts = () => ({
  crashes: 0,
  zombies: 0,
  lostAnswers: 0,
  lostClaims: 0,
  lostStarts: 0,
  busy: 0,
  repeatedMessages: 0,
  commits: 0,
  taken: 0,
  executions: 0
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
  const hosts: Array<Host> = []
  const runs = new Map<string, Run>()
  const unsent: Array<Message> = []
  const counts = noCounts()
  let unstarted = INSTANCES
  let open = INSTANCES
  let broken: string | undefined

  const historyOf = (id: string) => Effect.runSync(queue.history(id))

  /** Steps the durable log on a machine of its own: what it asks for is all that may run. */
  const replayed = ({ request, world }: Run, events: ReadonlyArray<StoredEvent>) => {
    const { machine } = world
    const { state } = machine.start({
      instanceId: request.id,
      input: request.input,
      seed: request.seed,
      at: Effect.runSync(queue.find([request.id]))[0]!.startedAt!
    })
    for (const event of events) {
      if (event.kind === "attempt" || event.kind === "lost") continue
      const { commands } = machine.apply(state, machineEventOf(event))
      if (digestOf(commands) !== event.digest) broken ??= `${request.id} diverges at ${event.seq}`
    }
    return state
  }

  const checkCall = (call: CallRequest) => {
    // Replaying costs more than all else, and a fault of the order shows in many calls.
    if (!chance(0.3)) return
    const run = runs.get(call.instanceId)!
    if (!replayed(run, historyOf(call.instanceId)).pending.has(call.effect)) {
      broken ??= `${call.instanceId} ran effect ${call.effect} that nothing durable asks for`
    }
  }

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
          checkCall(call)
        }
        if (limitedNow() > LIMIT) broken ??= `${limitedNow()} limited calls ran at once`
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
      now: () => time,
      commitId: nextId,
      scheduler: {
        machine: (file) => worlds().find((world) => world.file === file)!.machine,
        snapshotDue: () => chance(0.3)
      },
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
    const taken: TakenCalls = new TakenCalls({
      now: () => time,
      nextExecutionId: () => core.nextExecutionId(),
      pool
    })
    Effect.runSync(queue.register({ id, host: "sim", pid: 0 }))
    hosts.push({
      id,
      core,
      executing,
      claimed: [],
      unanswered: [],
      taken,
      queues,
      inFlight: null,
      untold: null,
      paused: false,
      isDead: false
    })
  }

  const report = (host: Host): void => {
    if (host.executing.length === 0) return
    const [call] = host.executing.splice(below(host.executing.length), 1)
    const { id, instanceId } = call!
    const outcome = runs.get(instanceId)!.world.execute(call!)
    const told: CallReport = chance(0.1)
      ? { id, kind: "lost", reason: "simulated" }
      : outcome.ok
      ? { id, kind: "succeeded", value: outcome.value, millis: 1 }
      : { id, kind: "failed", error: outcome.error, millis: 1 }
    host.core.reports([told])
    host.taken.reports([told])
    // A repeated or late message of the pool must change nothing.
    if (chance(0.1)) host.core.reports([told])
  }

  const claim = (host: Host): void => {
    const limit = Math.min(host.core.capacity(), 1 + below(3))
    const { arrived, claimed } = Effect.runSync(queue.claim(host.id, Math.max(limit, 0)))
    if (chance(0.1)) {
      counts.lostClaims++
      host.unanswered.push(...claimed)
      return
    }
    host.claimed.push(...host.unanswered.splice(0), ...claimed)
    // A load that fails is tried again later.
    if (chance(0.2)) return
    const wanted = host.claimed.splice(0).filter((one) => !host.core.holds(one))
    for (const loaded of Effect.runSync(queue.load(host.id, wanted))) {
      host.core.adopt(loaded, runs.get(loaded.id)!.world.file)
    }
    const polled = host.core.pollable(arrived)
    if (polled.length > 0) {
      host.core.receive(polled, Effect.runSync(queue.poll(host.id, polled)))
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

  const noteAccepted = (batch: Commit, accepted: ReadonlySet<string>) => {
    for (const { events, id, outcome } of batch.entries) {
      if (!accepted.has(id)) continue
      const early = events.find(({ at, kind }) => kind === "fired" && at > time)
      if (early !== undefined) broken ??= `${id} fired effect ${early.effect} too early`
      const run = runs.get(id)!
      if (outcome === null || run.isDone) continue
      run.isDone = true
      open--
    }
  }

  const commit = (host: Host): void => {
    const batch = host.inFlight ?? host.core.takeCommit(host.id)
    if (batch === undefined) return
    const all = new Set(batch.entries.map((entry) => entry.id))
    if (sabotage.commitAfterSend) {
      host.core.committed({ accepted: all, busy: new Set() })
      noteAccepted(batch, Effect.runSync(queue.commit(batch)).accepted)
      return
    }
    host.inFlight = batch
    // The batch is on its way, but not there yet.
    if (chance(0.3)) return
    // Rows that somebody else has locked are left out, and the sender is told.
    const busy = new Set(batch.entries.filter(() => chance(0.1)).map((entry) => entry.id))
    const { accepted } = Effect.runSync(queue.commit({
      ...batch,
      entries: batch.entries.filter((entry) => !busy.has(entry.id))
    }))
    noteAccepted(batch, accepted)
    counts.commits++
    counts.busy += busy.size
    if (chance(0.2)) {
      counts.lostAnswers++
      return
    }
    host.inFlight = null
    host.claimed.push(
      ...host.core.committed(
        sabotage.noFence ? { accepted: all, busy: new Set() } : { accepted, busy }
      )
    )
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

  /** One more instance, with or without an owner, whose answer may be lost. */
  const start = (host: Host): void => {
    const all = worlds()
    const world = all[below(all.length)]!
    const { input, isRight, messages } = world.draw(below)
    const id = nextId()
    const request: StartRequest = {
      id,
      name: world.file.program.name,
      program: world.file.hash,
      input,
      seed: "0123456789abcdef0123456789abcdef"
    }
    runs.set(id, { world, request, isRight, isDone: false })
    unstarted--
    const owner = chance(0.5) ? host.id : undefined
    Effect.runSync(queue.start([request], owner))
    const given = { id, epoch: 1 }
    if (owner !== undefined) {
      const isLost = chance(0.3)
      if (isLost) counts.lostStarts++
      const kept = isLost ? host.unanswered : host.claimed
      kept.push(given)
    }
    // Sent again by its client, it is the same instance.
    if (chance(0.3)) Effect.runSync(queue.start([request], owner))
    for (const message of messages) {
      unsent.push({ id: nextId(), instanceId: id, effect: 0, ...message })
    }
  }

  const send = (): void => {
    if (unsent.length === 0) return
    const at = below(unsent.length)
    Effect.runSync(queue.deliver([unsent[at]!]))
    // Its answer is lost: it is sent again, at some time.
    if (chance(0.3)) counts.repeatedMessages++
    else unsent.splice(at, 1)
  }

  Effect.runSync(queue.putPrograms(worlds().map(({ file }) => file)))
  for (const queues of SERVED) spawn(queues)

  let turn = 0
  for (; turn < MOST_TURNS && broken === undefined && open > 0; turn++) {
    const host = hosts[below(hosts.length)]!
    const coin = random()
    if (turn < FAULTY_TURNS && coin < 0.01) crash(host)
    else if (turn < FAULTY_TURNS && coin < 0.02) togglePause(host)
    else if (host.paused) {
      if (turn >= FAULTY_TURNS || coin < 0.1) togglePause(host)
    } else if (coin < 0.05) {
      if (unstarted > 0) start(host)
    } else if (coin < 0.1) send()
    else if (coin < 0.25) advanceTime()
    else if (coin < 0.45) claim(host)
    else if (coin < 0.63) report(host)
    else if (coin < 0.75) serve(host)
    else commit(host)
  }

  if (broken === undefined && open > 0) broken = `${open} not finished after ${turn} turns`
  for (const run of broken === undefined ? runs.values() : []) {
    const [record] = Effect.runSync(queue.find([run.request.id]))
    const events = historyOf(record!.id)
    const settled = events.filter(({ kind }) => kind === "settled" || kind === "fired")
    const { outcome } = record!
    if (outcome === null || !run.isRight(outcome)) {
      broken = `${record!.id} of ${run.world.file.program.name} ended with ${
        JSON.stringify(outcome)
      }`
    } else if (events.some(({ seq }, i) => seq !== i + 1)) {
      broken = `${record!.id} has a hole in its log`
    } else if (new Set(settled.map(({ effect }) => effect)).size < settled.length) {
      broken = `${record!.id} settled ${settled.map(({ effect }) => effect).join()}`
    } else replayed(run, events)
  }
  return { broken, counts }
}
