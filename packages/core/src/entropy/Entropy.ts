/**
 * Random bytes for ids and seeds, and the ids made of them.
 *
 * A reference with a default, so that nobody has to provide it and a simulation
 * can replace it by seeded bytes.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

interface Crypto {
  readonly getRandomValues: (bytes: Uint8Array) => Uint8Array
}

/**
 * @since 0.1.0
 * @category services
 */
export class Entropy extends Context.Reference<Entropy>()("@rappel/core/entropy/Entropy", {
  defaultValue: (): { readonly bytes: (count: number) => Uint8Array } => {
    const { crypto } = globalThis as unknown as { readonly crypto: Crypto }
    const pool = new Uint8Array(POOL_BYTES)
    let used = POOL_BYTES
    return {
      bytes: (count) => {
        if (count > POOL_BYTES) return crypto.getRandomValues(new Uint8Array(count))
        if (used + count > POOL_BYTES) {
          crypto.getRandomValues(pool)
          used = 0
        }
        // A copy: nobody else is ever given these.
        return pool.slice(used, used += count)
      }
    }
  }
}) {}

/** Drawn at once: asking the system costs 2 µs, however few bytes it is asked for. */
const POOL_BYTES = 4096

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))

const hex = (bytes: Uint8Array): string => {
  let text = ""
  for (const byte of bytes) text += HEX[byte]!
  return text
}

/** The seed of an instance's own random generator: 32 hex digits. */
export const seed = (entropy: Entropy["Type"]): string => hex(entropy.bytes(16))

/**
 * A UUIDv7: sorts by time, so that rows that are made together stand together.
 *
 * **Units** `atMillis` are milliseconds since the epoch.
 *
 * **Source** RFC 9562, section 5.7.
 */
export const uuidv7 = (entropy: Entropy["Type"], atMillis: number): string => {
  const bytes = entropy.bytes(16)
  const high = Math.floor(atMillis / 2 ** 32)
  const low = atMillis >>> 0
  bytes[0] = high >>> 8
  bytes[1] = high
  bytes[2] = low >>> 24
  bytes[3] = low >>> 16
  bytes[4] = low >>> 8
  bytes[5] = low
  bytes[6] = 0x70 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  const text = hex(bytes)
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${
    text.slice(20)
  }`
}

/** A UUIDv7 of now. */
export const uuidNow = (entropy: Entropy["Type"]): Effect.Effect<string> =>
  Effect.map(Clock.currentTimeMillis, (now) => uuidv7(entropy, now))
