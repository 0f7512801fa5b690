/**
 * Chance that a step run again repeats: `Math.random` and the part of `crypto` that has no
 * keys, both drawn from the instance's generator.
 *
 * @since 0.1.0
 */
import { running } from "../running.ts"
import { defineMethods } from "./defineMethods.ts"
import { domException } from "./hostErrors.ts"
import { replace } from "./replaced.ts"

/** The most that one call of `getRandomValues` gives, by the standard of it. */
const MOST_BYTES = 65_536

const hex = (byte: number): string => byte.toString(16).padStart(2, "0")

/** The global `crypto` of workflows. */
export const crypto: object = Object.create(Object.prototype, {
  [Symbol.toStringTag]: { value: "Crypto", configurable: true }
}) as object

const isIntegerArray = (value: unknown): value is Uint8Array =>
  ArrayBuffer.isView(value) && !(value instanceof DataView) && !(value instanceof Float32Array) &&
  !(value instanceof Float64Array)

export const installChance = (): void => {
  replace(Math, "random", () => running.random.nextFraction())
  defineMethods(crypto, {
    randomUUID(): string {
      const bytes = new Uint8Array(16)
      running.random.fill(bytes)
      // Version 4, and the variant of RFC 9562.
      bytes[6] = bytes[6]! & 0x0f | 0x40
      bytes[8] = bytes[8]! & 0x3f | 0x80
      const text = Array.from(bytes, hex).join("")
      return [
        text.slice(0, 8),
        text.slice(8, 12),
        text.slice(12, 16),
        text.slice(16, 20),
        text.slice(20)
      ]
        .join("-")
    },
    getRandomValues(array: unknown): unknown {
      if (!isIntegerArray(array)) {
        throw domException(
          "The data argument must be an integer-type TypedArray",
          "TypeMismatchError"
        )
      }
      if (array.byteLength > MOST_BYTES) {
        throw domException("The requested length exceeds 65,536 bytes", "QuotaExceededError")
      }
      running.random.fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
      return array
    }
  })
}
