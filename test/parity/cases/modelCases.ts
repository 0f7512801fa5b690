/**
 * L-52 to L-57: models, which are object literals, defaults, and classes.
 */
import { workflow } from "@rappel/core"
import { identity, movePoint, placeOrder } from "./actions.ts"
import { Basket, type Order, type Point, withDefaults } from "./models.ts"

export const L_52_dataclass_simple = workflow(async (name: string) => {
  const user = { name, active: true }
  await identity(user)
  return user
})

/** A class of the program: its instance is kept, sent and returned as one. */
export const L_52_class_instance = workflow(async (owner: string) => {
  const basket = new Basket(owner).add({ sku: "a", price: 2, quantity: 3 })
  await identity(1)
  basket.add({ sku: "b", price: 1 })
  return { basket, total: basket.total, isBasket: basket instanceof Basket }
})

export const L_53_with_defaults = workflow(async () => {
  const partial = withDefaults({ name: "Ada" })
  await identity(partial)
  const full = withDefaults({ name: "Bob", city: "Oslo", quantity: 4 })
  return [partial, full]
})

export const L_54_dataclass_positional = workflow(async (x: number, y: number) => {
  const point = (x: number, y: number): Point => ({ x, y })
  return await movePoint(point(x, y), 10)
})

export const L_55_action_arg = workflow(async () => {
  const result = await placeOrder({
    customer: { name: "Ada" },
    items: [{ sku: "a", price: 5, quantity: 2 }, { sku: "b", price: 1 }]
  })
  return result.count + result.total
})

export const L_56_nested = workflow(async (city: string) => {
  const order: Order = {
    customer: { name: "Ada", address: { city } },
    items: [{ sku: "a", price: 5 }]
  }
  const placed = await placeOrder(order)
  return { placed, city: order.customer.address?.city, none: order.items[1]?.sku }
})

export const L_57_return_direct = workflow(async (x: number): Promise<Point> => ({ x, y: x + 1 }))

export const L_57_in_containers = workflow(async (x: number) => {
  const make = (n: number): Point => ({ x: n, y: n })
  const list = [make(x), make(x + 1)]
  const record = { first: make(x), [`p${x}`]: list[1] }
  const [first, ...rest] = await Promise.all(list.map((point) => movePoint(point, 1)))
  return { list, record, first, rest, shared: list[1] === record[`p${x}`] }
})
