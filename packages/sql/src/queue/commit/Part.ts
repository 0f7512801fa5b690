/**
 * What a commit is made of: parts of one statement, of which a batch brings those that it has
 * something for.
 *
 * A commit of everything has 40 parts, and Postgres sets each of them up whether it has rows or
 * not: for one entry that took ten times as long as what is written. So the text is put together
 * of the parts that are needed, each combination prepared under a name of its own.
 *
 * @since 0.1.0
 */
import type { CommitEntry } from "@rappel/core/queue/Queue"
import { binaryArray, type ElementType } from "../../statement/binaryArray.ts"

/** The nth parameter of a part, with its type. */
export type Parameter = (nth: number) => string

export interface Part {
  readonly isNeeded: (entry: CommitEntry) => boolean
  /** Types of its parameters, which are arrays of these. */
  readonly types: ReadonlyArray<ElementType>
  readonly values: (entries: ReadonlyArray<CommitEntry>) => ReadonlyArray<ReadonlyArray<unknown>>
}

/**
 * A part's parameters, of which the first has this number. Each stands in a subquery: an array
 * whose length is known to the planner has it plan anew for each batch, which costs more than
 * the batch.
 */
export const parametersOf = ({ types }: Part, first: number): Parameter => (nth) =>
  `(select $${first + nth}::${types[nth]}[])`

/** What a part sends for these entries. */
export const argumentsOf = (
  { types, values }: Part,
  entries: ReadonlyArray<CommitEntry>
): ReadonlyArray<unknown> => values(entries).map((array, nth) => binaryArray(types[nth]!, array))

/** Rows that this commit writes for; `… is true` around an `in` keeps it a hashed lookup. */
export const isMoved = (column: string): string =>
  `(${column} in (select id from locked where not known)) is true`
