/**
 * How `util.inspect` of Node lays out the parts of an object: on one line, in columns, or a
 * line each.
 *
 * Source: Node.js 20, lib/internal/util/inspect.js, `reduceToSingleString` and
 * `groupArrayElements`, with the defaults `compact: 3` and `breakLength: 80`.
 *
 * @since 0.1.0
 */
import { widthOf } from "./quote.ts"

const BREAK = 80
const COMPACT = 3
const SEPARATOR = 2

/** Node's default; more items are counted only. */
export const ITEMS = 100

export interface Layout {
  /** Columns that stand before what is laid out. */
  readonly indentation: number
  /** Levels of objects within this one that were printed last. */
  readonly inner: number
  /** What stands before the brace, or "". */
  readonly base: string
  readonly braces: readonly [open: string, close: string]
  /** Of an array: its items, for their types. */
  readonly items: ArrayLike<unknown> | undefined
  /** The last part says how many more there are. */
  readonly isCut: boolean
}

export const layOut = (parts: ReadonlyArray<string>, layout: Layout): string => {
  const { base, braces: [open, close], indentation, inner, items } = layout
  const prefix = base === "" ? "" : `${base} `
  const isGrouped = items !== undefined && parts.length > 6
  const output = isGrouped ? inColumns(parts, items, layout) : parts
  if (inner < COMPACT && output.length === parts.length) {
    const start = output.length + indentation + open.length + base.length + 10
    if (fits(output, start, base)) {
      const joined = output.join(", ")
      if (!joined.includes("\n")) return `${prefix}${open} ${joined} ${close}`
    }
  }
  const line = `\n${" ".repeat(indentation)}`
  return `${prefix}${open}${line}  ${output.join(`,${line}  `)}${line}${close}`
}

const fits = (parts: ReadonlyArray<string>, start: number, base: string): boolean => {
  let length = parts.length + start
  if (length + parts.length > BREAK) return false
  for (const part of parts) length += part.length
  return length <= BREAK && !base.includes("\n")
}

const inColumns = (
  output: ReadonlyArray<string>,
  items: ArrayLike<unknown>,
  { indentation, isCut }: Layout
): ReadonlyArray<string> => {
  const count = isCut ? output.length - 1 : output.length
  const widths = output.slice(0, count).map(widthOf)
  let total = 0
  for (const width of widths) total += width + SEPARATOR
  const widest = Math.max(...widths)
  const column = widest + SEPARATOR
  if (column * 3 + indentation >= BREAK || total / column <= 5 && widest > 6) return output
  const bias = Math.sqrt(column - total / output.length)
  const biased = Math.max(column - 3 - bias, 1)
  const columns = Math.min(
    Math.round(Math.sqrt(2.5 * biased * count) / biased),
    Math.floor((BREAK - indentation) / column),
    COMPACT * 4,
    15
  )
  if (columns <= 1) return output
  const columnWidths = Array.from({ length: columns }, (_, first) => {
    let width = 0
    for (let at = first; at < count; at += columns) width = Math.max(width, widths[at]!)
    return width + SEPARATOR
  })
  const isNumeric = output.every((_, at) => /^(?:number|bigint)$/.test(typeof items[at]))
  const rows: Array<string> = []
  for (let from = 0; from < count; from += columns) {
    const to = Math.min(from + columns, count)
    let row = ""
    for (let at = from; at < to; at++) {
      const isLast = at === to - 1
      const text = isLast ? output[at]! : `${output[at]}, `
      const extra = text.length - widths[at]! - (isLast ? 0 : SEPARATOR)
      const width = columnWidths[at - from]! + extra - (isLast ? SEPARATOR : 0)
      row += isNumeric ? text.padStart(width) : isLast ? text : text.padEnd(width)
    }
    rows.push(row)
  }
  if (isCut) rows.push(output[count]!)
  return rows
}
