/**
 * Money: payments with compensation, sagas, currencies, invoices.
 */
import { sleep, workflow } from "@rappel/core"
import { ConflictError, NotFoundError, PaymentError, ServiceError } from "../errors.ts"
import {
  authorize,
  capture,
  notify,
  rateOf,
  refund,
  release,
  reserve,
  ship,
  unreserve
} from "./services.ts"

/** Undoes what was done, last first, and tells what failed while undoing. */
class Saga {
  readonly #undo: Array<readonly [name: string, run: () => Promise<unknown>]> = []
  readonly log: Array<string> = []

  async step<A>(name: string, run: () => Promise<A>, undo?: (value: A) => Promise<unknown>) {
    const value = await run()
    this.log.push(name)
    if (undo !== undefined) this.#undo.push([name, () => undo(value)])
    return value
  }

  async compensate(): Promise<void> {
    for (const [name, run] of this.#undo.splice(0).reverse()) {
      try {
        this.log.push(`undo ${name}: ${await run()}`)
      } catch (error) {
        this.log.push(`undo ${name} failed: ${(error as Error).message}`)
      }
    }
  }
}

export const real_order_saga = workflow(
  async (sku: string, card: string, city: string) => {
    const saga = new Saga()
    try {
      const held = await saga.step(
        "reserve",
        () => reserve(sku, 2),
        ({ token }) => unreserve(token)
      )
      const auth = await saga.step(
        "authorize",
        () => authorize(card, 1999n),
        ({ id }) => release(id)
      )
      const charge = await saga.step("capture", () => capture(auth.id))
      const parcel = await saga.step("ship", () => ship({ city }))
      return { held, charge, parcel, log: saga.log }
    } catch (error) {
      await saga.compensate()
      return { failed: String(error), log: saga.log }
    }
  }
)

export const real_charge_with_compensation = workflow(async (card: string) => {
  const auth = await authorize(card, 500n)
  let settled = false
  try {
    const charge = await capture(auth.id)
    settled = true
    return charge
  } finally {
    if (!settled) await release(auth.id)
  }
})

export const real_split_payment = workflow(async (cards: ReadonlyArray<string>, cents: bigint) => {
  const share = cents / BigInt(cards.length)
  const rest = cents % BigInt(cards.length)
  const results = await Promise.allSettled(
    cards.map((card, i) => authorize(card, i === 0 ? share + rest : share))
  )
  const good = results.flatMap((each) => each.status === "fulfilled" ? [each.value] : [])
  if (good.length < cards.length) {
    const released = await Promise.all(good.map(({ id }) => release(id)))
    const [reason] = results.flatMap((each) =>
      each.status === "rejected" ? [each.reason as PaymentError] : []
    )
    return { ok: false, released, code: reason?.code, limit: reason?.detail.limit }
  }
  return {
    ok: true,
    total: good.reduce((sum, { cents }) => sum + cents, 0n),
    ids: good.map((g) => g.id)
  }
})

const format = (cents: bigint, currency: string): string => {
  const sign = cents < 0n ? "-" : ""
  const positive = cents < 0n ? -cents : cents
  const whole = String(positive / 100n).replace(/\B(?=(\d{3})+$)/g, ",")
  return `${sign}${whole}.${String(positive % 100n).padStart(2, "0")} ${currency}`
}

export const real_convert_money = workflow(async (cents: bigint, to: ReadonlyArray<string>) => {
  const out: Record<string, string> = {}
  for (const currency of to) {
    try {
      const rate = await rateOf(currency)
      // Half up, in whole cents.
      out[currency] = format((cents * rate * 2n + 10_000n) / 20_000n, currency)
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error
      out[currency] = "unknown"
    }
  }
  return out
})

interface Line {
  readonly text: string
  readonly cents: bigint
  readonly vat: number
}

export const real_invoice = workflow(async (customer: string, lines: ReadonlyArray<Line>) => {
  const byRate = new Map<number, bigint>()
  for (const { cents, vat } of lines) byRate.set(vat, (byRate.get(vat) ?? 0n) + cents)
  const taxes = [...byRate].sort(([a], [b]) => a - b).map(([vat, net]) =>
    [vat, (net * BigInt(Math.round(vat * 100)) + 50n) / 100n] as const
  )
  const net = lines.reduce((sum, { cents }) => sum + cents, 0n)
  const tax = taxes.reduce((sum, [, cents]) => sum + cents, 0n)
  const body = [
    `Invoice for ${customer}`,
    ...lines.map(({ cents, text }, i) =>
      `${String(i + 1).padStart(2)}. ${text.padEnd(12, ".")} ${format(cents, "EUR")}`
    ),
    ...taxes.map(([vat, cents]) => `VAT ${(vat * 100).toFixed(1)} %: ${format(cents, "EUR")}`),
    `Total ${format(net + tax, "EUR")}`
  ].join("\n")
  return { sent: await notify(customer, body), body, due: new Date(Date.UTC(2024, 0, 31 + 14)) }
})

export const real_subscription_cycle = workflow(async (card: string, months: number) => {
  const charges: Array<string> = []
  let state: "active" | "past due" | "cancelled" = "active"
  for (let month = 1; month <= months && state !== "cancelled"; month++) {
    await sleep(1)
    try {
      const { id } = await authorize(month === 3 && card === "expires" ? "bad" : card, 990n)
      charges.push(await capture(id))
      state = "active"
    } catch (error) {
      if (!(error instanceof PaymentError)) throw error
      state = state === "past due" ? "cancelled" : "past due"
      charges.push(`month ${month}: ${error.code}`)
    }
  }
  return { charges, state }
})

export const real_refund_partial = workflow(
  async (lines: ReadonlyArray<{ readonly cents: bigint; readonly returned: boolean }>) => {
    const refunds = []
    for (const [at, { cents, returned }] of lines.entries()) {
      if (!returned) continue
      refunds.push(await refund(`line-${at}`, cents))
    }
    return { refunds, total: refunds.reduce((sum, { cents }) => sum + cents, 0n) }
  }
)

export const real_retry_around_calls = workflow(async (card: string) => {
  const retry = async <A>(attempts: number, run: (attempt: number) => Promise<A>): Promise<A> => {
    const errors: Array<unknown> = []
    for (let attempt = 1; attempt <= attempts; attempt++) {
      try {
        return await run(attempt)
      } catch (error) {
        errors.push(error)
        if (!(error instanceof ServiceError)) break
        await sleep(2 ** attempt)
      }
    }
    throw new AggregateError(errors, `gave up after ${errors.length}`)
  }
  const { id } = await authorize(card, 1n)
  try {
    return await retry(3, (attempt) => capture(attempt < 3 ? `broken-${attempt}` : id))
  } catch (error) {
    return {
      message: (error as Error).message,
      count: (error as AggregateError).errors.length,
      isConflict: (error as AggregateError).errors[0] instanceof ConflictError
    }
  }
})
