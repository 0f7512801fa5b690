/**
 * The actions of the chaos audit. Each answers by its arguments alone, so that the plain run
 * of a workflow is its oracle; how long they take and how often they fail first is what
 * differs between two runs.
 */
import { action } from "@rappel/core"
import { execution } from "./ledger.ts"

/** Spreads small numbers over 32 bits. */
const mixed = (a: number, b: number): number => {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35)
  h ^= h >>> 15
  return h >>> 0
}

/** Most calls take a few milliseconds, one in sixteen a good part of a second. */
const duration = (key: number): number => key % 16 === 0 ? 200 + key % 500 : key % 12

export const mix = action(async (a: number, b: number): Promise<number> => {
  const result = mixed(a, b)
  return await execution([a, b], duration(result), () => result)
})

export const describe = action(
  async (
    n: number,
    tags: ReadonlyArray<string>
  ): Promise<{ readonly n: number; readonly text: string; readonly tags: ReadonlyArray<string> }> =>
    await execution([n, tags], duration(n), () => ({
      n,
      text: `№ ${n} – ${tags.join("+")}`,
      tags: [...tags].reverse()
    }))
)

/** Long enough to be in flight when a process dies. */
export const slow = action(async (n: number, millis: number): Promise<number> =>
  await execution([n, millis], millis, () => mixed(n, millis))
)

export class Unavailable extends Error {
  override readonly name = "Unavailable"
  readonly service: string
  constructor(service: string) {
    super(`${service} does not answer`)
    this.service = service
  }
}

export class Declined extends Error {
  override readonly name = "Declined"
}

/** Throws in its first executions. */
export const flaky = action(
  async (n: number, failures: number): Promise<number> =>
    await execution([n, failures], n % 9, (attempt) => {
      if (attempt <= failures) throw new Unavailable(`service ${n}`)
      return mixed(n, failures)
    })
)

export const broken = action(async (n: number): Promise<number> =>
  await execution([n], n % 5, (): number => {
    throw new Unavailable(`service ${n}`)
  })
)

export const reserve = action(async (order: number): Promise<string> =>
  await execution([order], duration(order), () => `reservation-${order}`)
)

export const charge = action(async (order: number, amount: number): Promise<string> =>
  await execution([order, amount], duration(amount), () => {
    if (amount % 3 === 0) throw new Declined(`the card of order ${order} was declined`)
    return `payment-${order}-${amount}`
  })
)

export const release = action(async (reservation: string): Promise<string> =>
  await execution([reservation], 3, () => `released ${reservation}`)
)

export const record = action(async (entry: string): Promise<number> =>
  await execution([entry], 1, () => entry.length)
)
