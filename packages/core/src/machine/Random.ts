/**
 * The instance's own source of chance: its state is part of the snapshot, so a step that is
 * run again draws the same numbers.
 *
 * Source: sfc32 of the PractRand test suite (C. Doty-Humphrey): 128 bits of state, passes
 * BigCrush. It is not meant for secrets: who reads a snapshot can predict it.
 *
 * @since 0.1.0
 */

/** Draws that are thrown away after seeding, so that similar seeds do not look alike. */
const WARM_UP = 12

/** Of 32 bits each, without a sign. */
type Words = [number, number, number, number]

export class Random {
  /** A seed until something is asked for: most instances draw nothing. */
  #source: Words | string

  constructor(source: ReadonlyArray<number> | string) {
    this.#source = typeof source === "string" ? source : source.slice() as Words
  }

  /** `seed`: 32 hex digits. */
  static fromSeed(seed: string): Random {
    return new Random(seed)
  }

  get state(): ReadonlyArray<number> {
    return this.#words().slice()
  }

  #words(): Words {
    const source = this.#source
    if (typeof source !== "string") return source
    const words = [0, 8, 16, 24].map((at) => parseInt(source.slice(at, at + 8), 16) >>> 0) as Words
    this.#source = words
    for (let draw = 0; draw < WARM_UP; draw++) this.nextUint32()
    return words
  }

  nextUint32(): number {
    const state = this.#words()
    const [a, b, c, counter] = state
    const sum = (a + b + counter) >>> 0
    state[3] = (counter + 1) >>> 0
    state[0] = (b ^ (b >>> 9)) >>> 0
    state[1] = (c + (c << 3)) >>> 0
    state[2] = (((c << 21) | (c >>> 11)) + sum) >>> 0
    return sum
  }

  /** In [0, 1), with all 53 bits of a number's fraction. */
  nextFraction(): number {
    const high = this.nextUint32() >>> 5
    const low = this.nextUint32() >>> 6
    return (high * 0x4000000 + low) / 0x20000000000000
  }

  fill(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) bytes[at] = this.nextUint32() >>> 24
  }
}
