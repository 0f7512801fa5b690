/**
 * Which calls the commits offer to others.
 *
 * @since 0.1.0
 */
import { DEFAULT_QUEUE, type Offer } from "../../queue/Calls.ts"
import { collect, offerOf, split } from "../offers.ts"
import { type Call, hasOutbound, type Owned } from "../Owned.ts"
import type { Actions } from "./Actions.ts"
import type { Holdings } from "./Holdings.ts"

export class Offering {
  private readonly holdings: Holdings
  private readonly actions: Actions
  /** How many more calls that wait for a slot here the commit that is being made may offer. */
  private overflow = 0

  constructor(holdings: Holdings, actions: Actions) {
    this.holdings = holdings
    this.actions = actions
  }

  /** Called before a commit is made. */
  begin(): void {
    this.overflow = this.overflowRoom()
  }

  /** Moves calls of an instance into its next commit as offers. */
  collect(owned: Owned): void {
    if (this.holdings.isDraining || owned.closed) return
    // With the commit of the events that they depend on, not after it.
    const { isOffered } = this.holdings.routes
    if (owned.pending.fresh.some(({ calls }) => calls.some(({ policy }) => isOffered(policy)))) {
      for (const stretch of owned.pending.fresh.splice(0)) {
        const { here, offered } = split(stretch, isOffered)
        if (here.calls.length > 0) owned.pending.fresh.push(here)
        owned.outbound.add(offered)
      }
    }
    if (this.overflow === 0 && !hasOutbound(owned)) return
    const share = Math.ceil(this.overflow / Math.max(1, this.holdings.hungry.size))
    const calls = collect(owned, Math.min(share, this.overflow))
    for (const call of calls) if (call.offered === "overflow") this.overflow--
    owned.pending.offers.push(...calls)
  }

  offerOf(call: Call): Offer {
    const { now, timeouts } = this.holdings.services
    const { action, effect, owned, policy } = call
    // Whoever takes it ends it at the call's own deadline, too.
    const leftMillis = Math.max(1, (owned.deadlines.get(effect) ?? Infinity) - now())
    const millis = Math.min(timeouts.limitMillis(policy) ?? Infinity, leftMillis)
    return offerOf(call, this.actions.of(owned.file, action), millis === Infinity ? null : millis)
  }

  /**
   * Calls wait for slots here while others have some: how many of them may be offered, so that
   * the others have twice as many as they can run at once. Those that wait first stay.
   */
  private overflowRoom(): number {
    const { executions, isDraining, owned: instances, routes, services } = this.holdings
    const slots = services.pool.slots()
    const elsewhere = routes.slotsElsewhere(DEFAULT_QUEUE)
    if (isDraining || elsewhere === 0 || executions.count() < slots) return 0
    let waiting = -slots
    let offered = 0
    for (const owned of instances.values()) {
      waiting += owned.backlog.size
      offered += owned.offered
    }
    return Math.max(Math.min(waiting, 2 * elsewhere - offered), 0)
  }
}
