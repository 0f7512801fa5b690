/**
 * What a schedule is drawn from: the same seed gives the same schedule, on every machine.
 */
export interface Random {
  readonly below: (n: number) => number
  readonly chance: (p: number) => boolean
  readonly next: () => number
}

/** mulberry32: small, and good enough to draw schedules. */
export const make = (seed: number): Random => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  return { next, below: (n) => Math.floor(next() * n), chance: (p) => next() < p }
}
