/**
 * The data that the acceptance cases pass around.
 */

export type Tier = "high" | "medium" | "low"

export interface User {
  readonly id: string
  readonly name: string
  readonly active: boolean
  readonly tier: Tier
}

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Item {
  readonly sku: string
  readonly price: number
  readonly quantity?: number
}

export interface Order {
  readonly customer: { readonly name: string; readonly address?: { readonly city: string } }
  readonly items: ReadonlyArray<Item>
}

// @ts-expect-error TS1294: users write enums, though this repository does not
export enum Priority {
  Low = 1,
  Normal,
  High = 10
}

// @ts-expect-error TS1294: as above
export enum Color {
  Red = "red",
  Green = "green"
}

/** Fills what was left out. */
export const withDefaults = (
  { city = "Nowhere", name, quantity = 1 }: {
    readonly name: string
    readonly city?: string
    readonly quantity?: number
  }
) => ({ name, city, quantity })

/** A model with behaviour, kept across suspensions and sent to actions and callers. */
export class Basket {
  readonly items: Array<Item> = []
  owner: string

  constructor(owner: string) {
    this.owner = owner
  }

  add(item: Item): this {
    this.items.push(item)
    return this
  }

  get total(): number {
    return this.items.reduce((total, { price, quantity = 1 }) => total + price * quantity, 0)
  }
}
