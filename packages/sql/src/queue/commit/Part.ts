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
import type { ElementType } from "../../statement/binaryArray.ts"
import * as SentRows from "../../statement/sentRows.ts"

/** The nth parameter of a part, with its type. */
export type Parameter = (nth: number) => string

export interface Part {
  readonly isNeeded: (entry: CommitEntry) => boolean
  /** Types of its columns. */
  readonly types: ReadonlyArray<ElementType>
  readonly values: (entries: ReadonlyArray<CommitEntry>) => ReadonlyArray<ReadonlyArray<unknown>>
  /** Whether an entry may have any number of its rows; else each has one. */
  readonly isOfMany: boolean
}

/** A single entry with a single event: what a sequential workflow commits, one after the other. */
export const isOneStep = (entries: ReadonlyArray<CommitEntry>): boolean =>
  entries.length === 1 && entries[0]!.events.length === 1

const rowsOf = ({ isOfMany, types }: Part, isOne: boolean): SentRows.SentRows => ({
  types,
  isOne: isOne && !isOfMany
})

/** A part's parameters, of which the first has this number; `isOne` as `isOneStep` says. */
export const parametersOf = (part: Part, first: number, isOne: boolean): Parameter =>
  SentRows.parameterOf(rowsOf(part, isOne), first)

/** What a part sends for these entries. */
export const argumentsOf = (
  part: Part,
  entries: ReadonlyArray<CommitEntry>,
  isOne: boolean
): ReadonlyArray<unknown> => SentRows.argumentsOf(rowsOf(part, isOne), part.values(entries))

/** Rows that this commit writes for; `… is true` around an `in` keeps it a hashed lookup. */
export const isMoved = (column: string): string =>
  `(${column} in (select id from locked where not known)) is true`
