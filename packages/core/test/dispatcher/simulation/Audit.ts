/**
 * What a schedule does, held against what was promised: while it runs, and when it is over.
 */
import { voidedBy } from "../../../src/dispatcher/EventCodec.ts"
import type { Outcome, Policy } from "../../../src/machine/Model.ts"
import { DEADLINE_REASON } from "../../../src/queue/memoryStart.ts"
import type { CommitEntry } from "../../../src/queue/Queue.ts"
import type { CallRequest } from "../../../src/worker/WorkerPool.ts"
import type { Execution, Host } from "./Host.ts"
import { Shadow } from "./Shadow.ts"
import type { SimQueue } from "./SimQueue.ts"
import type { World } from "./worlds.ts"

export interface Run {
  readonly id: string
  readonly world: World
  readonly start: { readonly input: string; readonly seed: string; readonly entry?: string }
  readonly isRight: (outcome: Outcome) => boolean
  /** Failed attempts that its log must have; undefined for whatever number. */
  readonly attempts: number | undefined
  /** It is cancelled then, and not before. */
  readonly deadlineAt: number | undefined
  /** Of it and its children. */
  readonly family: Family
}

export interface Family {
  /** What failed for a reason of its own succeeds from now on. */
  isMended: boolean
}

interface Watched extends Run {
  shadow: Shadow | undefined
  isDone: boolean
  /** What heartbeats said, by effect. */
  readonly said: Map<number, Set<string>>
  /** Effects of transactional calls, with how often their work was committed. */
  readonly works: Map<number, number>
}

/** Calls of each action named `limited` that may run at once. */
const LIMIT = 2

/** When an execution has no more time. */
const endOf = (
  { beatAt, startedAt }: Execution,
  { heartbeatMillis = Infinity, timeoutMillis }: Policy
): number => Math.min(startedAt + (timeoutMillis ?? Infinity), beatAt + heartbeatMillis)

export class Audit {
  /** The first broken promise. */
  broken: string | undefined
  /** Instances without an outcome. */
  open = 0
  private readonly queue: SimQueue
  private readonly hosts: ReadonlyArray<Host>
  private readonly now: () => number
  private readonly runs = new Map<string, Watched>()

  constructor(queue: SimQueue, hosts: ReadonlyArray<Host>, now: () => number) {
    this.queue = queue
    this.hosts = hosts
    this.now = now
  }

  add(run: Run): void {
    const watched = { shadow: undefined, isDone: false, said: new Map(), works: new Map() }
    this.runs.set(run.id, { ...run, ...watched })
    this.open++
  }

  find(id: string): Run | undefined {
    return this.runs.get(id)
  }

  fail(what: string): void {
    this.broken ??= what
  }

  /** An execution begins; answers its limits. */
  begins(host: Host, call: CallRequest): Policy | undefined {
    const { action, effect, instanceId } = call
    const run = this.runs.get(instanceId)!
    const shadow = this.follow(run)
    const pending = shadow.pendingOf(effect)
    if (!shadow.asked.has(effect)) {
      this.fail(`${instanceId} ran effect ${effect} that nothing durable asks for`)
    } else if (!host.isDead && pending === undefined) {
      this.fail(`${instanceId} ran effect ${effect} again, whose outcome is durable`)
    }
    if (action.endsWith("limited") && this.runningNow(action) > LIMIT) {
      this.fail(`${this.runningNow(action)} calls of ${action} ran at once`)
    }
    if (call.transactional === true && !run.works.has(effect)) run.works.set(effect, 0)
    if (!host.isDead) this.lookAtDetails(run, call, shadow)
    return pending?.kind === "call" ? pending.policy : undefined
  }

  private lookAtDetails(run: Watched, { details, effect, id }: CallRequest, shadow: Shadow): void {
    if (details !== undefined && run.said.get(effect)?.has(details) !== true) {
      this.fail(`${run.id} was told ${details}, which no heartbeat of effect ${effect} said`)
    }
    const known = shadow.details.get(effect)
    if (known !== undefined && Number(details ?? -1) < Number(known)) {
      this.fail(
        `execution ${id} of effect ${effect} of ${run.id} was told ${details}, not ${known}`
      )
    }
  }

  beats({ instanceId, effect }: CallRequest, details: string): void {
    const { said } = this.runs.get(instanceId)!
    const known = said.get(effect)
    if (known === undefined) said.set(effect, new Set([details]))
    else known.add(details)
  }

  /** A host ends an execution for its time. */
  timedOut(execution: Execution): void {
    const { call, limits } = execution
    // The end of its call's time is that of the call, which an execution knows nothing of.
    if (limits === undefined || limits.deadlineMillis !== undefined) return
    if (this.now() < endOf(execution, limits)) {
      this.fail(`effect ${call.effect} of ${call.instanceId} was ended while it had time`)
    }
  }

  /** A host has looked at the clock. */
  looked({ executing }: Host): void {
    const now = this.now()
    for (const execution of executing) {
      const { call, limits } = execution
      if (limits !== undefined && now >= endOf(execution, limits)) {
        this.fail(`effect ${call.effect} of ${call.instanceId} runs beyond its time`)
      }
    }
  }

  /** The transaction of an action has committed. */
  worked({ effect, instanceId }: CallRequest): void {
    const { works } = this.runs.get(instanceId)!
    works.set(effect, works.get(effect)! + 1)
  }

  /** Answers whether the instance has ended with this entry. */
  stored({ events, id, outcome }: CommitEntry): boolean {
    const now = this.now()
    const run = this.runs.get(id)!
    for (const { at, effect, kind, payload } of events) {
      if (kind === "fired" && at > now) this.fail(`${id} fired effect ${effect} too early`)
      const isOverdue = kind === "cancelled" && payload === DEADLINE_REASON
      if (isOverdue && at < run.deadlineAt!) this.fail(`${id} was cancelled before its deadline`)
    }
    if (outcome === null || run.isDone) return false
    run.isDone = true
    this.open--
    return true
  }

  /** A repair lets it go on. */
  reopened(id: string): void {
    this.runs.get(id)!.isDone = false
    this.open++
  }

  /** Looks at all that ended. */
  close(turns: number): void {
    if (this.open > 0) this.fail(`${this.open} not finished after ${turns} turns`)
    for (const run of this.runs.values()) {
      if (this.broken !== undefined) return
      const wrong = this.wrongWith(run)
      if (wrong !== undefined) this.fail(`${run.id} of ${run.world.file.program.name} ${wrong}`)
      else this.follow(run)
    }
  }

  /** Steps what is durable of an instance on its second machine. */
  private follow(run: Watched): Shadow {
    run.shadow ??= new Shadow(run.world.machine, {
      instanceId: run.id,
      at: this.queue.find(run.id).startedAt!,
      ...run.start
    })
    const wrong = run.shadow.follow(this.queue.history(run.id))
    if (wrong !== undefined) this.fail(`${run.id} ${wrong}`)
    return run.shadow
  }

  private runningNow(action: string): number {
    let count = 0
    for (const { executing, isDead } of this.hosts) {
      if (!isDead) { for (const { call } of executing) if (call.action === action) count++ }
    }
    return count
  }

  /** What an ended instance left behind, held against what it must be. */
  private wrongWith(run: Watched): string | undefined {
    const { id } = run
    const history = this.queue.history(id)
    const voided = voidedBy(history)
    const events = history.filter(({ seq }) => !voided.has(seq))
    const { outcome } = this.queue.find(id)
    if (outcome === null || !run.isRight(outcome)) return `ended with ${JSON.stringify(outcome)}`
    const settled = events.filter(({ kind }) =>
      kind === "settled" || kind === "patched" || kind === "fired"
    )
    if (new Set(settled.map(({ effect }) => effect)).size < settled.length) {
      return `settled ${settled.map(({ effect }) => effect).join()}`
    }
    const attempts = events.filter(({ kind }) => kind === "attempt").length
    if (run.attempts !== undefined && attempts !== run.attempts) {
      return `has ${attempts} failed attempts before the last instead of ${run.attempts}`
    }
    for (const [effect, works] of run.works) {
      const heard = settled.some((event) =>
        event.effect === effect && event.payload!.startsWith("+")
      )
      if (works !== (heard ? 1 : 0)) {
        return `heard ${heard ? "of" : "nothing of"} the work of effect ${effect}, which was ` +
          `committed ${works} times`
      }
    }
    return undefined
  }
}
