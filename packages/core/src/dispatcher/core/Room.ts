/**
 * How many more instances fit into memory: by their number, and by what they hold.
 *
 * What one holds is told by the length of its input, its last snapshot and the events since,
 * which are known without a look at its heap. What one takes in memory is a small multiple of it.
 *
 * @since 0.1.0
 */
import type { Owned } from "../Owned.ts"
import type { CoreOptions } from "./CoreServices.ts"

/** Before any was seen, so many are expected to fill the memory. */
const FIRST_GUESS = 16

/** Of how many instances the expectation is an average, when it falls. */
const MEMORY_OF = 16

export class Room {
  /** What the next instance is expected to hold: it rises at once, and falls with those that hold less. */
  private expected: number
  private readonly owned: ReadonlyMap<string, Owned>
  private readonly options: CoreOptions

  constructor(options: CoreOptions, owned: ReadonlyMap<string, Owned>) {
    this.options = options
    this.owned = owned
    this.expected = options.maxStateBytes / FIRST_GUESS
  }

  /** Learns from an instance that was taken into memory. */
  took(owned: Owned): void {
    const bytes = bytesOf(owned)
    this.expected = Math.max(bytes, this.expected + (bytes - this.expected) / MEMORY_OF)
  }

  /** Instances that may be claimed now. One that holds more than all may is claimed when none is here. */
  left(): number {
    const { maxInstances, maxStateBytes } = this.options
    const { size } = this.owned
    const byBytes = Math.floor((maxStateBytes - this.held()) / Math.max(this.expected, 1))
    return Math.min(maxInstances - size, Math.max(byBytes, size === 0 ? 1 : 0))
  }

  /** Whether those that are here hold as much as they may. */
  isHeavy(): boolean {
    return this.owned.size > 0 && this.held() >= this.options.maxStateBytes
  }

  private held(): number {
    let bytes = 0
    for (const owned of this.owned.values()) bytes += bytesOf(owned)
    return bytes
  }
}

/** Events count without end when a snapshot is due whatever they hold. */
const bytesOf = ({ eventBytes, inputBytes, snapshotBytes }: Owned): number =>
  inputBytes + snapshotBytes + (eventBytes === Infinity ? 0 : eventBytes)
