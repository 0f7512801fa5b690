/**
 * The instances that a dispatcher has in memory, and which of them have something to do.
 *
 * @since 0.1.0
 */
import { messageOf } from "../DispatcherError.ts"
import { Routes } from "../offers.ts"
import { type Call, hasBacklog, type Owned } from "../Owned.ts"
import * as TimerHeap from "../TimerHeap.ts"
import type { CoreOptions, CoreServices } from "./CoreServices.ts"
import { Executions } from "./Executions.ts"
import { Room } from "./Room.ts"

/** A call that is to run again, or a timer of an instance. */
export type Alarm = Call | { readonly owned: Owned; readonly effect: number }

/** Effects count from 1; a timer of this one looks at the instance again. */
export const NO_EFFECT = 0

export class Holdings {
  readonly options: CoreOptions
  readonly services: CoreServices
  readonly routes: Routes
  readonly executions: Executions
  readonly owned = new Map<string, Owned>()
  readonly room: Room
  /** Instances that the next commits look at. */
  readonly review = new Set<Owned>()
  /** Instances with calls that wait for a slot, the one whose turn it is first. */
  readonly hungry = new Set<Owned>()
  readonly timers = TimerHeap.make<Alarm>()
  /** No call starts any more, and all is given away. */
  isDraining = false
  /** Messages may wait that no hint will tell of. */
  hasMissed = false

  constructor(options: CoreOptions, services: CoreServices) {
    this.options = options
    this.services = services
    this.room = new Room(options, this.owned)
    this.routes = services.routes ?? new Routes()
    this.executions = new Executions(services.pool)
  }

  /**
   * Moves an instance. A step that throws is a fault of this program, not of the workflow:
   * the instance is given away as it was stored, to nobody, and the others go on.
   */
  move(owned: Owned, advanceIt: () => void): void {
    try {
      advanceIt()
    } catch (cause) {
      this.setAside(owned, cause)
    }
    this.moved(owned)
  }

  setAside(owned: Owned, cause: unknown): void {
    owned.aside = `Stepping it failed: ${messageOf(cause)}`
    this.services.onFault(owned.id, cause)
  }

  /** Arms what is new and puts the instance up for the next commit. */
  moved(owned: Owned): void {
    for (const effect of owned.newTimers) {
      const dueAt = owned.timers.get(effect) ?? owned.deadlines.get(effect)
      if (dueAt !== undefined) this.timers.add(dueAt, effect, { owned, effect })
    }
    owned.newTimers = []
    owned.movedAt = this.services.now()
    this.review.add(owned)
    // It may have been passed over at its window.
    this.feed(owned)
  }

  /** Has the instance take its turn for a slot when calls of it wait for one. */
  feed(owned: Owned): void {
    if (hasBacklog(owned) && !this.isDraining) this.hungry.add(owned)
  }

  /** Has the next commits look at an instance again at this time. */
  lookAgain(owned: Owned, at: number): void {
    this.timers.add(at, NO_EFFECT, { owned, effect: NO_EFFECT })
  }

  /** Forgets an instance that is lost, released or closed. */
  drop(owned: Owned): void {
    owned.gone = true
    this.review.delete(owned)
    this.hungry.delete(owned)
    // It may have been claimed again before its release was answered.
    if (this.owned.get(owned.id) === owned) this.owned.delete(owned.id)
    this.executions.end([...owned.calls.values(), ...owned.dropped], "shutdown")
  }
}

/** Whether an outcome of this call still counts. */
export const isAwaited = (call: Call): boolean =>
  !call.owned.gone && call.owned.calls.get(call.effect) === call
