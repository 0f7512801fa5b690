/**
 * One run of a dispatcher: what its fibers share.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { type Entropy, uuidv7 } from "../../entropy/Entropy.ts"
import type { Queue } from "../../queue/Queue.ts"
import type { WorkerPool } from "../../worker/WorkerPool.ts"
import * as Bell from "../Bell.ts"
import { type DispatcherCore, LONG_STEP_MILLIS } from "../DispatcherCore.ts"
import type { DispatcherSettings } from "../DispatcherOptions.ts"
import type { TakenCalls } from "../TakenCalls.ts"
import type { Taker } from "./Taker.ts"

/** After a statement that failed. */
export const PAUSE = "500 millis"

/** After a beat that got no answer. */
export const BEAT_AGAIN_MILLIS = 250

/** Steps don't wait any longer for a beat that gets no answer. */
const LONGEST_REST_MILLIS = 1000

/** How often they look whether it came. */
const REST_MILLIS = 20

export class Run {
  readonly settings: DispatcherSettings
  readonly queue: Queue["Type"]
  readonly pool: WorkerPool["Type"]
  readonly commitBell = Bell.make()
  readonly timerBell = Bell.make()
  readonly claimBell = Bell.make()
  readonly changeBell = Bell.make()
  readonly beatBell = Bell.make()
  /** Given by `make` once they are made; they ask this run for the time. */
  core!: DispatcherCore
  taken!: TakenCalls
  taker!: Taker
  /** This dispatcher's name; a new one when it was declared dead. */
  id: string
  isStopping = false
  /** No further instance fits into memory. */
  isFull = false
  /** For when the timekeeper is set. */
  armedAt = Infinity
  /** Since when a commit waits for its answer; Infinity when none does. */
  committingSince = Infinity
  /** When the last beat was sent that was answered. */
  beatenAt: number
  /** When the last steps ended that took long. */
  private longEndedAt = -Infinity
  private readonly clock: Clock.Clock
  private readonly entropy: Entropy["Type"]
  private offsetMillis = 0

  constructor(
    settings: DispatcherSettings,
    services: {
      readonly queue: Queue["Type"]
      readonly pool: WorkerPool["Type"]
      readonly clock: Clock.Clock
      readonly entropy: Entropy["Type"]
    }
  ) {
    this.settings = settings
    this.queue = services.queue
    this.pool = services.pool
    this.clock = services.clock
    this.entropy = services.entropy
    this.beatenAt = this.localNow()
    this.id = this.newId()
  }

  newId = (): string => uuidv7(this.entropy, this.localNow())

  localNow = (): number => this.clock.unsafeCurrentTimeMillis()

  /** The queue's clock as this process sees it: every answer that carries a time corrects it. */
  now = (): number => this.localNow() + this.offsetMillis

  sync(queueNow: number): void {
    this.offsetMillis = queueNow - this.localNow()
  }

  /** Ownership is certain for a while after a beat that was answered. */
  isCertain = (): boolean => {
    const { beatMillis, leaseMillis } = this.settings
    return beatMillis === Infinity || this.localNow() - this.beatenAt < leaseMillis * 0.7
  }

  nextWakeAt(): number {
    return Math.min(this.core.nextWakeAt(), this.taken.nextWakeAt())
  }

  /** Wakes the fibers that have something to do after the core has moved. */
  settle = (): void => {
    const { core } = this
    this.changeBell.ring()
    if (this.isFull && core.capacity() > 0) this.claimBell.ring()
    if (core.hasWork()) this.commitBell.ring()
    if (core.hasMissed()) this.claimBell.ring()
    if (this.nextWakeAt() < this.armedAt) this.timerBell.ring()
    this.taker.settle()
  }

  /** To be called after steps that began at this local time. */
  stepped(since: number): void {
    const now = this.localNow()
    if (now - since <= LONG_STEP_MILLIS) return
    this.longEndedAt = now
    this.settle()
    this.beatBell.ring()
  }

  /** Makes steps when their turn has come, and sees whether they took long. */
  paced<A, E>(steps: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.flatMap(this.rest, () => {
      const since = this.localNow()
      return Effect.tap(steps, () => this.stepped(since))
    })
  }

  /**
   * To be awaited before steps. After long ones, whichever fiber made them, all wait for a beat,
   * so that they don't add up to a lease; commits and answers have their turn meanwhile.
   */
  readonly rest: Effect.Effect<void> = Effect.suspend(() =>
    this.isWinded() ? Effect.zipRight(Effect.sleep(REST_MILLIS), this.rest) : Effect.void
  )

  isWinded(): boolean {
    return this.settings.beatMillis !== Infinity && this.beatenAt < this.longEndedAt &&
      this.localNow() < this.longEndedAt + LONGEST_REST_MILLIS
  }

  /** Waits until something is so, for no longer than the grace. */
  until(isDone: () => boolean): Effect.Effect<unknown> {
    const { changeBell, settings } = this
    return Effect.gen(function*() {
      for (;;) {
        changeBell.reset()
        if (isDone()) return
        yield* changeBell.wait(Infinity)
      }
    }).pipe(Effect.interruptible, Effect.timeoutOption(settings.graceMillis))
  }
}

/** Says what failed, and rests before it is tried again. */
export const pauseOnFailure = <A, E, R>(
  what: string,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<unknown, never, R> =>
  Effect.catchAllCause(effect, (cause) =>
    Cause.isInterruptedOnly(cause)
      ? Effect.failCause(cause as Cause.Cause<never>)
      : Effect.zipRight(Effect.logWarning(what, cause), Effect.sleep(PAUSE)))
