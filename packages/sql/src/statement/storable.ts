/**
 * Makes any text storable in Postgres, and reads it back.
 *
 * A JavaScript text may hold NUL, which Postgres refuses, and halves of surrogate pairs,
 * which UTF-8 cannot carry. Both are written as U+FFFF (which no text uses: it is no
 * character) and four hex digits, and so is U+FFFF itself. All other text is stored as it is.
 */
import { isWellFormed } from "@rappel/core/value/isWellFormed"

const MARK = "\uffff"
const UNSTORABLE = /[\0\uffff]|\p{Surrogate}/gu
const MARKED = /\uffff([0-9a-f]{4})/g

export const toStorable = (text: string): string =>
  text.includes("\0") || text.includes(MARK) || !isWellFormed(text)
    ? text.replace(UNSTORABLE, (unit) => MARK + unit.charCodeAt(0).toString(16).padStart(4, "0"))
    : text

export const fromStorable = (text: string): string =>
  text.includes(MARK)
    ? text.replace(MARKED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : text

/** Null stays null on both ways. */
export const toStorableOrNull = (text: string | null): string | null =>
  text === null ? null : toStorable(text)
export const fromStorableOrNull = (text: string | null): string | null =>
  text === null ? null : fromStorable(text)
