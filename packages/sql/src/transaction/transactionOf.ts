/**
 * Starting, and ending an action, in a transaction of the caller's own, over whatever sends its
 * statements.
 *
 * An adapter for a library that has none here is one call of this function.
 *
 * @since 0.1.0
 */
import type { Transaction } from "@rappel/core/client/Transaction"
import { START_ONE, startOneValues } from "../queue/startOne.ts"
import type { Row } from "../statement/Statements.ts"
import { toStorable } from "../statement/storable.ts"

/**
 * Sends one statement with `$1`, `$2` … on the connection that holds the transaction; the
 * values are texts, booleans and nulls.
 */
export type Query = (
  text: string,
  values: ReadonlyArray<string | boolean | null>
) => Promise<ReadonlyArray<Row>>

/* Read first: the body of a program may be large, and the insert waits for others that do it. */
const KNOWN = `
  select hash
  from rappel.program
  where hash = $1`

const STORE = `
  insert into rappel.program (hash, name, body)
  values ($1, $2, $3)
  on conflict (hash) do nothing`

const SETTLE = "select rappel.settle($1::uuid, $2) as settled"

/**
 * @since 0.1.0
 * @category constructors
 */
export const transactionOf = (query: Query): Transaction => ({
  start: async (request, program, notify) => {
    if (program !== undefined && (await query(KNOWN, [program.hash])).length === 0) {
      const { hash, positions, program: tree } = program
      await query(STORE, [hash, tree.name, JSON.stringify({ program: tree, positions })])
    }
    const [row] = await query(START_ONE, startOneValues(request, notify))
    return {
      id: String(row!["id"]),
      created: row!["created"] === true,
      sameInput: row!["same"] === true
    }
  },
  settle: async (slot, payload) => {
    const [row] = await query(SETTLE, [slot, toStorable(payload)])
    return row!["settled"] === true
  }
})

/** What an adapter throws for an object that holds no transaction. */
export const notATransaction = (given: string, instead: string): never => {
  throw new TypeError(
    `${given} holds no transaction, so what is written would stay whatever becomes of yours. ` +
      `Give ${instead}.`
  )
}
