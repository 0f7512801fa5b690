/**
 * Seeded randomness: the same seed gives the same program on every machine.
 *
 * Source: "mulberry32", T. Ettinger, 2017 (public domain).
 *
 * @since 0.1.0
 */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6D2B79F5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ mixed >>> 15, mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61)
    return ((mixed ^ mixed >>> 14) >>> 0) / 4294967296
  }

  /** A whole number below `count`. */
  below(count: number): number {
    return Math.floor(this.next() * count)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<A>(items: ReadonlyArray<A>): A {
    return items[this.below(items.length)]!
  }

  weighted<A>(items: ReadonlyArray<readonly [weight: number, item: A]>): A {
    let total = 0
    for (const [weight] of items) total += weight
    let at = this.next() * total
    for (const [weight, item] of items) {
      at -= weight
      if (at < 0) return item
    }
    return items.at(-1)![1]
  }
}

/** A fixed number of a seed and a position, for what both runs must decide alike. */
export const hash = (seed: number, at: number): number =>
  new Random(Math.imul(seed ^ 0x9E3779B9, 0x85EBCA6B) + Math.imul(at, 0xC2B2AE35)).next()
