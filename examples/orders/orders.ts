/**
 * An order and the workflow that fulfils it, in one transaction: neither is there without the
 * other, whatever dies in between.
 */
import { action, workflow } from "@rappel/core"
import { inDrizzle } from "@rappel/sql/transaction/drizzle"
import { eq } from "drizzle-orm"
import type { NodePgDatabase } from "drizzle-orm/node-postgres"
import { integer, pgTable, text } from "drizzle-orm/pg-core"

export const orders = pgTable("orders", {
  id: text("id").primaryKey(),
  amount: integer("amount").notNull(),
  state: text("state").notNull()
})

export const charge = action(async (id: string, amount: number) => `payment of ${amount} for ${id}`)

export const ship = action(async (id: string) => `parcel of ${id}`)

export const fulfil = workflow(async (id: string, amount: number) => {
  const payment = await charge(id, amount)
  const parcel = await ship(id)
  return [payment, parcel]
})

/** What an order must not cost. */
export class TooExpensive extends Error {}

/** Stores the order and starts its workflow; answers its handle, to be awaited after the commit. */
export const placeOrder = (
  db: NodePgDatabase,
  order: { readonly id: string; readonly amount: number }
) =>
  db.transaction(async (tx) => {
    await tx.insert(orders).values({ ...order, state: "placed" })
    const handle = await fulfil.with({ key: order.id }).startIn(
      inDrizzle(tx),
      order.id,
      order.amount
    )
    if (order.amount > 1000) throw new TooExpensive(order.id)
    await tx.update(orders).set({ state: `fulfilled by ${handle.id}` }).where(
      eq(orders.id, order.id)
    )
    return handle
  })
