/**
 * Rows that are sent with a statement: as arrays, one per column, or a single row as it is.
 *
 * Setting up a function that makes rows of arrays, and reading the arrays, costs more than a
 * single row does: so a statement that mostly has one is prepared for one as well, of the same
 * text but for these.
 *
 * @since 0.1.0
 */
import { binaryArray, type ElementType } from "./binaryArray.ts"

export interface SentRows {
  readonly types: ReadonlyArray<ElementType>
  readonly isOne: boolean
}

/**
 * The nth column as a parameter, of which the first has this number. An array stands in a
 * subquery: when its length is known to the planner, that plans anew for each batch, which costs
 * more than the batch.
 */
export const parameterOf = ({ isOne, types }: SentRows, first: number) => (nth: number): string =>
  isOne ? `$${first + nth}::${types[nth]}` : `(select $${first + nth}::${types[nth]}[])`

/** What is sent for the columns, which have one value each if the row is a single one. */
export const argumentsOf = (
  { isOne, types }: SentRows,
  columns: ReadonlyArray<ReadonlyArray<unknown>>
): ReadonlyArray<unknown> =>
  isOne
    ? columns.map(([value]) => value)
    : columns.map((column, nth) => binaryArray(types[nth]!, column))

/** The rows for a `from`, under a name and with these columns; with `nth` many are numbered by it. */
export const rowsText = (
  name: string,
  columns: ReadonlyArray<string>,
  parameters: ReadonlyArray<string>,
  isOne: boolean,
  nth?: string
): string => {
  if (isOne) {
    const values = columns.map((column, at) => `${parameters[at]} as ${column}`)
    return `(select ${values.join(", ")}) as ${name}`
  }
  const rows = `unnest(${parameters.join(", ")})`
  return nth === undefined
    ? `${rows} as ${name} (${columns.join(", ")})`
    : `${rows} with ordinality as ${name} (${[...columns, nth].join(", ")})`
}
