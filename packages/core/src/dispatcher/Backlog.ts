/**
 * Calls of one instance that nobody was given yet, in the order in which they were asked for.
 *
 * A program may ask for 100,000 calls in one step. Until a call gets a slot it is no more
 * than the machine's own record of it, in a list with the others of its step (PROTOCOL R15);
 * a `Call` with its counts is made when it is given out. Calls that are settled in the
 * meantime (an instance was cancelled) are passed over when they come up.
 *
 * @since 0.1.0
 */
import type { PendingEffect } from "../machine/Model.ts"

export type CallEffect = Extract<PendingEffect, { readonly kind: "call" }>

/** Calls of one step. */
export interface FreshCalls {
  /** Step time at which they were asked for. */
  readonly at: number
  readonly calls: ReadonlyArray<CallEffect>
}

interface Stretch {
  readonly at: number
  /** Those that are taken out are not held any longer. */
  readonly calls: Array<CallEffect | undefined>
  /** Index of the first call that is still here. */
  next: number
}

export interface FreshCall {
  readonly at: number
  readonly effect: CallEffect
}

export class Backlog {
  private stretches: Array<Stretch> = []
  private head = 0
  /** Calls in here, those included that will be passed over. */
  size = 0

  add({ at, calls }: FreshCalls): void {
    if (calls.length === 0) return
    this.stretches.push({ at, calls: calls.slice(), next: 0 })
    this.size += calls.length
  }

  /** The next call that `isWanted`, taken out; those before it are dropped. */
  take(isWanted: (effect: number) => boolean): FreshCall | undefined {
    while (this.head < this.stretches.length) {
      const stretch = this.stretches[this.head]!
      while (stretch.next < stretch.calls.length) {
        const effect = stretch.calls[stretch.next]!
        stretch.calls[stretch.next++] = undefined
        this.size--
        if (isWanted(effect.effect)) return { at: stretch.at, effect }
      }
      this.head++
      if (this.head > 64 && this.head * 2 > this.stretches.length) {
        this.stretches.splice(0, this.head)
        this.head = 0
      }
    }
    this.stretches = []
    this.head = 0
    return undefined
  }

  /**
   * From which effect on calls were asked for at which time: what a snapshot keeps of the
   * backlog beside the machine's own record of each call.
   */
  times(): ReadonlyArray<readonly [effect: number, at: number]> {
    const times: Array<readonly [number, number]> = []
    for (let i = this.head; i < this.stretches.length; i++) {
      const { at, calls, next } = this.stretches[i]!
      if (next < calls.length) times.push([calls[next]!.effect, at])
    }
    return times
  }
}
