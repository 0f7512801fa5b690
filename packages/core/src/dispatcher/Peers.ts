/**
 * Watches the beats of the other dispatchers.
 *
 * One is dead when this observer, connected all the time, has seen the same counter for a
 * whole lease. An outage of the database stops all counters and expires nobody, since then
 * the observer is cut off too and forgets what it saw (PROTOCOL R5).
 *
 * @since 0.1.0
 */
import type { Peer } from "../queue/Queue.ts"

export interface Peers {
  /**
   * Takes the counters as they are now and answers those that stood still for too long, or
   * whose process has ended on this very host.
   */
  readonly seen: (
    peers: ReadonlyArray<Peer>,
    now: number,
    hasEnded: (place: string) => boolean
  ) => ReadonlyArray<Peer>
  readonly forget: () => void
}

export const make = (leaseMillis: number): Peers => {
  let known = new Map<string, { readonly counter: number; readonly since: number }>()
  return {
    seen: (peers, now, hasEnded) => {
      const next: typeof known = new Map()
      const dead: Array<Peer> = []
      for (const peer of peers) {
        const before = known.get(peer.id)
        const since = before?.counter === peer.counter ? before.since : now
        const isDead = now - since >= leaseMillis || (peer.place !== "" && hasEnded(peer.place))
        if (isDead) dead.push(peer)
        else next.set(peer.id, { counter: peer.counter, since })
      }
      known = next
      return dead
    },
    forget: () => {
      known = new Map()
    }
  }
}
