/**
 * Hands calls to the pool, as many as it has free slots; instances take turns.
 *
 * @since 0.1.0
 */
import type { CallRequest } from "../../worker/WorkerPool.ts"
import { isSuspect, split } from "../offers.ts"
import {
  attemptOf,
  type Call,
  CALL_WINDOW,
  hasOutbound,
  type Owned,
  type Pending,
  takeFresh
} from "../Owned.ts"
import type { Actions } from "./Actions.ts"
import { type Holdings, isAwaited } from "./Holdings.ts"

export class Slots {
  private readonly holdings: Holdings
  private readonly actions: Actions
  /** Executions that were started, ever. */
  executionCount = 0

  constructor(holdings: Holdings, actions: Actions) {
    this.holdings = holdings
    this.actions = actions
  }

  /** What is durable now may be given out, by the next `pump`. */
  release(owned: Owned, { fresh, held }: Pending): void {
    const { review, routes, services, timers } = this.holdings
    for (const stretch of fresh) {
      const { here, offered } = split(stretch, routes.isOffered)
      owned.backlog.add(here)
      owned.outbound.add(offered)
    }
    fresh.length = 0
    if (hasOutbound(owned)) review.add(owned)
    const now = held.length === 0 ? 0 : services.now()
    for (const call of held) {
      if (!isReady(call)) continue
      if (call.retryAt === null || call.retryAt <= now) this.queueUp(call)
      else timers.add(call.retryAt, call.effect, call)
    }
    held.length = 0
    this.holdings.feed(owned)
  }

  /** A call whose next execution was to wait for this time. */
  wake(call: Call, now: number): void {
    if (isReady(call) && call.retryAt !== null && call.retryAt <= now) this.queueUp(call)
  }

  /** A call that is to run again waits for a slot, before those that have not run yet. */
  private queueUp(call: Call): void {
    call.retryAt = null
    if (this.holdings.routes.isOffered(call.policy)) {
      call.owned.reoffered.push(call)
      this.holdings.review.add(call.owned)
      return
    }
    call.owned.ready.push(call)
    this.holdings.feed(call.owned)
  }

  pump(): void {
    const { executions, hungry, isDraining, services } = this.holdings
    if (isDraining || hungry.size === 0) return
    // Asked now and not noted earlier: a process that was paused goes on in the middle.
    if (!services.isCertain()) return
    const free = services.pool.slots() - executions.count() - (services.lent?.() ?? 0)
    if (free <= 0) return
    const requests: Array<CallRequest> = []
    // An instance that has had its turn goes to the end of the set, and is met there again.
    for (const owned of hungry) {
      if (requests.length >= free) break
      hungry.delete(owned)
      const call = owned.running < CALL_WINDOW ? this.nextCall(owned) : undefined
      if (call === undefined) continue
      this.holdings.feed(owned)
      requests.push(this.start(call))
    }
    this.executionCount += requests.length
    if (requests.length > 0) services.pool.submit(requests)
  }

  private start(call: Call): CallRequest {
    const { executions, services } = this.holdings
    const { owned } = call
    const action = this.actions.of(owned.file, call.action)
    return {
      id: executions.start(call, services.timeouts.limitMillis(call.policy), services.now),
      instanceId: owned.id,
      effect: call.effect,
      action: call.action,
      file: action.file,
      exportName: action.x,
      ...(action.step === undefined ? {} : { step: action.step }),
      ...(isSuspect(call) ? { alone: true } : {}),
      ...(call.details === null ? {} : { details: call.details }),
      args: call.args,
      attempt: attemptOf(call)
    }
  }

  private nextCall(owned: Owned): Call | undefined {
    if (owned.gone) return undefined
    for (;;) {
      const call = owned.ready.shift() ?? takeFresh(owned)
      if (call === undefined) return undefined
      if (!isReady(call)) continue
      if (!this.holdings.routes.isOffered(call.policy)) return call
      // Its queue has got limits since.
      owned.reoffered.push(call)
      this.holdings.review.add(owned)
    }
  }
}

/** Whether a call is to run and doesn't. */
const isReady = (call: Call): boolean => call.running === null && isAwaited(call)
