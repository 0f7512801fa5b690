/**
 * Ids for what an instance starts and sends, made of recorded data alone: a step that is
 * repeated makes the same ones (PROTOCOL R20).
 *
 * @since 0.1.0
 */

const PRIME = (1n << 88n) + 315n
const OFFSET = 0x6c62272e07bb014262b821756295c58dn
const MASK = (1n << 128n) - 1n

/**
 * A UUID of version 8: the step time, where UUIDv7 has its time, and 74 bits of the FNV-1a
 * hash of effect and instance. The effect comes first, so that what differs in it goes
 * through all the rounds that follow.
 *
 * Source: http://www.isthe.com/chongo/tech/comp/fnv/ (128 bits)
 */
export const deriveId = (instanceId: string, effect: number, at: number): string => {
  let hash = OFFSET
  for (const character of `${effect}:${instanceId}`) {
    hash = ((hash ^ BigInt(character.codePointAt(0)!)) * PRIME) & MASK
  }
  // The halves are mixed, as the lowest bits are the weakest.
  const mixed = (hash ^ (hash >> 64n)).toString(16).padStart(32, "0")
  const time = Math.max(0, Math.floor(at)).toString(16).padStart(12, "0").slice(-12)
  const variant = (8 + (Number.parseInt(mixed[15]!, 16) & 3)).toString(16)
  return `${time.slice(0, 8)}-${time.slice(8)}-8${mixed.slice(12, 15)}-${variant}${
    mixed.slice(16, 19)
  }-${mixed.slice(20, 32)}`
}
