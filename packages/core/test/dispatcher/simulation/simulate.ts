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
 *
 * Most schedules have one instance or two, some have many: a small schedule costs less and finds
 * the same, and its failure can be read.
 */
import * as Either from "effect/Either"
import type { Outcome } from "../../../src/machine/Model.ts"
import type { Child, Commit, Message } from "../../../src/queue/Queue.ts"
import type { CallReport, CallRequest } from "../../../src/worker/WorkerPool.ts"
import * as Host from "./Host.ts"
import * as Random from "./Random.ts"
import { Shadow } from "./Shadow.ts"
import * as SimQueue from "./SimQueue.ts"
import { type World, worlds } from "./worlds.ts"

interface Run {
  readonly id: string
  readonly world: World
  readonly start: { readonly input: string; readonly seed: string; readonly entry?: string }
  readonly isRight: (outcome: Outcome) => boolean
  /** Failed attempts that its log must have; undefined for whatever number. */
  readonly attempts: number | undefined
  shadow: Shadow | undefined
  isDone: boolean
}

/** Calls of each action named `limited` that may run at once. */
const LIMIT = 2
/** Queues that the hosts serve: one of them does not run what is for `remote`. */
const SERVED = [["default"], ["default", "remote"]] as const
const SEED = "0123456789abcdef0123456789abcdef"
const MOST_TURNS = 6000
/** What a clock of a host's own is ahead of the queue's, under `early-timer`. */
const AHEAD_MILLIS = 60

export const noCounts = () => ({
  turns: 0,
  instances: 0,
  crashes: 0,
  zombies: 0,
  lostAnswers: 0,
  lostClaims: 0,
  lostStarts: 0,
  busy: 0,
  repeatedMessages: 0,
  commits: 0,
  taken: 0,
  children: 0,
  executions: 0
})

export type Counts = ReturnType<typeof noCounts>

/** How many instances, and for how many turns faults are dealt. */
const sizeOf = ({ below, next }: Random.Random) => {
  const coin = next()
  const instances = coin < 0.9 ? 1 + below(2) : coin < 0.98 ? 3 + below(2) : 6 + below(4)
  return { instances, faulty: 40 + 40 * instances }
}

/** Answers the first broken promise as text, or undefined; `counts` says what the schedule did. */
export const simulate = (seed: number, sabotage?: SimQueue.Sabotage) => {
  const random = Random.make(seed)
  const { below, chance, next } = random
  const { faulty, instances } = sizeOf(random)
  let time = 1_000_000
  let ids = 0
  const nextId = () => `00000000-0000-7000-8000-${String(++ids).padStart(12, "0")}`
  const queue = SimQueue.make(() => time, nextId, sabotage)
  const hosts: Array<Host.Host> = []
  const runs = new Map<string, Run>()
  const unsent: Array<Message> = []
  const counts = noCounts()
  let unstarted = instances
  let open = instances
  let broken: string | undefined
  let turn = 0

  /** Steps what is durable of an instance on its second machine. */
  const follow = (run: Run): Shadow => {
    run.shadow ??= new Shadow(run.world.machine, {
      instanceId: run.id,
      at: queue.find(run.id).startedAt!,
      ...run.start
    })
    const wrong = run.shadow.follow(queue.history(run.id))
    if (wrong !== undefined) broken ??= `${run.id} ${wrong}`
    return run.shadow
  }

  const runningNow = (action: string) => {
    let count = 0
    for (const { executing, isDead } of hosts) {
      if (!isDead) { for (const call of executing) if (call.action === action) count++ }
    }
    return count
  }

  const onExecution = (host: Host.Host, call: CallRequest) => {
    counts.executions++
    const shadow = follow(runs.get(call.instanceId)!)
    if (!shadow.asked.has(call.effect)) {
      broken ??= `${call.instanceId} ran effect ${call.effect} that nothing durable asks for`
    } else if (!host.isDead && !shadow.isPending(call.effect)) {
      broken ??= `${call.instanceId} ran effect ${call.effect} again, whose outcome is durable`
    }
    if (call.action.endsWith("limited") && runningNow(call.action) > LIMIT) {
      broken ??= `${runningNow(call.action)} calls of ${call.action} ran at once`
    }
  }

  const spawn = (queues: ReadonlyArray<string>) => {
    const host = Host.make({
      id: nextId(),
      queues,
      random,
      now: sabotage === "early-timer" ? () => time + AHEAD_MILLIS : () => time,
      nextId,
      onExecution,
      onFault: (id, cause) => {
        broken ??= `${id} was set aside: ${String(cause)}`
      }
    })
    queue.register(host.id)
    hosts.push(host)
  }

  const report = (host: Host.Host): void => {
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

  const claim = (host: Host.Host): void => {
    const limit = Math.min(host.core.capacity(), 1 + below(3))
    const { arrived, claimed } = queue.claim(host.id, Math.max(limit, 0))
    if (chance(0.1)) {
      counts.lostClaims++
      host.unanswered.push(...claimed)
      return
    }
    host.claimed.push(...host.unanswered.splice(0), ...claimed)
    // A load that fails is tried again later.
    if (chance(0.2)) return
    const wanted = host.claimed.splice(0).filter((one) => !host.core.holds(one))
    for (const loaded of queue.load(host.id, wanted)) {
      const adopted = host.core.adopt(loaded, runs.get(loaded.id)!.world.file)
      if (Either.isLeft(adopted)) broken ??= `${loaded.id} was refused: ${adopted.left.message}`
    }
    const polled = host.core.pollable(arrived)
    if (polled.length > 0) host.core.receive(polled, queue.poll(host.id, polled))
  }

  /** Takes offers, tells verdicts, compares: each with answers that are lost now and then. */
  const serve = (host: Host.Host): void => {
    const coin = next()
    if (coin < 0.4) {
      const limit = Host.SLOTS - host.executing.length
      if (limit <= 0) return
      const { id, queues } = host
      const { calls } = queue.take({ dispatcher: id, queues, limit, after: "" })
      counts.taken += calls.length
      if (chance(0.1)) counts.lostAnswers++
      else host.taken.start(calls)
      return
    }
    if (coin < 0.8) {
      const verdicts = host.untold ?? host.taken.takeVerdicts()
      if (verdicts === undefined) return
      queue.report(host.id, verdicts)
      host.untold = chance(0.2) ? verdicts : null
      if (host.untold === null) host.taken.told()
      return
    }
    const { unknown, withdrawn } = host.taken.reconcile(queue.held(host.id))
    const given = [...withdrawn, ...unknown]
    if (given.length > 0) queue.giveBack(host.id, given)
  }

  const addRun = (run: Omit<Run, "shadow" | "isDone">) =>
    runs.set(run.id, { ...run, shadow: undefined, isDone: false })

  const addChild = (world: World, { entry, id, input, seed }: Child): void => {
    if (runs.has(id)) return
    counts.children++
    // It is right when its parent is: the parent's result is made of it.
    addRun({
      id,
      world,
      start: { input, seed, entry },
      isRight: () => true,
      attempts: undefined
    })
    open++
  }

  const noteAccepted = (batch: Commit, accepted: ReadonlySet<string>) => {
    for (const { children, events, id, outcome } of batch.entries) {
      if (!accepted.has(id)) continue
      const early = events.find(({ at, kind }) => kind === "fired" && at > time)
      if (early !== undefined) broken ??= `${id} fired effect ${early.effect} too early`
      const run = runs.get(id)!
      for (const child of children ?? []) addChild(run.world, child)
      if (outcome === null || run.isDone) continue
      run.isDone = true
      open--
    }
  }

  const commit = (host: Host.Host): void => {
    const batch = host.inFlight ?? host.core.takeCommit(host.id)
    if (batch === undefined) return
    const all = new Set(batch.entries.map((entry) => entry.id))
    if (sabotage === "commit-after-send") {
      host.core.committed({ accepted: all, busy: new Set() })
      noteAccepted(batch, queue.commit(batch).accepted)
      return
    }
    host.inFlight = batch
    // The batch is on its way, but not there yet.
    if (chance(0.3)) return
    // Rows that somebody else has locked are left out, and the sender is told; not after a lost
    // answer, as what is locked then may be written already (`commitAll`).
    const isBusy = () => !host.isUnanswered && chance(0.1)
    const busy = new Set(batch.entries.filter(isBusy).map((entry) => entry.id))
    const { accepted } = queue.commit({
      ...batch,
      entries: batch.entries.filter((entry) => !busy.has(entry.id))
    })
    noteAccepted(batch, accepted)
    counts.commits++
    counts.busy += busy.size
    host.isUnanswered = chance(0.2)
    if (host.isUnanswered) {
      counts.lostAnswers++
      return
    }
    host.inFlight = null
    const believed = sabotage === "no-fence" ? all : accepted
    host.claimed.push(...host.core.committed({ accepted: believed, busy }))
  }

  const expire = (host: Host.Host): void => {
    const peer = queue.beat(nextId()).peers.find(({ id }) => id === host.id)
    if (peer !== undefined) queue.expire(peer)
    host.isDead = true
  }

  const crash = (host: Host.Host): void => {
    counts.crashes++
    hosts.splice(hosts.indexOf(host), 1)
    expire(host)
    spawn(host.queues)
  }

  const togglePause = (host: Host.Host): void => {
    if (host.paused) host.paused = false
    else {
      counts.zombies++
      host.paused = true
      expire(host)
      spawn(host.queues)
    }
  }

  /** Its beat is answered: it was declared dead, and drops all. Its heir is there already. */
  const drop = (host: Host.Host): void => {
    host.core.dropAll()
    host.taken.dropAll()
    hosts.splice(hosts.indexOf(host), 1)
  }

  const advanceTime = (): void => {
    // Towards the end only timers and waits after losses are left.
    time += below(turn < faulty ? 400 : 2000)
    for (const host of hosts) {
      if (host.paused) continue
      host.core.tick()
      host.taken.tick()
    }
  }

  /** One more instance, with or without an owner, whose answer may be lost. */
  const start = (host: Host.Host): void => {
    const all = worlds()
    const world = all[below(all.length)]!
    const { attempts, input, isRight, messages } = world.draw(below)
    const id = nextId()
    const request = {
      id,
      name: world.file.program.name,
      program: world.file.hash,
      input,
      seed: SEED
    }
    addRun({ id, world, start: { input, seed: SEED }, isRight, attempts })
    unstarted--
    counts.instances++
    const owner = chance(0.5) ? host.id : undefined
    queue.start(request, owner)
    if (owner !== undefined) {
      const isLost = chance(0.3)
      if (isLost) counts.lostStarts++
      const kept = isLost ? host.unanswered : host.claimed
      kept.push({ id, epoch: 1 })
    }
    // Sent again by its client, it is the same instance.
    if (chance(0.3)) queue.start(request, owner)
    for (const message of messages) {
      unsent.push({ id: nextId(), instanceId: id, effect: 0, ...message })
    }
  }

  const send = (): void => {
    if (unsent.length === 0) return
    const at = below(unsent.length)
    queue.deliver(unsent[at]!)
    // Its answer is lost: it is sent again, at some time.
    if (chance(0.3)) counts.repeatedMessages++
    else unsent.splice(at, 1)
  }

  for (const queues of SERVED) spawn(queues)

  for (; turn < MOST_TURNS && broken === undefined && open > 0; turn++) {
    const host = hosts[below(hosts.length)]!
    const coin = next()
    if (turn < faulty && coin < 0.01) crash(host)
    else if (turn < faulty && coin < 0.02) togglePause(host)
    else if (host.paused) {
      if (turn >= faulty || coin < 0.1) togglePause(host)
    } else if (host.isDead && coin < 0.1) drop(host)
    else if (coin < 0.06) {
      if (unstarted > 0) start(host)
      else send()
    } else if (coin < 0.1) send()
    else if (coin < 0.25) advanceTime()
    else if (coin < 0.45) claim(host)
    else if (coin < 0.63) report(host)
    else if (coin < 0.75) serve(host)
    else commit(host)
  }
  counts.turns = turn

  if (broken === undefined && open > 0) broken = `${open} not finished after ${turn} turns`
  for (const run of broken === undefined ? runs.values() : []) broken ??= wrongWith(run)

  /** What an ended instance left behind, held against what it must be. */
  function wrongWith(run: Run): string | undefined {
    const { id, world } = run
    const events = queue.history(id)
    const { outcome } = queue.find(id)
    if (outcome === null || !run.isRight(outcome)) {
      return `${id} of ${world.file.program.name} ended with ${JSON.stringify(outcome)}`
    }
    const settled = events.filter(({ kind }) => kind === "settled" || kind === "fired")
    if (new Set(settled.map(({ effect }) => effect)).size < settled.length) {
      return `${id} settled ${settled.map(({ effect }) => effect).join()}`
    }
    const attempts = events.filter(({ kind }) => kind === "attempt").length
    if (run.attempts !== undefined && attempts !== run.attempts) {
      return `${id} has ${attempts} failed attempts before the last instead of ${run.attempts}`
    }
    follow(run)
    return broken
  }
  return { broken, counts }
}
