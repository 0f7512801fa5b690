import * as SqlClient from "@effect/sql/SqlClient"
import { action, settleIn, workflow } from "@rappel/core"
import type { Transaction } from "@rappel/core/client/Transaction"
import { transactional } from "@rappel/sql/transaction/effectSql"
import * as Effect from "effect/Effect"
import type * as ManagedRuntime from "effect/ManagedRuntime"

export const greet = action(async (name: string) => `Hello ${name}`)

/** Its program is stored by the first transaction that starts it. */
export const greeting = workflow(async (name: string) => await greet(name))

/** The library whose turn it is; set by the test. */
export const work: {
  begin: (
    body: (tx: Transaction, run: (statement: string) => PromiseLike<unknown>) => Promise<void>
  ) => Promise<void>
} = { begin: async () => {} }

/** Books, and ends in one transaction; the second of a name fails after its work. */
export const book = action({ transactional: true }, async (name: string, nth: number) => {
  let result: unknown
  await work.begin(async (tx, run) => {
    await run(`insert into public.booking values ('${name}')`)
    if (nth === 2) throw new Error("the card is declined")
    result = await settleIn(tx, { name, "ü\0": 1n })
  })
  return result
})

export const booked = workflow(async (name: string, nth: number) => await book(name, nth))

/** What the layers of a worker give. */
export const services: { runtime: ManagedRuntime.ManagedRuntime<SqlClient.SqlClient, unknown> } = {
  runtime: undefined as never
}

export const bookAsEffect = action(
  { transactional: true },
  (name: string, nth: number) =>
    Effect.provide(
      transactional(Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* sql`insert into public.booking values (${name})`
        if (nth === 2) return yield* Effect.fail(new Error("the card is declined"))
        return { name, "ü\0": 1n }
      })),
      services.runtime
    )
)

export const bookedAsEffect = workflow(async (name: string, nth: number) =>
  await bookAsEffect(name, nth)
)
