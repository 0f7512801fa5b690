/**
 * Which calls are offered to others, and what an offer says.
 *
 * @since 0.1.0
 */
import type { Policy } from "../machine/Model.ts"
import type { ActionNode } from "../program/Program.ts"
import { DEFAULT_QUEUE, type LaneLimit, type Offer } from "../queue/Calls.ts"
import type { HostLoad } from "../queue/Queue.ts"
import type { CallEffect, FreshCalls } from "./Backlog.ts"
import { attemptOf, type Call, CALL_WINDOW, newCall, type Owned } from "./Owned.ts"

/** Ends of workers after which a call that had a part in each runs alone (PROTOCOL R13). */
const ALONE_AFTER_DEATHS = 2

/**
 * Whether a call is to run alone in its worker. What was lost with its dispatcher is not under
 * suspicion: two hosts that end would else have everything in flight run one by one.
 */
export const isSuspect = ({ deaths }: Call): boolean => deaths >= ALONE_AFTER_DEATHS

/** Decides where a call runs. */
export class Routes {
  private readonly served: ReadonlySet<string>
  private limited: ReadonlySet<string> = new Set()
  private hosts: ReadonlyArray<HostLoad> = []

  constructor(queues: ReadonlyArray<string> = [DEFAULT_QUEUE]) {
    this.served = new Set(queues)
  }

  /** Takes what a beat answered. */
  update(hosts: ReadonlyArray<HostLoad>, limited: ReadonlyArray<string>): void {
    this.hosts = hosts
    this.limited = new Set(limited)
  }

  /**
   * Whether others have to be asked: this host does not serve its queue, or a limit counts. The
   * outcome of a transactional call comes through the inbox, as that of an offer does (R16).
   */
  isOffered = (policy: Policy): boolean => {
    const queue = policy.queue ?? DEFAULT_QUEUE
    return policy.limit !== undefined || policy.transactional === true || !this.served.has(queue) ||
      this.limited.has(queue)
  }

  /** Executions that others could make of calls of a queue. */
  slotsElsewhere(queue: string): number {
    let slots = 0
    for (const host of this.hosts) if (host.queues.includes(queue)) slots += host.slots
    return slots
  }
}

/** Parts calls of one step into those that run here and those that are offered. */
export const split = (
  { at, calls }: FreshCalls,
  isOffered: (policy: Policy) => boolean
): { readonly here: FreshCalls; readonly offered: FreshCalls } => {
  if (!calls.some(({ policy }) => isOffered(policy))) {
    return { here: { at, calls }, offered: { at, calls: [] } }
  }
  const here: Array<CallEffect> = []
  const offered: Array<CallEffect> = []
  for (const call of calls) (isOffered(call.policy) ? offered : here).push(call)
  return { here: { at, calls: here }, offered: { at, calls: offered } }
}

/** Offers of one instance in one commit; the next commit has the next ones. */
const BATCH = 500

/** Characters of arguments in them. */
const BATCH_LENGTH = 4 * 1024 * 1024

/**
 * The calls that the next commit offers: those that were offered before and run again, then
 * those that must be offered, then up to `overflow` of those that wait for a slot here.
 */
export const collect = (owned: Owned, overflow: number): ReadonlyArray<Call> => {
  const calls: Array<Call> = []
  let length = 0
  const isFull = () =>
    owned.offered >= CALL_WINDOW || calls.length >= BATCH || length >= BATCH_LENGTH
  const add = (call: Call, how: "routed" | "overflow") => {
    call.offered = how
    owned.offered++
    calls.push(call)
    length += call.args.length
  }
  while (owned.reoffered.length > 0 && !isFull()) {
    const call = owned.reoffered.shift()!
    if (owned.calls.get(call.effect) === call && call.offered === null) add(call, "routed")
  }
  const takeFrom = (backlog: Owned["backlog"]) => {
    const next = backlog.take((effect) =>
      owned.state.pending.has(effect) && !owned.calls.has(effect)
    )
    if (next === undefined) return undefined
    const call = newCall(owned, next.effect, next.at)
    owned.calls.set(call.effect, call)
    return call
  }
  while (!isFull()) {
    const call = takeFrom(owned.outbound)
    if (call === undefined) break
    add(call, "routed")
  }
  for (let i = 0; i < overflow && !isFull(); i++) {
    const call = takeFrom(owned.backlog)
    if (call === undefined) break
    add(call, "overflow")
  }
  return calls
}

/** One attempt, complete for whoever runs it. */
export const offerOf = (
  call: Call,
  action: ActionNode,
  timeoutMillis: number | null
): Offer => {
  const { policy } = call
  return {
    effect: call.effect,
    attempt: attemptOf(call),
    queue: policy.queue ?? DEFAULT_QUEUE,
    limit: policy.limit === undefined ? null : limitOf(call.action, policy.limit),
    priority: policy.priority ?? 0,
    action: call.action,
    file: action.file,
    exportName: action.x,
    ...(action.step === undefined ? {} : { step: action.step }),
    args: call.args,
    timeoutMillis,
    heartbeatMillis: policy.heartbeatMillis ?? null,
    details: call.details,
    alone: isSuspect(call),
    transactional: policy.transactional === true
  }
}

/** A lane is named by what shares it and by the key; no name has a line's end. */
const limitOf = (action: string, limit: NonNullable<Policy["limit"]>): LaneLimit => ({
  lane: `${limit.name ?? action}\n${limit.key ?? ""}`,
  concurrency: limit.concurrency ?? null,
  rate: limit.rate ?? null
})
