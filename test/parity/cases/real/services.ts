/**
 * Services that the workflows of this folder call: pure functions of their arguments, so that
 * any process answers alike. What would fail in the world fails by its input.
 */
import { action } from "@rappel/core"
import { setTimeout as wait } from "node:timers/promises"
import { ConflictError, NotFoundError, PaymentError, ValidationError } from "../errors.ts"

// ---- payments

export const authorize = action(async (card: string, cents: bigint) => {
  if (card.startsWith("bad")) {
    throw new PaymentError("card declined", { code: "card_declined", detail: { limit: 100 } })
  }
  return { id: `auth-${card}-${cents}`, cents, expiresAt: new Date(1_700_000_000_000) }
})
export const capture = action(async (authorization: string) => {
  if (authorization.includes("broken")) throw new ConflictError(`capture of ${authorization}`)
  return `charge-${authorization}`
})
export const release = action(async (authorization: string) => `released ${authorization}`)
export const refund = action(async (charge: string, cents: bigint) => ({ charge, cents }))
export const reserve = action(async (sku: string, quantity: number) => {
  if (sku.startsWith("gone")) throw new NotFoundError(`${sku} is sold out`)
  return { sku, quantity, token: `hold-${sku}-${quantity}` }
})
export const unreserve = action(async (token: string) => `free ${token}`)
export const ship = action(async (address: { readonly city: string }) => {
  if (address.city === "Atlantis") throw new ValidationError("no such city", "city")
  return `parcel to ${address.city}`
})
export const rateOf = action(async (currency: string) => {
  const rates: Readonly<Record<string, bigint>> = { EUR: 10_000n, USD: 10_850n, JPY: 1_613_500n }
  const rate = rates[currency]
  if (rate === undefined) throw new NotFoundError(`no rate for ${currency}`)
  return rate
})

// ---- data

export interface Page {
  readonly items: ReadonlyArray<{ readonly id: number; readonly name: string }>
  readonly next: string | undefined
}

export const fetchPage = action(async (cursor: string | undefined, size: number): Promise<Page> => {
  const from = cursor === undefined ? 0 : Number(cursor)
  const ids = Array.from({ length: Math.max(0, Math.min(size, 7 - from)) }, (_, at) => from + at)
  return {
    items: ids.map((id) => ({ id, name: `row ${id}` })),
    next: from + size < 7 ? String(from + size) : undefined
  }
})
export const upsert = action(async (rows: ReadonlyArray<unknown>) => rows.length)
export const readOrders = action(async (day: string) => [
  { day, region: "north", sku: "a", cents: 1250n, tags: new Set(["new", "gift"]) },
  { day, region: "south", sku: "b", cents: 300n, tags: new Set(["gift"]) },
  { day, region: "north", sku: "b", cents: 450n, tags: new Set<string>() }
])
export const readTree = action(async (id: string) => {
  const children: Readonly<Record<string, ReadonlyArray<string>>> = {
    root: ["a", "b"],
    a: ["a1", "a2"],
    b: ["b1"],
    b1: ["b11"]
  }
  return { id, size: id.length, children: children[id] ?? [] }
})
export const transform = action(async (text: string) => text.toUpperCase())
export const flakyItem = action(async (n: number) => {
  if (n % 4 === 3) throw new ConflictError(`item ${n} is locked`)
  return n * 10
})
export const pause = action(async (value: string, millis: number) => {
  await wait(millis)
  return value
})

// ---- jobs

export const jobStatus = action(async (job: string, poll: number) =>
  job === "fails" && poll === 2 ? "failed" : poll < 3 ? "running" : "done"
)
export const callModel = action(async (messages: ReadonlyArray<{ readonly role: string }>) => {
  const turns = messages.filter(({ role }) => role === "tool").length
  if (turns === 0) {
    return {
      text: null,
      calls: [
        { id: "c1", tool: "weather", input: { city: "Oslo" } },
        { id: "c2", tool: "sum", input: { values: [1, 2, 3] } }
      ]
    }
  }
  if (turns === 2) return { text: null, calls: [{ id: "c3", tool: "lookup", input: { id: 7 } }] }
  return { text: `done after ${turns} tools`, calls: [] }
})
export const weather = action(async ({ city }: { readonly city: string }) => `${city}: rain`)
export const sumOf = action(async ({ values }: { readonly values: ReadonlyArray<number> }) =>
  values.reduce((sum, value) => sum + value, 0)
)
export const notify = action(async (who: string, text: string) => `${who} <- ${text}`)
export const askedOpinion = action(async (who: string) => ({
  who,
  verdict: who === "carol" ? "no" : "yes"
}))
