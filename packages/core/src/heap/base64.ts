/**
 * Bytes as text. Core has no Buffer, and `btoa` takes text, one call per byte.
 *
 * Source: RFC 4648, section 4.
 *
 * @since 0.1.0
 */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

const VALUE_OF = new Uint8Array(128).fill(255)
for (let at = 0; at < 64; at++) VALUE_OF[ALPHABET.charCodeAt(at)] = at

export const toBase64 = (bytes: Uint8Array): string => {
  const whole = bytes.length - bytes.length % 3
  let text = ""
  for (let at = 0; at < whole; at += 3) {
    const bits = bytes[at]! << 16 | bytes[at + 1]! << 8 | bytes[at + 2]!
    text += ALPHABET[bits >> 18]! + ALPHABET[bits >> 12 & 63]! + ALPHABET[bits >> 6 & 63]! +
      ALPHABET[bits & 63]!
  }
  const rest = bytes.length - whole
  if (rest === 0) return text
  const bits = bytes[whole]! << 16 | (rest === 2 ? bytes[whole + 1]! << 8 : 0)
  return text + ALPHABET[bits >> 18]! + ALPHABET[bits >> 12 & 63]! +
    (rest === 2 ? ALPHABET[bits >> 6 & 63]! : "=") + "="
}

export const fromBase64 = (text: string): Uint8Array => {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0
  const bytes = new Uint8Array(text.length / 4 * 3 - padding)
  for (let at = 0, to = 0; at < text.length; at += 4) {
    const bits = digit(text, at) << 18 | digit(text, at + 1) << 12 | digit(text, at + 2) << 6 |
      digit(text, at + 3)
    // A store beyond the end of a typed array does nothing: that is the padding.
    bytes[to++] = bits >> 16
    bytes[to++] = bits >> 8
    bytes[to++] = bits
  }
  return bytes
}

const digit = (text: string, at: number): number => {
  const code = text.charCodeAt(at)
  // "=", read as zero bits; where it may stand is settled by the length.
  if (code === 61) return 0
  const value = VALUE_OF[code]
  if (value === undefined || value === 255) {
    throw new TypeError(`Not base64: ${JSON.stringify(text[at])} at ${at}`)
  }
  return value
}
