/**
 * Classes and hosts for the tests of values.
 */
import type { ValueHost } from "../../src/value/Value.ts"

export class Money {
  readonly cents: number
  constructor(cents: number) {
    this.cents = cents
  }
  get euros() {
    return this.cents / 100
  }
}

export class PaymentError extends Error {
  readonly code: string
  constructor(message: string, code: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export class CardError extends PaymentError {
  override name = "CardError"
}

/** Knows the classes of this file by their names, or by the nearest base that it knows. */
export const knows = (
  ...classes: ReadonlyArray<abstract new(...args: never) => object>
): ValueHost => ({
  classOf: (prototype) => {
    const known = classes.find((known) => known.prototype === prototype)
    return known === undefined
      ? undefined
      : { name: known.name, module: "src/a.ts", export: known.name, bases: ["Error"] }
  },
  prototypeOf: ({ bases, name }) => {
    for (const one of [name, ...bases]) {
      const known = classes.find((known) => known.name === one)
      if (known !== undefined) return known.prototype as object
    }
    return undefined
  }
})
