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
import type { Child, Commit, Message } from "../../../src/queue/Queue.ts"
import { encodeError } from "../../../src/value/Value.ts"
import type { CallReport } from "../../../src/worker/WorkerPool.ts"
import { Audit, type Run } from "./Audit.ts"
import * as Host from "./Host.ts"
import { Operator, type Verb } from "./Operator.ts"
import * as Random from "./Random.ts"
import type { Sabotage } from "./Sabotage.ts"
import * as SimQueue from "./SimQueue.ts"
import { worlds } from "./worlds.ts"

/** Queues that the hosts serve: one of them does not run what is for `remote`. */
const SERVED = [["default"], ["default", "remote"]] as const
const SEED = "0123456789abcdef0123456789abcdef"
const ROLLED_BACK = encodeError(new Error("rolled back"))
const MOST_TURNS = 6000
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
  executions: 0,
  timeouts: 0,
  heartbeats: 0,
  works: 0,
  overAttempts: 0,
  repairs: 0
})

export type Counts = ReturnType<typeof noCounts>

/** How many instances, and for how many turns faults are dealt. */
const sizeOf = ({ below, next }: Random.Random) => {
  const coin = next()
  const instances = coin < 0.9 ? 1 + below(2) : coin < 0.98 ? 3 + below(2) : 6 + below(4)
  return { instances, faulty: 40 + 40 * instances }
}

/** Answers the first broken promise as text, or undefined; `counts` says what the schedule did. */
export const simulate = (seed: number, sabotage?: Sabotage) => {
  const random = Random.make(seed)
  const { below, chance, next } = random
  const { faulty, instances } = sizeOf(random)
  let time = 1_000_000
  let ids = 0
  const nextId = () => `00000000-0000-7000-8000-${String(++ids).padStart(12, "0")}`
  const queue = SimQueue.make(() => time, nextId, sabotage)
  const hosts: Array<Host.Host> = []
  const audit = new Audit(queue, hosts, () => time)
  const operator = new Operator(queue, audit, random, () => time)
  /** What is done to an instance when it has failed. */
  const repairs = new Map<string, Verb>()
  const unsent: Array<Message> = []
  const counts = noCounts()
  let unstarted = instances
  /** Details of heartbeats are numbers that grow. */
  let saidLast = 0
  let hasDeadlines = false
  let turn = 0

  const spawn = (queues: ReadonlyArray<string>) => {
    const host = Host.make({
      id: nextId(),
      queues,
      random,
      now: () => time,
      nextId,
      sabotage,
      onBegin: (host, call) => {
        counts.executions++
        return audit.begins(host, call)
      },
      onTimeout: (execution) => {
        counts.timeouts++
        audit.timedOut(execution)
      },
      onFault: (id, cause) => audit.fail(`${id} was set aside: ${String(cause)}`)
    })
    queue.register(host.id)
    hosts.push(host)
  }

  /** An execution says something: that it is alive, or how it ended. */
  const report = (host: Host.Host): void => {
    if (host.executing.length === 0) return
    const at = below(host.executing.length)
    const execution = host.executing[at]!
    if (execution.limits?.heartbeatMillis !== undefined && chance(0.4)) return beat(host, execution)
    const told = endOf(execution)
    if (told === undefined) return
    host.executing.splice(at, 1)
    host.core.reports([told])
    host.taken.reports([told])
    // A repeated or late message of the pool must change nothing.
    if (chance(0.1)) host.core.reports([told])
  }

  const beat = (host: Host.Host, execution: Host.Execution): void => {
    counts.heartbeats++
    const { call } = execution
    const details = String(++saidLast)
    execution.beatAt = time
    audit.beats(call, details)
    if (sabotage === "deaf-heartbeat") return
    const told: CallReport = { id: call.id, kind: "heartbeat", details }
    host.core.reports([told])
    host.taken.reports([told])
  }

  /** The transaction of an action ends; false when it is rolled back, as the attempt is over. */
  const transact = (execution: Host.Execution, value: string): boolean => {
    if (!queue.settle(execution.call, value)) {
      counts.overAttempts++
      return false
    }
    counts.works++
    audit.worked(execution.call)
    execution.hasWorked = true
    return true
  }

  /** The workers of a paused host go on, and nobody hears of it. */
  const goOn = ({ executing }: Host.Host): void => {
    for (const execution of executing) {
      const { call, hasWorked } = execution
      if (call.transactional !== true || hasWorked) continue
      const outcome = audit.find(call.instanceId)!.world.execute(call, false)
      if (outcome?.ok === true) transact(execution, outcome.value)
    }
  }

  /** How an execution ends now; undefined when it goes on. */
  const endOf = (execution: Host.Execution): CallReport | undefined => {
    const { call } = execution
    const { id, instanceId } = call
    if (chance(0.1)) return { id, kind: "lost", reason: "simulated" }
    const { family, world } = audit.find(instanceId)!
    const outcome = world.execute(call, family.isMended)
    if (outcome === null) return undefined
    if (!outcome.ok) return { id, kind: "failed", error: outcome.error, millis: 1 }
    if (call.transactional === true && !execution.hasWorked) {
      // What it does fails, and is rolled back.
      if (chance(0.1) || !transact(execution, outcome.value)) {
        return { id, kind: "failed", error: ROLLED_BACK, millis: 1 }
      }
      // Its worker ends after the commit, or has more to do.
      if (chance(0.3)) return { id, kind: "lost", reason: "simulated" }
      if (chance(0.5)) return undefined
    }
    return { id, kind: "succeeded", value: outcome.value, millis: 1 }
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
      const run = audit.find(loaded.id)
      if (run === undefined) return audit.fail(`${loaded.id} was started, and nobody asked for it`)
      const adopted = host.core.adopt(loaded, run.world.file)
      if (Either.isLeft(adopted)) audit.fail(`${loaded.id} was refused: ${adopted.left.message}`)
      else if (sabotage === "lost-deadline") adopted.right.deadlines.clear()
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

  const addChild = (parent: Run, { entry, id, input, seed }: Child): void => {
    if (audit.find(id) !== undefined) return
    counts.children++
    const { family, world } = parent
    audit.add({
      id,
      world,
      start: { input, seed, entry },
      // It is right when its parent is: the parent's result is made of it.
      isRight: () => true,
      attempts: undefined,
      deadlineAt: undefined,
      family
    })
  }

  const noteAccepted = (batch: Commit, accepted: ReadonlySet<string>) => {
    for (const entry of batch.entries) {
      const { children, id, outcome } = entry
      if (!accepted.has(id)) continue
      const run = audit.find(id)!
      for (const child of children ?? []) addChild(run, child)
      if (!audit.stored(entry) || outcome?.ok !== false) continue
      const verb = repairs.get(id)
      if (verb !== undefined && verb !== "skip-live") operator.add(id, verb)
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
    // Towards the end only timers and waits after losses are left, and calls do not last.
    time += below(turn < faulty ? 400 : 2000)
    for (const host of hosts) {
      if (host.paused) continue
      if (turn >= faulty) report(host)
      host.core.tick()
      host.taken.tick()
      audit.looked(host)
    }
    if (hasDeadlines && chance(0.3)) queue.cancelOverdue()
  }

  /** One more instance, with or without an owner, whose answer may be lost. */
  const start = (host: Host.Host): void => {
    const all = worlds()
    const world = all[below(all.length)]!
    const { attempts, deadlineMillis, input, isRight, messages, repair } = world.draw(below)
    const id = nextId()
    const request = {
      id,
      name: world.file.program.name,
      program: world.file.hash,
      input,
      seed: SEED,
      ...(deadlineMillis === undefined ? {} : { deadlineMillis })
    }
    audit.add({
      id,
      world,
      start: { input, seed: SEED },
      isRight,
      attempts,
      deadlineAt: deadlineMillis === undefined ? undefined : time + deadlineMillis,
      family: { isMended: false }
    })
    unstarted--
    counts.instances++
    hasDeadlines ||= deadlineMillis !== undefined
    if (repair !== undefined) {
      repairs.set(id, repair)
      if (repair === "skip-live") operator.add(id, repair)
    }
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
    if (operator.hasWork() && chance(0.5)) {
      if (operator.act()) counts.repairs++
      return
    }
    if (unsent.length === 0) return
    const at = below(unsent.length)
    queue.deliver(unsent[at]!)
    // Its answer is lost: it is sent again, at some time.
    if (chance(0.3)) counts.repeatedMessages++
    else unsent.splice(at, 1)
  }

  for (const queues of SERVED) spawn(queues)

  const isOver = () =>
    audit.broken !== undefined || (audit.open + unstarted === 0 && !operator.hasWork())
  for (; turn < MOST_TURNS && !isOver(); turn++) {
    const host = hosts[below(hosts.length)]!
    const coin = next()
    if (turn < faulty && coin < 0.01) crash(host)
    else if (turn < faulty && coin < 0.02) togglePause(host)
    else if (host.paused) {
      if (turn >= faulty || coin < 0.1) togglePause(host)
      else if (coin < 0.2) goOn(host)
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

  if (unstarted > 0) audit.fail(`${unstarted} not started`)
  audit.close(turn)
  return { broken: audit.broken, counts }
}
