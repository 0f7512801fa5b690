/**
 * A fingerprint of what a step asked for, stored with the event that caused it.
 *
 * When a later release, or a Node with other locale data, steps an old event and asks for
 * something else, the digests differ and the instance is set aside, where it would else run
 * on with an outcome that belongs to another call.
 *
 * **Source** FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/
 *
 * @since 0.1.0
 */
import type { Command } from "../machine/Model.ts"
import { encoder } from "../value/encoder.ts"

const PRIME = 0x01000193
const OFFSET = 0x811c9dc5

/** From this length on a text is read as bytes, four at a time: five times as fast for 1 kB. */
const LONG = 64

const mix = (hash: number, text: string): number => {
  if (text.length >= LONG) return mixBytes(hash, text)
  let h = hash
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), PRIME)
  return h
}

/** Its size is a part of the digest, as a longer text is read in pieces: never change it. */
const bytes = new Uint8Array(65_536)
const view = new DataView(bytes.buffer)

/*
 * Turned before each word, so that its high bits, which a product moves nowhere else, reach the
 * low ones. Every step can be undone, so that no change of one word is ever missed.
 */
const mixBytes = (hash: number, text: string): number => {
  let h = hash
  for (let from = 0; from < text.length;) {
    const { read, written } = encoder.encodeInto(from === 0 ? text : text.slice(from), bytes)
    const words = written & ~3
    for (let i = 0; i < words; i += 4) {
      h = Math.imul(((h << 13) | (h >>> 19)) ^ view.getInt32(i, true), PRIME)
    }
    for (let i = words; i < written; i++) h = Math.imul(h ^ bytes[i]!, PRIME)
    from += read
  }
  return Math.imul(h ^ (h >>> 15), PRIME)
}

/** A signed 32-bit number, as Postgres' `integer` holds it; 0 for a step that asks for nothing. */
export const digestOf = (commands: ReadonlyArray<Command>): number => {
  let hash = OFFSET
  let counted = 0
  for (const command of commands) {
    switch (command.kind) {
      case "call":
        hash = mix(mix(mix(hash, `c${command.effect}`), command.action), command.args)
        counted++
        break
      case "timer":
        hash = mix(hash, `t${command.effect}:${command.dueAt}`)
        counted++
        break
      case "wait":
        hash = mix(hash, `w${command.effect}:${command.channel}`)
        counted++
        break
      case "child":
        hash = mix(mix(mix(hash, `k${command.effect}`), command.entry), command.input)
        counted++
        break
      case "send":
        hash = mix(mix(hash, `s${command.to}`), command.payload ?? "")
        counted++
        break
      case "reply":
        hash = mix(hash, `r${command.message}`)
        counted++
        break
      case "drop":
        hash = mix(hash, `d${command.effect}`)
        counted++
        break
      case "complete":
        hash = mix(hash, command.outcome.ok ? "+" : "-")
        counted++
        break
      case "log":
      case "publish":
        break
    }
  }
  return counted === 0 ? 0 : hash | 0
}

/** A number in [0, 1) that depends on nothing but recorded data: for the jitter of a retry. */
export const fractionOf = (seed: string, effect: number, attempt: number): number => {
  let h = mix(OFFSET, `${seed}:${effect}:${attempt}`)
  // FNV's low bits are good, its high ones are not for short texts: finish as murmur3 does.
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32
}
